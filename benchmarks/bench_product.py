"""The product on a simulated survey: `astro-assets run` over TESS two-minute files in a fresh home.

Prints the rate in curves a minute for each number of files, and where the time of the last run went: seconds
of each table, and what is left for Dagster, checks and pictures. The search must have been compiled
(`python -m astro_assets.transits.compilation`). Exits with 1 where a rate is lower than wanted.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import end

from astro_assets.observations.simulated_survey import simulate_survey

COMMAND = str(Path(sys.executable).with_name("astro-assets"))
SEED = 11
WANTED = 2500  # curves a minute


def write_files(n_files: int, folder: Path) -> None:
    """Write the files of a survey, one a star."""
    folder.mkdir()
    for file in simulate_survey(n_files, SEED):
        (folder / file.name).write_bytes(file.content)


def run(folder: Path, home: Path) -> tuple[float, str]:
    """Run the product; return its wall time and what it printed."""
    started = time.monotonic()
    command = [COMMAND, "run", "--home", str(home), "--observations", str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.monotonic() - started, printed


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_files", type=int, nargs="*", default=[500, 2000], help="numbers of files")
    numbers = parser.parse_args().n_files
    missed = []
    for n_files in numbers:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "files"
            write_files(n_files, folder)
            wall, printed = run(folder, Path(place) / "home")
        rate = 60 * n_files / wall
        print(f"{n_files} files: {wall:.1f} s, {rate:.0f} curves a minute ({WANTED} wanted)")
        if rate < WANTED:
            missed.append(f"{n_files} files")
    print(printed)
    # The last column: a table's name, its counts, its seconds.
    rows = [line.split() for line in printed.splitlines() if line.strip().count("/") == 1]
    inside = sum(float(row[-1]) for row in rows)
    print(f"in tables {inside:.1f} s, in Dagster, checks and pictures {wall - inside:.1f} s")
    end(missed)


if __name__ == "__main__":
    main()
