"""The product on a simulated survey: `astro-assets run` over TESS two-minute files in a fresh home.

Prints the rate in curves a minute for each number of files, that of the files which a run has more than the
run before, which is blind to what any run takes, and what the last run says of each table: its seconds run
beside those of others, and beside Dagster, checks and pictures. The search must have been compiled
(`python -m astro_assets.transits.compilation`). Exits with 1 where the rate of a run is lower than wanted.
"""

from __future__ import annotations

import argparse
import compileall
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from timing import end

import astro_assets
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
    command = [COMMAND, "run", "--home", str(home), "--observations", str(folder)]
    started = time.monotonic()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.monotonic() - started, printed


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_files", type=int, nargs="*", default=[500, 1000, 2000], help="numbers of files")
    numbers = sorted(parser.parse_args().n_files)
    walls = []
    # As pip does when it installs a package; a checkout may lack it.
    compileall.compile_dir(Path(astro_assets.__file__).parent, quiet=1)
    for n_files in numbers:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "files"
            write_files(n_files, folder)
            wall, printed = run(folder, Path(place) / "home")
        walls.append(wall)
        print(
            f"{n_files} files: {wall:.1f} s, {60 * n_files / wall:.0f} curves a minute ({WANTED} wanted)",
            flush=True,
        )
    for (fewer, shorter), (more, longer) in pairwise(zip(numbers, walls, strict=True)):
        print(f"{more} files beyond {fewer}: {60 * (more - fewer) / (longer - shorter):.0f} curves a minute")
    print(printed)
    end([f"{n} files" for n, wall in zip(numbers, walls, strict=True) if 60 * n / wall < WANTED])


if __name__ == "__main__":
    main()
