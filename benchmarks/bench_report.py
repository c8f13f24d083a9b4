"""How long the report's pages take, and how large they are, with long real curves.

A home is made of the Kepler files of the stars with most quarters (`--stars`), searched, and reported; or
`--home` names one that is searched already. Prints what the start takes, until the first page is begun;
milliseconds and kB a page by kind; and what a second call that has nothing to do takes. The exit code is 1 if
a page is larger than 500 kB, or one takes more than a second.
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data) unless a home is named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time as clock
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.reports.contents import read_contents
from astro_assets.reports.site import refresh_site
from astro_assets.tables import MODEL_SPECS, TABLES
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES
from astro_assets_tests.cli.commands import astro_assets

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
LARGEST, SLOWEST_S = 500_000, 1.0


def made_home(root: Path, n_stars: int) -> Home:
    """Search the stars with the most bytes of Kepler light curves."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in (SHARED / "kepler_lc").glob("kplr*_llc.fits"):
        files[path.name.partition("-")[0]].append(path)
    home = open_home(root)
    largest = sorted(files.values(), key=lambda of: -sum(path.stat().st_size for path in of))
    for path in (path for of in largest[:n_stars] for path in of):
        shutil.copy(path, home.inbox / path.name)
    result = astro_assets("run", home=home)
    if result.returncode:
        sys.exit(result.stderr)
    return home


def measured(home: Home) -> bool:
    """Print what the pages of a home take; tell whether all is within bounds."""
    ledger = open_ledger(home, TABLES)
    shutil.rmtree(home.root / "report", ignore_errors=True)
    took: list[float] = []
    started = clock.monotonic()

    def progress(done: int, total: int) -> None:
        took.append(clock.monotonic())

    done = refresh_site(ledger, MODEL_SPECS, progress=progress)
    rows = [row for of in read_contents(ledger).rows[DETRENDED_LIGHT_CURVES.name].values() for row in of]
    longest = max((row["n_points"] for row in rows), default=0)
    print(
        f"start {took[0] - started:.1f} s, then {len(done.written)} pages in {took[-1] - took[0]:.1f} s; ",
        end="",
    )
    print(f"longest curve {longest} samples")
    of_kind: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for name, before, after in zip(done.written, took, took[1:], strict=False):
        size = (home.root / "report" / name).stat().st_size
        of_kind[name.partition("/")[0]].append((after - before, size))
    for kind, of in sorted(of_kind.items()):
        seconds, sizes = [line[0] for line in of], [line[1] for line in of]
        mean = sum(seconds) / len(of)
        slowest, kilobytes = 1e3 * max(seconds), [size / 1e3 for size in sizes]
        print(
            f"  {kind:16} {len(of):4d} pages: {1e3 * mean:4.0f} ms a page, slowest {slowest:5.0f} ms; ",
            end="",
        )
        print(f"{sum(kilobytes) / len(of):5.0f} kB a page, largest {max(kilobytes):.0f} kB")
    started = clock.monotonic()
    again = refresh_site(ledger, MODEL_SPECS)
    print(f"again: {len(again.written)} written in {clock.monotonic() - started:.1f} s")
    pages = [line for kind, of in of_kind.items() if kind != "static" for line in of]
    slowest, largest = (max(column) for column in zip(*pages, strict=True))
    print(f"slowest page {1e3 * slowest:.0f} ms, largest {largest / 1e3:.0f} kB")
    return slowest <= SLOWEST_S and largest <= LARGEST


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stars", type=int, default=3)
    parser.add_argument("--home", type=Path)
    arguments = parser.parse_args()
    if arguments.home is not None:
        sys.exit(not measured(open_home(arguments.home, must_exist=True)))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not measured(made_home(Path(folder) / "home", arguments.stars)))


if __name__ == "__main__":
    main()
