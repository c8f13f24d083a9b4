"""The inbox: which files in it are new and complete, which have been requested, and which are taken in.

This is a memory of what the file system looked like, kept in one file of the home that may be deleted at any
time: everything is then looked at again, and what is in store is recognised by its content. No Dagster here.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from astro_assets.ledger.home import Home
from astro_assets.orchestration.descriptions import DESCRIPTIONS
from astro_assets.orchestration.inbox_links import is_trusted
from astro_assets.orchestration.inbox_scan import APART_NS, Stamp, look_again, scan, stamp_of
from astro_assets.orchestration.inbox_state import State, count_by_state, fact, reading, set_fact, transaction

#: Time between two looks at every single file, which find what was overwritten in place.
SWEEP_NS: Final = 600 * 10**9
#: Requests in a row that led to nothing are made again after 1, 2, 4, ... sweeps, at most this power of two.
_MAX_PATIENCE: Final = 7
#: A file that is read so shortly after it changed may change again and show the same time. Local file systems
#: count in steps of up to 10 ms; those that count whole seconds in steps of up to 2 s.
_STEP_NS: Final = 50 * 10**6
_COARSE_STEP_NS: Final = 2 * 10**9


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file looked like at a moment.

    Parameters
    ----------
    stamp
        Size in bytes and time of last modification in ns.
    at_ns
        The moment, by the clock, in ns since 1970.
    """

    stamp: Stamp
    at_ns: int

    @property
    def is_certain(self) -> bool:
        """Whether a file read from this moment on cannot change without changing its stamp."""
        mtime_ns = self.stamp[1]
        return abs(self.at_ns - mtime_ns) > (_STEP_NS if mtime_ns % 10**9 else _COARSE_STEP_NS)


def seen(path: Path | bytes) -> Seen:
    """Look at a file.

    Raises
    ------
    OSError
        If it is not there, is no regular file, where reading might never end, or is a link of another user.
    """
    now_ns = time.time_ns()
    status = os.stat(path)  # noqa: PTH116  bytes, too
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    if not is_trusted(path, status):
        raise OSError(errno.EPERM, "a link of another user, which is not followed", os.fspath(path))
    return Seen(stamp_of(status), now_ns)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the inbox found.

    Attributes
    ----------
    known
        Files that are taken in.
    waiting
        Files that may still be written.
    settled
        Files that are complete and not requested yet.
    requested
        Files that a requested run takes in, or should have.
    is_run_awaited
        Whether it is not known yet that the last requested run did all there was to do.
    unreadable
        Files and folders that may not be read.
    next_sweep_s
        Seconds until every single file is looked at again.
    """

    known: int
    waiting: int
    settled: int
    requested: int
    is_run_awaited: bool
    unreadable: int
    next_sweep_s: int


class Became(Enum):
    """What became of the run for a request."""

    #: There is none, and was none.
    NO_RUN = auto()
    #: It failed or was cancelled.
    UNDONE = auto()
    #: Its process was killed, by nothing that the files have to do with.
    KILLED = auto()
    #: It succeeded.
    DONE = auto()


class Inbox:
    """The state of a home's inbox. Every method is one transaction: killed in the middle, nothing happened.

    Parameters
    ----------
    clock
        Returns the time in ns since 1970.
    """

    def __init__(self, home: Home, clock: Callable[[], int] = time.time_ns) -> None:
        self.folder = home.inbox
        self.path = home.root / "inbox.sqlite"
        self._root = os.fsencode(home.inbox)
        self._clock = clock

    def look(self) -> Look:
        """Look at what may have changed; every ten minutes, at everything.

        Raises
        ------
        OSError
            If there is no inbox; nothing is forgotten for that.
        InboxStateError
            If the state cannot be used now, as when another process does not stop looking.
        """
        with transaction(self.path) as state:
            now_ns = self._clock()
            swept_ns = fact(state, "swept_ns")
            # The clock may have gone backwards: whatever is far from now is long ago.
            if swept_ns is None or abs(now_ns - swept_ns) >= SWEEP_NS:
                state.execute("UPDATE folders SET listed_mtime_ns = NULL")
                set_fact(state, "swept_ns", swept_ns := now_ns)
            n_unreadable = scan(state, self._root, self._clock)
            n_unreadable += look_again(state, self._root, now_ns, State.SEEN)
            counts = count_by_state(state)
            return Look(
                known=counts.get(State.KNOWN, 0),
                waiting=counts.get(State.SEEN, 0),
                settled=counts.get(State.SETTLED, 0),
                requested=counts.get(State.REQUESTED, 0),
                is_run_awaited=fact(state, "request") is not None,
                unreadable=n_unreadable,
                next_sweep_s=(SWEEP_NS - abs(now_ns - swept_ns)) // 10**9,
            )

    def request(self, became: Callable[[str], Became]) -> str | None:
        """Return the name of a request for a run that takes files in; None if there is nothing to request.

        Call it while no such run is in progress. A request for which no run was started is returned again,
        under its name, which makes it one run. What a run left undone, be it files that it did not take in or
        what should have been made of them, is requested again with new files, or alone after ten minutes;
        after twice that each time in a row. The first run in a row that was killed is made again at once.

        Parameters
        ----------
        became
            What became of the run for a request.
        """
        with transaction(self.path) as state:
            now_ns = self._clock()
            last = fact(state, "request")
            last_became = Became.DONE if last is None else became(last)
            if last_became is Became.NO_RUN:
                return str(last)
            # Not at every look: complete files may wait for the end of a long run, and be many.
            look_again(state, self._root, now_ns, State.REQUESTED)
            left = count_by_state(state).get(State.REQUESTED, 0)
            is_undone = left > 0 or last_became is not Became.DONE
            n_failed = fact(state, "n_failed") or 0
            if not is_undone:
                set_fact(state, "request", None)
                if n_failed:
                    set_fact(state, "n_failed", n_failed := 0)
            look_again(state, self._root, now_ns, State.SETTLED)
            if not _request_settled(state, now_ns):
                passed_ns = abs(now_ns - (fact(state, "requested_ns") or 0))
                patience_ns = SWEEP_NS * 2 ** min(n_failed, _MAX_PATIENCE)
                if last_became is Became.KILLED and not n_failed:
                    patience_ns = 0
                if not is_undone or passed_ns < patience_ns:
                    return None
                set_fact(state, "n_failed", n_failed + 1)
            # Not a number: it must not come again when the state has been deleted.
            name = uuid.uuid4().hex
            set_fact(state, "request", name)
            set_fact(state, "requested_ns", now_ns)
            return name

    def requested(self, name: str) -> list[Path]:
        """Return the files of a request in order; none if it has been replaced by a later one, or is done."""
        with transaction(self.path) as state:
            if fact(state, "request") != name:
                return []
            rows = state.execute(
                "SELECT path, name FROM files JOIN folders ON id = folder WHERE state = ?", (State.REQUESTED,)
            ).fetchall()
        return sorted(self._path(folder, file) for folder, file in rows)

    def is_settled(self) -> Callable[[Path, Seen], bool]:
        """Return a function that tells whether a file is as it was when it was found complete."""
        settled = {path: stamp for path, (stamp, state) in self.remembered().items() if state > State.SEEN}
        return lambda path, now: settled.get(path) == now.stamp

    def remembered(self) -> dict[Path, tuple[Stamp, State]]:
        """Return what is known of each file; nothing is changed, and a state that is not there is empty."""
        query = "SELECT path, name, size, mtime_ns, state FROM files JOIN folders ON id = folder"
        with reading(self.path) as state:
            rows = state.execute(query).fetchall() if state is not None else []
        return {self._path(*place): ((size, mtime_ns), State(of)) for *place, size, mtime_ns, of in rows}

    def remember(self, taken: Mapping[Path, Seen]) -> None:
        """Remember files as taken in, if they are as they were when that began; others are left alone.

        Parameters
        ----------
        taken
            What each file looked like before it was read. Files outside the inbox are passed over.
        """
        rows: list[tuple[bytes, bytes, Stamp]] = []
        for path, before in taken.items():
            folder, _, name = os.fsencode(path).rpartition(b"/")
            if not (folder + b"/").startswith(self._root + b"/") or not before.is_certain:
                continue
            try:
                if seen(path).stamp == before.stamp:
                    rows.append((folder[len(self._root) + 1 :], name, before.stamp))
            except OSError:
                continue
        with transaction(self.path) as state:
            numbers = {folder: self._number(state, folder) for folder in {folder for folder, *_ in rows}}
            state.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                [(numbers[folder], name, *stamp, self._clock(), State.KNOWN) for folder, name, stamp in rows],
            )

    def _number(self, state: sqlite3.Connection, folder: bytes) -> int:
        """Return the number of a folder, after adding it and those above where they are not known."""
        if row := state.execute("SELECT id FROM folders WHERE path = ?", (folder,)).fetchone():
            return int(row[0])
        parent = self._number(state, folder.rpartition(b"/")[0]) if folder else None
        (number,) = state.execute(
            "INSERT INTO folders (parent, path, identity) VALUES (?, ?, '') RETURNING id", (parent, folder)
        ).fetchone()
        return int(number)

    def _path(self, folder: bytes, name: bytes) -> Path:
        return self.folder / os.fsdecode(os.path.join(folder, name))  # noqa: PTH118  bytes


def _request_settled(state: sqlite3.Connection, now_ns: int) -> bool:
    """Mark complete files as requested, if there are; a list being written holds back what is below it."""
    lists = state.execute(
        "SELECT path FROM files JOIN folders ON id = folder WHERE state = ? AND name = ? "
        "AND abs(? - seen_ns) < ?",
        (State.SEEN, os.fsencode(DESCRIPTIONS), now_ns, APART_NS),
    ).fetchall()
    folders = state.execute(
        "SELECT DISTINCT folder, path FROM files JOIN folders ON id = folder WHERE state = ?",
        (State.SETTLED,),
    ).fetchall()
    free = [
        (State.REQUESTED, number, State.SETTLED)
        for number, path in folders
        if not any(not above or (path + b"/").startswith(above + b"/") for (above,) in lists)
    ]
    state.executemany("UPDATE files SET state = ? WHERE folder = ? AND state = ?", free)
    return bool(free)
