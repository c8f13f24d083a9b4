"""What one changed star costs in a home of 20,000: bytes, seconds, and the time to know what is stale."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from timing import end

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files
from astro_assets_tests.ledger.scale import built, change_one_star, cold_staleness, opened, size

#: Longest that finding out what is stale may take.
LIMIT_S = 1.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stars", type=int, default=20_000)
    n_stars = parser.parse_args().stars
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "home"
        compute = LocalProcesses(2)
        started = time.perf_counter()
        built(root, n_stars, compute)
        compute.close()
        _line("stars, a curve of 100 points each", f"{n_stars:,}")
        _line("build, 2 processes", f"{time.perf_counter() - started:.1f} s")
        _line("home", f"{size(root) / 1e6:.1f} MB")
        slow = _lines_of_staleness("nothing stale", root) > LIMIT_S
        put_files(opened(root), toy.file_row("f2", "SIM 2", [1.0, 3.0]))
        slow |= _lines_of_staleness("one star stale", root) > LIMIT_S
        cost = change_one_star(opened(root))
        units = sum(len(keys) for keys in cost.computed.values())
        _line("refresh of two changed stars", f"{cost.seconds:.2f} s, {units} units")
        _line("growth of the home", f"{cost.grown_bytes / 1e6:.3f} MB (limit 5 MB)")
        if not stale(opened(root)).entries.is_empty():
            raise SystemExit("the refreshed home is still stale")
    end(["stale within 1 s"] * slow + ["growth of at most 5 MB"] * (cost.grown_bytes > 5e6))


def _lines_of_staleness(title: str, root: Path) -> float:
    """Print how long two fresh processes take, and return the shorter time."""
    calls = []
    for i in (1, 2):
        call, process = cold_staleness(root)
        _line(f"stale, fresh process {i}, {title}", f"{call:.2f} s (limit 1 s); with imports {process:.2f} s")
        calls.append(call)
    return min(calls)


def _line(what: str, value: str) -> None:
    print(f"{what:<48} {value}", flush=True)


if __name__ == "__main__":
    main()
