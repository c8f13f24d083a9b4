"""Time of loading the code location in a fresh interpreter, beside that of Dagster alone.

Dagster loads it before it shows anything, and again in the process of each run and each step.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Final

_REPEATS: Final = 9
#: Seconds of a processor that loading all of it may take.
_WANTED_S: Final = 2.0
_LOAD: Final = """
import json, time
start = time.process_time()
import dagster
of_dagster = time.process_time()
import astro_assets.definitions
print(json.dumps([of_dagster - start, time.process_time() - start]))
"""


def _load() -> tuple[float, float]:
    """Return the seconds of a processor that Dagster takes, and those of the definitions with it."""
    command = [sys.executable, "-c", _LOAD]
    folder = Path(__file__).parents[1]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    of_dagster, whole = json.loads(result.stdout)
    return of_dagster, whole


def main() -> int:
    """Print the times; fail if the median is longer than wanted."""
    _load()
    loads = [_load() for _ in range(_REPEATS)]
    whole = sorted(whole for _, whole in loads)
    ratios = sorted(whole / of_dagster for of_dagster, whole in loads)
    median = statistics.median(whole)
    print(
        f"the code location: {median:.2f} s of a processor ({whole[0]:.2f}-{whole[-1]:.2f}, "
        f"{_WANTED_S:g} wanted), {statistics.median(ratios):.2f} times Dagster alone "
        f"({ratios[0]:.2f}-{ratios[-1]:.2f})"
    )
    return median > _WANTED_S


if __name__ == "__main__":
    sys.exit(main())
