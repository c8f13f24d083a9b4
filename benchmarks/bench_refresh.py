"""How long after a drop of 20 files, made while the UI and its daemon run, the new results are there.

Prints the seconds from the drop to the request of a run, its beginning, candidates, scores, and counts rows:
of each table how many units are new, made again or removed, and of how many stars. With `--kill` everything
that runs is killed once the light curves are read, and started again. Exits with 1 where it took longer than
wanted, where a star of the drop has nothing new, or another one has.

The home is copied. By default it is a simulated survey with a trained scorer, made here in some minutes. The
search must have been compiled (`python -m astro_assets.transits.compilation`).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg
import polars as pl
from timing import end

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.runs import GOING_ON
from astro_assets.tables import TABLES
from astro_assets_tests.end_to_end import drops
from astro_assets_tests.end_to_end.serving import daemon, wait_until

COMMAND = str(Path(sys.executable).with_name("astro-assets"))
WANTED_S = 60.0
PATIENCE_S = 600.0
RESULTS = ("transits/transit_candidates", "transits/transit_scores")
STARS = {f"KIC {number}" for number in (*drops.KNOWN, *drops.NEW)}
COLUMNS = ["key", "target", "recipe_hash", "output_hash", "computed_at"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from-home", type=Path, help="a home with a trained scorer")
    parser.add_argument("--kill", action="store_true", help="kill everything in the middle")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = _made_ready(Path(folder), arguments.from_home)
        drops.make_drop(Path(folder) / "drop")
        before = _units(home)
        seconds = _dropped(home, Path(folder) / "drop", is_killed=arguments.kill)
        for what, took in seconds.items():
            print(f"{what:<36} {took:6.1f} s after the drop")
        strays = _counted(before, _units(home))
    late = [what for what in RESULTS if seconds[what] > WANTED_S]
    end([*(f"{what} after {WANTED_S:g} s" for what in late), *strays])


def _made_ready(folder: Path, source: Path | None) -> Home:
    root = folder / "home"
    if source is None:
        subprocess.run([COMMAND, "demo", "--home", str(root)], check=True, stdout=subprocess.DEVNULL)
    else:
        shutil.copytree(source, root, symlinks=True)
    home = open_home(root)
    drops.put_known_stars(home.inbox)
    subprocess.run([COMMAND, "run", "--home", str(root)], check=True, stdout=subprocess.DEVNULL)
    return home


def _units(home: Home) -> dict[str, pl.DataFrame]:
    ledger = open_ledger(home, TABLES)
    return {t.name: ledger.open(t).units(COLUMNS).collect() for t in ledger.tables if not t.is_source}


def _dropped(home: Home, drop: Path, *, is_killed: bool) -> dict[str, float]:
    """Drop the files and return when what was there, in seconds after that."""
    seconds: dict[str, float] = {}
    with daemon(home):
        wait_until(lambda: _has_ticked(home), PATIENCE_S, pause=0.1)
        time.sleep(5)
        for file in drop.iterdir():
            file.rename(home.inbox / file.name)
        began = time.monotonic()
        there = _versions(home)
        if is_killed:
            wait_until(
                lambda: _versions(home)["observations/light_curves"] > there["observations/light_curves"],
                PATIENCE_S,
                pause=0.1,
            )
            seconds["everything is killed"] = time.monotonic() - began
        else:
            _watch_beginning(home, began, seconds)
            _watch(home, there, began, seconds)
    if is_killed:
        with daemon(home):
            _watch(home, there, began, seconds)
    return seconds


def _watch_beginning(home: Home, began: float, seconds: dict[str, float]) -> None:
    with open_instance(home) as instance:
        wait_until(lambda: _going_on(instance), PATIENCE_S, pause=0.1)
        seconds["a run is requested"] = time.monotonic() - began
        wait_until(lambda: _going_on(instance, dg.DagsterRunStatus.STARTED), PATIENCE_S, pause=0.1)
        seconds["it has begun"] = time.monotonic() - began


def _watch(home: Home, there: dict[str, int], began: float, seconds: dict[str, float]) -> None:
    with open_instance(home) as instance:
        for name in RESULTS:
            wait_until(lambda name=name: _versions(home)[name] > there[name], PATIENCE_S, pause=0.1)
            seconds[name] = time.monotonic() - began
        wait_until(lambda: not _going_on(instance), PATIENCE_S, pause=0.1)
        seconds["the run has ended"] = time.monotonic() - began


def _has_ticked(home: Home) -> bool:
    with open_instance(home) as instance:
        return len(instance.all_instigator_state()) > 1


def _going_on(instance: dg.DagsterInstance, status: dg.DagsterRunStatus | None = None) -> bool:
    statuses = GOING_ON if status is None else [status]
    return bool(instance.get_run_records(dg.RunsFilter(statuses=statuses), limit=1))


def _versions(home: Home) -> dict[str, int]:
    ledger = open_ledger(home, TABLES)
    names = (*RESULTS, "observations/light_curves")
    return {name: ledger.open(ledger.table(name)).version for name in names}


def _counted(before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame]) -> list[str]:
    """Print what became of the units of each table, and return what should not have."""
    wrong = []
    print(f"\n{'table':<34} {'before':>7} {'new':>5} {'again':>6} {'gone':>5} {'as before':>10} {'stars':>6}")
    for name, then in before.items():
        now = after[name]
        same = now.join(then, on=COLUMNS, how="inner", nulls_equal=True).height
        new = now.join(then, on="key", how="anti")
        gone = then.join(now, on="key", how="anti")
        again = now.height - same - new.height
        other = pl.concat([now.join(then, on=COLUMNS, how="anti", nulls_equal=True), gone])
        stars = set(other["target"].drop_nulls())
        if other.height:
            counts = f"{new.height:>5} {again:>6} {gone.height:>5} {same:>10} {len(stars):>6}"
            print(f"{name:<34} {then.height:>7} {counts}")
        if stars - STARS:
            wrong.append(f"{name}: {', '.join(sorted(stars - STARS)[:3])} changed, too")
        if name in RESULTS and STARS - stars:
            wrong.append(f"{name}: nothing new of {', '.join(sorted(STARS - stars))}")
    return wrong


if __name__ == "__main__":
    main()
