"""What looking at an inbox of 100,000 files costs, beside a plain walk over the same tree in the same run."""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.home import open_home
from astro_assets.orchestration.inbox import SWEEP_NS, Inbox, seen
from astro_assets.orchestration.ingest import find_files

#: How files may lie: files in a folder, and the part of the files for which it is measured. A folder for each
#: file is rare, and slow to make.
LAYOUTS = {
    "one flat folder": (100_000, 1.0),
    "nested folders of 100 files": (100, 1.0),
    "a folder for each file": (1, 0.19),  # as many folders as one look compares
}
IDLE_LIMIT_S = 0.1
SWEEP_LIMIT_S = 1.0
_TICK_NS = 30 * 10**9


def main() -> None:
    """Print the table; exit code 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    late = []
    for title, (n_a_folder, part) in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            n_files = round(part * arguments.files)
            late += _measure(Path(folder), title, n_a_folder, n_files, arguments.repetitions)
    if late:
        raise SystemExit(f"over the limit: {', '.join(late)}")


def _measure(root: Path, title: str, n_a_folder: int, n_files: int, repetitions: int) -> list[str]:
    """Measure one layout and return what was over its limit."""
    home = open_home(root / "home")
    ahead = 0
    inbox = Inbox(home, clock=lambda: time.time_ns() + ahead)
    _fill(home.inbox, n_files, n_a_folder)
    print(f"\n{n_files:,} files, {title}")
    walk = _line("os.walk and stat of each file", _seconds(lambda: _walk(home.inbox), repetitions))
    _line("first look", _seconds(inbox.look, 1), walk)
    taken = {path: seen(path) for path in find_files([home.inbox])}
    time.sleep(0.1)  # the files written last must be older than a step of the clock
    _line("remembering all as taken in", _seconds(lambda: inbox.remember(taken), 1), walk)
    idle, sweeps, arrivals = [], [], []
    for i in range(repetitions):
        ahead += _TICK_NS
        inbox.look()
        ahead += _TICK_NS
        idle.append(_seconds(inbox.look, 1))
        for j in range(10):
            (home.inbox / f"new-{i}-{j}.fits").write_bytes(b"x")
        ahead += _TICK_NS
        arrivals.append(_seconds(inbox.look, 1))
        ahead += SWEEP_NS
        sweeps.append(_seconds(inbox.look, 1))
    look = inbox.look()
    if look.known + look.settled + look.waiting < n_files + 10 * repetitions:
        raise SystemExit(f"files were lost: {look}")
    _line("look with 10 new files", statistics.median(arrivals), walk)
    slow = _line("idle look", statistics.median(idle), walk, IDLE_LIMIT_S) > IDLE_LIMIT_S
    late = (
        _line("look at every file or 20k folders", statistics.median(sweeps), walk, SWEEP_LIMIT_S)
        > SWEEP_LIMIT_S
    )
    return [f"{what}, {title}" for what, is_late in (("idle", slow), ("every file", late)) if is_late]


def _fill(inbox: Path, n_files: int, n_a_folder: int) -> None:
    for start in range(0, n_files, n_a_folder):
        number = start // n_a_folder
        folder = inbox / f"{number % 32:02d}" / f"{number:06d}" if n_a_folder < n_files else inbox
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(start, min(start + n_a_folder, n_files)):
            (folder / f"{i:06d}.fits").write_bytes(b"%d" % i)
    # As if it had been filled an hour ago: what has just changed is looked at more often.
    old = time.time() - 3600
    for folder, _, names in os.walk(inbox):
        for name in itertools.chain(names, ["."]):
            os.utime(Path(folder, name), (old, old + 0.123))


def _walk(top: Path) -> None:
    for folder, _, names in os.walk(top):
        for name in names:
            os.stat(f"{folder}/{name}")  # noqa: PTH116  the quickest way


def _seconds(call: Callable[[], object], repetitions: int) -> float:
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _line(what: str, seconds: float, walk: float | None = None, limit: float | None = None) -> float:
    ratio = "" if walk is None else f"  {seconds / walk:6.2f} x the walk"
    print(f"  {what:<36} {seconds * 1e3:9.1f} ms{ratio}{'' if limit is None else f'  (limit {limit:g} s)'}")
    return seconds


if __name__ == "__main__":
    main()
