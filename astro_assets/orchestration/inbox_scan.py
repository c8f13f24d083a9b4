"""Listing the folders of an inbox that may have changed, and looking at files that may still be written.

File system in, rows of the inbox's state out; when to look and what to make of it is decided in ``inbox``.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from typing import Final

from astro_assets.orchestration.inbox_links import is_trusted
from astro_assets.orchestration.inbox_state import State, fact, set_fact

#: A folder that changed so shortly before it was listed may change again without showing a later time: file
#: systems count in steps of up to 2 s, and the clock of a file server may differ.
_UNTRUSTED_NS: Final = 10 * 10**9
#: Folders compared in one look; with more of them they take turns.
FOLDERS_A_LOOK: Final = 20_000
#: Longest that one look lists folders, in seconds: others wait for the state for 20, Dagster for the sensor
#: for 60.
LISTING_S: Final = 10.0
#: Errors that say that there is no such file; others, that it cannot be looked at.
_NOT_THERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
#: Two looks at a file count as two if so far apart.
APART_NS: Final = 6 * 10**9

#: Size in bytes and time of last modification.
Stamp = tuple[int, int]


def stamp_of(status: os.stat_result) -> Stamp:
    """Return what tells whether a file has changed."""
    return status.st_size, _int64(status.st_mtime_ns)


def _int64(nanoseconds: int) -> int:
    """Return a time that SQLite can hold: of years beyond 2262 it keeps the last 64 bits."""
    return (nanoseconds + 2**63) % 2**64 - 2**63


def _identity(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino}"


def scan(state: sqlite3.Connection, root: bytes, clock: Callable[[], int]) -> int:
    """List the folders whose time has changed, and new ones in them; return how many cannot be listed.

    Raises
    ------
    OSError
        If the root itself cannot be looked at; nothing is forgotten for that.
    """
    top = os.stat(root)  # noqa: PTH116  bytes
    if state.execute("SELECT 1 FROM folders WHERE path = ?", (b"",)).fetchone() is None:
        state.execute("INSERT INTO folders (path, identity) VALUES (?, ?)", (b"", _identity(top)))
    queue = _turn(state)
    n_unlisted = 0
    until = time.monotonic() + LISTING_S
    while queue and time.monotonic() < until:
        folder, path, mtime_ns = queue.pop()
        try:
            status = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118  bytes
            if _int64(status.st_mtime_ns) == mtime_ns or not _is_there(state, folder, path):
                continue
            queue += _list(state, root, (folder, path), status, clock())
        except (FileNotFoundError, NotADirectoryError):
            if not path:
                raise
            _forget(state, folder)
        except OSError:
            # A failed listing is no empty folder: what was in it stays, and it is tried again.
            n_unlisted += 1
            state.execute("UPDATE folders SET listed_mtime_ns = NULL WHERE id = ?", (folder,))
    return n_unlisted


def _turn(state: sqlite3.Connection) -> list[tuple[int, bytes, int | None]]:
    """Return the folders whose turn it is, the first to be looked at last."""
    after = fact(state, "last_folder") or 0
    columns = "SELECT id, path, listed_mtime_ns FROM folders"
    turn = state.execute(f"{columns} WHERE id > ? ORDER BY id LIMIT ?", (after, FOLDERS_A_LOOK)).fetchall()
    last = turn[-1][0] if len(turn) == FOLDERS_A_LOOK else 0
    if last != after:
        set_fact(state, "last_folder", last)
    return turn[::-1]


def _is_there(state: sqlite3.Connection, folder: int, path: bytes) -> bool:
    """Tell whether a folder is still known: one listed before it may have shown that it is gone."""
    query = "SELECT 1 FROM folders WHERE id = ? AND path = ?"
    return state.execute(query, (folder, path)).fetchone() is not None


def _list(
    state: sqlite3.Connection, root: bytes, place: tuple[int, bytes], status: os.stat_result, now_ns: int
) -> list[tuple[int, bytes, int | None]]:
    """Compare a folder with what was in it, and return the folders in it that are new."""
    folder, path = place
    files: dict[bytes, Stamp] = {}
    folders: dict[bytes, str] = {}
    for name, of in _entries(os.path.join(root, path)):  # noqa: PTH118  bytes
        if stat.S_ISREG(of.st_mode):
            files[name] = stamp_of(of)
        elif stat.S_ISDIR(of.st_mode):
            folders[os.path.join(path, name)] = _identity(of)  # noqa: PTH118  bytes
    rows = state.execute("SELECT name, size, mtime_ns FROM files WHERE folder = ?", (folder,))
    known = {name: (size, mtime_ns) for name, size, mtime_ns in rows}
    if files != known:
        gone = [(folder, name) for name in known.keys() - files.keys()]
        state.executemany("DELETE FROM files WHERE folder = ? AND name = ?", gone)
        changed = [
            (folder, name, *stamp, now_ns, State.SEEN)
            for name, stamp in files.items()
            if known.get(name) != stamp
        ]
        state.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", changed)
    there = dict(state.execute("SELECT path, id FROM folders WHERE parent = ?", (folder,)).fetchall())
    for name in there.keys() - folders.keys():
        _forget(state, there[name])
    trusted = abs(now_ns - status.st_mtime_ns) > _UNTRUSTED_NS
    state.execute(
        "UPDATE folders SET listed_mtime_ns = ?, identity = ? WHERE id = ?",
        (_int64(status.st_mtime_ns) if trusted else None, _identity(status), folder),
    )
    new = sorted(folders.keys() - there.keys())
    added = [_add(state, root, folder, name, folders[name]) for name in new]
    return [row for row in reversed(added) if row is not None]


def _entries(folder: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """Yield what a folder holds, links followed.

    Hidden entries, links of others and what vanishes are passed over.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(b"."):
                try:
                    status = entry.stat()
                    is_ours = not entry.is_symlink() or is_trusted(entry.path, status)
                except OSError:
                    continue
                if is_ours:
                    yield entry.name, status


def _add(
    state: sqlite3.Connection, root: bytes, parent: int, path: bytes, identity: str
) -> tuple[int, bytes, None] | None:
    """Add a folder, unless it is one that is known by another path: links may go round in circles."""
    same = state.execute("SELECT id, path FROM folders WHERE identity = ?", (identity,)).fetchall()
    for other, elsewhere in same:
        try:
            there = _identity(os.stat(os.path.join(root, elsewhere)))  # noqa: PTH116, PTH118  bytes
        except OSError:
            _forget(state, other)
            continue
        if there == identity:
            return None
        state.execute("UPDATE folders SET identity = ?, listed_mtime_ns = NULL WHERE id = ?", (there, other))
    added = state.execute(
        "INSERT INTO folders (parent, path, identity, listed_mtime_ns) VALUES (?, ?, ?, NULL) RETURNING id",
        (parent, path, identity),
    ).fetchone()
    return added[0], path, None


def _forget(state: sqlite3.Connection, folder: int) -> None:
    """Remove a folder with everything below it."""
    below = """
        WITH RECURSIVE below (id) AS (
          VALUES (?) UNION SELECT folders.id FROM folders JOIN below ON folders.parent = below.id
        ) SELECT id FROM below
    """
    ids = state.execute(below, (folder,)).fetchall()
    state.executemany("DELETE FROM files WHERE folder = ?", ids)
    state.executemany("DELETE FROM folders WHERE id = ?", ids)


def look_again(state: sqlite3.Connection, root: bytes, now_ns: int, of: State) -> int:
    """Look again at the files of one state; return how many of them may not be read.

    One that has changed is seen anew. One that was seen, and is the same after a while, is settled. One that
    may not be read waits with those seen until it may.
    """
    rows = state.execute(
        "SELECT path, folder, name, size, mtime_ns, seen_ns FROM files JOIN folders ON id = folder "
        "WHERE state = ?",
        (of,),
    ).fetchall()
    gone: list[tuple[int, bytes]] = []
    unreadable: list[tuple[int, bytes]] = []
    changed, settled = [], []
    for folder, number, name, size, mtime_ns, seen_ns in rows:
        path = os.path.join(root, folder, name)  # noqa: PTH118  bytes
        try:
            status = os.stat(path)  # noqa: PTH116  bytes
        except OSError as error:
            (gone if error.errno in _NOT_THERE else unreadable).append((number, name))
            continue
        stamp = stamp_of(status)
        if not stat.S_ISREG(status.st_mode):
            gone.append((number, name))
        elif stamp != (size, mtime_ns):
            changed.append((*stamp, now_ns, State.SEEN, number, name))
        elif not os.access(path, os.R_OK):
            unreadable.append((number, name))
        elif of is State.SEEN and abs(now_ns - seen_ns) >= APART_NS:
            settled.append((State.SETTLED, number, name))
    here = "WHERE folder = ? AND name = ?"
    state.executemany(f"DELETE FROM files {here}", gone)  # noqa: S608
    state.executemany(f"UPDATE files SET size = ?, mtime_ns = ?, seen_ns = ?, state = ? {here}", changed)  # noqa: S608
    waiting = [(State.SEEN, *place) for place in unreadable if of is not State.SEEN]
    state.executemany(f"UPDATE files SET state = ? {here}", settled + waiting)  # noqa: S608
    return len(unreadable)
