"""The whole product on all real light curves: `astro-assets run` in a fresh home, timed from outside.

Prints wall time, processor time, peak memory of the largest process, and the known planets beside what came
out first.
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    """Run and print."""
    if not SHARED.is_dir():
        print(f"bench_real_files: no real observations at {SHARED}")
        return
    with tempfile.TemporaryDirectory() as home:
        folders = [f"--observations={SHARED / name}" for name in ("kepler_lc", "tess_lc")]
        started = time.monotonic()
        subprocess.run([COMMAND, "run", "--home", home, *folders], check=True, stdout=subprocess.DEVNULL)
        wall = time.monotonic() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        query = [COMMAND, "candidates", "--home", home, "--format", "json"]
        found = json.loads(subprocess.run(query, check=True, capture_output=True).stdout)
    size = sum(
        path.stat().st_size for name in ("kepler_lc", "tess_lc") for path in (SHARED / name).rglob("*.*")
    )
    print(f"all files of kepler_lc and tess_lc ({size / 1e6:.0f} MB): {wall:.0f} s wall, ", end="")
    print(
        f"{used.ru_utime + used.ru_stime:.0f} s processor, {used.ru_maxrss / 1e3:.0f} MB peak of one process"
    )
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
