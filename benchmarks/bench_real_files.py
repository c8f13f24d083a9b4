"""The whole product on all real light curves: `astro-assets run` in a fresh home, timed from outside.

Prints wall time, peak memory, and the known planets beside what came out first.
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
COMMAND = str(Path(sys.executable).with_name("astro-assets"))
#: Periods in days of the NASA Exoplanet Archive's composite table.
KNOWN = {
    "TIC 100100827": ("WASP-18 b", 0.94145223),
    "TIC 25155310": ("WASP-126 b", 3.2888),
    "TIC 38846515": ("WASP-100 b", 2.849382),
    "TIC 231663901": ("WASP-46 b", 1.43037),
    "TIC 231670397": ("WASP-73 b", 4.08722),
    "KIC 11446443": ("TrES-2 b", 2.47061317),
}


def measured(command: list[str]) -> tuple[float, int, int]:
    """Run a command; return its wall time, and the peak resident memory of one process and of all, bytes."""
    started, largest, together = time.monotonic(), 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            sizes = []
            with contextlib.suppress(psutil.NoSuchProcess):
                sizes = [one.memory_info().rss for one in (root, *root.children(recursive=True))]
            largest, together = max([largest, *sizes]), max(together, sum(sizes))
            time.sleep(0.1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.monotonic() - started, largest, together


def main() -> None:
    """Run and print."""
    if not SHARED.is_dir():
        print(f"bench_real_files: no real observations at {SHARED}")
        return
    with tempfile.TemporaryDirectory() as home:
        folders = [f"--observations={SHARED / name}" for name in ("kepler_lc", "tess_lc")]
        wall, largest, together = measured([COMMAND, "run", "--home", home, *folders])
        query = [COMMAND, "candidates", "--home", home, "--format", "json"]
        found = json.loads(subprocess.run(query, check=True, capture_output=True).stdout)
    size = sum(
        path.stat().st_size for name in ("kepler_lc", "tess_lc") for path in (SHARED / name).rglob("*.*")
    )
    print(
        f"all files of kepler_lc and tess_lc ({size / 1e6:.0f} MB): {wall:.0f} s wall; peak memory ", end=""
    )
    print(f"{largest / 1e6:.0f} MB of one process, {together / 1e6:.0f} MB of all processes together")
    first = {row["target_id"]: row["period_days"] for row in reversed(found)}
    for target, (name, period) in KNOWN.items():
        ratio = first.get(target, float("nan")) / period
        print(
            f"{name:12} {target:14} known {period:10.6f} d   first {first.get(target)} d   ratio {ratio:.6f}"
        )
    others = sorted(set(first) - set(KNOWN))
    print(f"other targets with a candidate: {', '.join(others) or 'none'}")


if __name__ == "__main__":
    main()
