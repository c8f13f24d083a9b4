"""Watching a folder: a verdict on each frame that a telescope writes there, as soon as the file is whole.

What a verdict is made of is in `assessment`.
"""

import json
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from astro_assets.cli.assessment import COLUMNS, Judge, csv_lines, line_of, row_of, tell_fault
from astro_assets.cli.options import RowFormat
from astro_assets.images.quality.files import GrowingNights, Judged, said

#: Endings of the names of files that are looked at.
_ENDINGS: Final = tuple(
    f"{kind}{packed}" for kind in (".fits", ".fit", ".fts") for packed in ("", ".gz", ".fz")
)
#: A file that cannot be read and stays as it is for so long will not be written on, s.
_PATIENCE_S: Final = 5.0

#: What a file is while it is not written on: length, time of change, device and number.
State = tuple[int, int, int, int]


def watch_folder(judge: Judge, folder: Path, interval_s: float, output: RowFormat) -> int:
    """Print a verdict on each frame of a folder, and on each that comes, until SIGINT or SIGTERM.

    Returns
    -------
    int
        Exit code: 0.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"--watch {folder}: there is no such folder")
    if output is RowFormat.csv:
        sys.stdout.write(",".join(COLUMNS) + "\n")
        sys.stdout.flush()
    watch = Watch(GrowingNights(judge.assessor, judge.reading), folder)
    with _ended_by_signals() as is_ended:
        while not is_ended.is_set():
            for path in watch.whole(time.monotonic()):
                judged = watch.judged(path)
                if judged is not None:
                    _print(row_of(judged, judge.version), output)
                if is_ended.is_set():
                    break
            for told, why in watch.faults(time.monotonic()):
                tell_fault(told, why)
            is_ended.wait(interval_s)
    sys.stderr.write(f"{watch.n_judged} frames judged\n")
    return 0


def _print(row: dict[str, Any], output: RowFormat) -> None:
    """Print a line at once: whoever reads it may be waiting."""
    if output is RowFormat.json:
        line = json.dumps(row) + "\n"
    else:
        line = csv_lines([row]) if output is RowFormat.csv else line_of(row) + "\n"
    sys.stdout.write(line)
    sys.stdout.flush()


@dataclass(slots=True)
class _Waiting:
    """A file that was not judged yet.

    Parameters
    ----------
    state
        As it was when it was looked at last.
    since_s
        When it was first seen so.
    looks
        How often it was seen so.
    fault
        Why it could not be judged in that state.
    is_told
        Whether that was said.
    """

    state: State
    since_s: float
    looks: int = 1
    fault: str | None = None
    is_told: bool = False


@dataclass(slots=True)
class Watch:
    """Files of a folder and those below it: which are whole, which were judged, which never will be.

    Parameters
    ----------
    nights
        What judges them.
    """

    nights: GrowingNights
    folder: Path
    n_judged: int = 0
    _waiting: dict[Path, _Waiting] = field(default_factory=dict)
    _done: set[Path] = field(default_factory=set)
    _judged_states: set[State] = field(default_factory=set)
    _gone: list[Path] = field(default_factory=list)
    _is_folder_gone: bool = False

    def whole(self, now_s: float) -> list[Path]:
        """Look at the folder, and return the files that are as they were at the last look, oldest first.

        A file under another name, as a program gives it when it is written to its end, is the same file.
        """
        there = dict(_files(self.folder))
        self._gone += [path for path in self._waiting if path not in there]
        for path, state in there.items():
            if path in self._done or state in self._judged_states:
                continue
            waiting = self._waiting.get(path)
            if waiting is None or waiting.state != state:
                is_told = waiting is not None and waiting.is_told
                self._waiting[path] = _Waiting(state, now_s, is_told=is_told)
            else:
                waiting.looks += 1
        ready = [
            (waiting.state[1], path)
            for path, waiting in self._waiting.items()
            if path in there and waiting.looks > 1 and waiting.fault is None and waiting.state[0]
        ]
        return [path for _, path in sorted(ready)]

    def judged(self, path: Path) -> Judged | None:
        """Judge a file; None where that cannot be done, at least not yet."""
        waiting = self._waiting[path]
        try:
            judged = self.nights.add(path)
        except (OSError, ValueError) as error:
            waiting.fault = said(error)
            return None
        self._done.add(path)
        self._judged_states.add(waiting.state)
        del self._waiting[path]
        self.n_judged += 1
        return judged

    def faults(self, now_s: float) -> list[tuple[Path, str]]:
        """Return, each once, files that went away unjudged and those that stay unreadable, and why."""
        gone = {path: self._waiting.pop(path) for path in self._gone}
        away = "it went away before it was judged"
        found = [(path, away) for path, waiting in gone.items() if not waiting.is_told]
        self._gone = []
        for path, waiting in self._waiting.items():
            is_settled = now_s - waiting.since_s >= _PATIENCE_S
            if is_settled and not waiting.is_told and (waiting.fault or not waiting.state[0]):
                waiting.is_told = True
                found.append((path, waiting.fault or "it is empty"))
        is_gone = not self.folder.is_dir()
        if is_gone and not self._is_folder_gone:
            found.append((self.folder, "the folder is gone; waiting for it"))
        self._is_folder_gone = is_gone
        return found


def _files(folder: Path) -> Iterator[tuple[Path, State]]:
    """Yield the files that may be frames, with their states; hidden ones are others' business."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or not name.lower().endswith(_ENDINGS):
                continue
            path = Path(place, name)
            with suppress(OSError):  # it may have gone since
                found = path.stat()
                if stat.S_ISREG(found.st_mode):
                    yield path, (found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set, so that what is being done is done to its end."""
    event = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: event.set()) for number in numbers}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
