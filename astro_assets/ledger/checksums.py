"""Checksums of the files of tables: whatever of them is damaged or lost is found, and named.

Parquet files and logs that lost a bit are read without an error, mostly. So each commit leaves a file beside
the table's log with a copy of its log entry, and the hashes of that, of the files that it added and of its
checkpoint; of a table that nothing computes it keeps copies of these files, too. What is read for a run is
compared with the hashes first; putting right what is damaged lives in `mending`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from blake3 import blake3

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.storage import Storage

LOG: Final = "_delta_log"
FOLDER: Final = "_checksums"
_POINTER: Final = f"{LOG}/_last_checkpoint"
_ENTRY: Final = re.compile(r"\d{20}\.json")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint.*\.parquet")
_UNUSABLE: Final = (OSError, ValueError, TypeError, LookupError)
#: Files that were found to be what was written, in this process: they never change.
_SOUND: Final[set[Path]] = set()


@dataclass(frozen=True, slots=True)
class Damage:
    """A file of a table that is not what was written, or is not there."""

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{self.path} {self.problem}"


def folder_of(storage: Storage, key: str) -> Path | None:
    """Return the folder of a table; None where an object store holds it, which has checksums of its own."""
    return Path(storage.place(key)) if storage.options is None else None


def entry_path(folder: Path, version: int) -> Path:
    """Return where the log entry of a version of a table lies."""
    return folder / LOG / f"{version:020}.json"


def checksum_path(folder: Path, version: int) -> Path:
    """Return where the checksums of a commit lie."""
    return folder / FOLDER / f"{version:020}.json"


def versions(folder: Path, part: str = LOG) -> list[int]:
    """Return the versions that a table's log, or its checksums, tell of, in order."""
    try:
        return sorted(int(path.stem) for path in (folder / part).iterdir() if _ENTRY.fullmatch(path.name))
    except FileNotFoundError:
        return []


def last_checkpoint(folder: Path, version: int | None = None) -> int:
    """Return the version of a table's last checkpoint, or of the last up to a version; -1 without one."""
    matches = (_CHECKPOINT.fullmatch(path.name) for path in (folder / LOG).iterdir())
    found = [int(match[1]) for match in matches if match]
    return max((of for of in found if version is None or of <= version), default=-1)


def copy_path(folder: Path, name: str) -> Path:
    """Return where the copy of a data file of a table lies, named by its path below the table's."""
    return folder / FOLDER / "copies" / f"{name.rpartition('/')[2]}.copy"


def keep_checksums(folder: Path, version: int, *, with_copies: bool = False) -> None:
    """Keep the checksums of a commit, and of those before it whose writer was killed before it did so."""
    if not checksum_path(folder, version).exists():
        last = max((of for of in versions(folder, FOLDER) if of < version), default=version - 1)
        for committed in range(last + 1, version + 1):
            keep_again(folder, committed, with_copies=with_copies)
    _keep_checkpoint(folder, last_checkpoint(folder, version))


def _keep_checkpoint(folder: Path, version: int) -> None:
    """Keep checksums of a checkpoint that was made after those of its commit were kept, as by another."""
    path = checksum_path(folder, version)
    names = {f"{LOG}/{found.name}" for found in (folder / LOG).glob(f"{version:020}.checkpoint*")}
    with suppress(*_UNUSABLE):  # a table of before has none, and what is damaged is told by who reads it
        told = _told(path)
        if files := {name: _digest(folder / name) for name in sorted(names - told["files"].keys())}:
            _write(path, {**told, "files": {**told["files"], **files}})


def drop_checksums(folder: Path) -> None:
    """Remove the checksums of a table of which files are about to be replaced on purpose."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    _SOUND.difference_update([path for path in _SOUND if path.is_relative_to(folder)])


def renew_checksums(folder: Path, *, with_copies: bool) -> None:
    """Keep checksums of all commits again, as their files are now."""
    for version in versions(folder):
        keep_again(folder, version, with_copies=with_copies)


def leave_out(folder: Path, names: Iterable[str]) -> None:
    """Keep no checksums of some files any more, named by paths below the table's: they go on purpose."""
    gone = set(names)
    for name in gone:
        copy_path(folder, name).unlink(missing_ok=True)
    for version in versions(folder, FOLDER):
        path = checksum_path(folder, version)
        with suppress(*_UNUSABLE):
            told = _told(path)
            if gone & told["files"].keys():
                files = {name: told["files"][name] for name in told["files"].keys() - gone}
                _write(path, {**told, "files": files})


def copy_of_entry(folder: Path, version: int) -> bytes | None:
    """Return the log entry of a version as it was written, from its copy; None where none is sound."""
    try:
        told = _told(checksum_path(folder, version))
    except _UNUSABLE:
        return None
    return str(told["entry"]).encode()


def sound_copy(folder: Path, name: str) -> bytes | None:
    """Return what a data file held when it was written, from its copy; None where none is sound."""
    known = _Known(folder, [name])
    try:
        data = copy_path(folder, name).read_bytes()
    except OSError:
        return None
    return data if known.digests.get(name) == blake3(data).hexdigest() else None


def keep_again(folder: Path, version: int, *, with_copies: bool) -> None:
    """Keep the checksums of a commit as its files are now."""
    entry = entry_path(folder, version)
    if not entry.exists():
        return
    names = [f"{LOG}/{path.name}" for path in (folder / LOG).glob(f"{version:020}.*")]
    names += [unquote(action["add"]["path"]) for action in _actions(entry) if "add" in action]
    files = {name: _digest(folder / name) for name in sorted(names) if (folder / name).is_file()}
    for name in files if with_copies else ():
        copy = copy_path(folder, name)
        if not name.startswith(LOG) and not copy.exists():
            write_bytes(copy, (folder / name).read_bytes())
    _write(checksum_path(folder, version), {"entry": entry.read_text(), "files": files})


def keep_nothing(folder: Path, version: int) -> None:
    """Keep that nothing is known of a commit: its log entry is lost, and a checkpoint stands for it."""
    _write(checksum_path(folder, version), {"entry": "", "files": {}})


def _write(path: Path, told: dict[str, Any]) -> None:
    write_bytes(path, json.dumps({**told, "digest": _digest_of(told)}).encode())


def _told(path: Path) -> dict[str, Any]:
    """Read checksums, and compare them with their own."""
    told = dict[str, Any](json.loads(path.read_bytes()))
    if told.pop("digest") != _digest_of(told):
        raise ValueError("its contents do not match its own checksum")
    return told


def _actions(entry: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in entry.read_bytes().splitlines()]


def damages(folder: Path, version: int, files: Iterable[str]) -> Iterator[Damage]:
    """Find what is damaged or missing of what a version of a table is read from.

    Parameters
    ----------
    files
        Those that this version is made of, by their paths below the table's.
    """
    yield from lost_commits(folder, version)
    first = last_checkpoint(folder, version)
    log = [entry_path(folder, of) for of in range(first + 1, version + 1)]
    log += (folder / LOG).glob(f"{first:020}.checkpoint*.parquet") if first >= 0 else ()
    yield from damages_of(folder, [*(f"{LOG}/{path.name}" for path in log), *files])


def damages_of(folder: Path, names: Iterable[str]) -> Iterator[Damage]:
    """Find what is damaged or missing of some files of a table, named by their paths below it."""
    paths = {name: folder / name for name in names}
    unsure = [name for name, path in paths.items() if path not in _SOUND or not path.exists()]
    if unsure:
        known = _Known(folder, unsure)
        yield from known.damages(unsure)
        yield from known.unreadable


def all_damages(folder: Path) -> Iterator[Damage]:
    """Find what is damaged or missing of a table in all its versions, apart from what was pruned."""
    known = _Known(folder)
    yield from known.damages(sorted(known.digests))
    yield from known.damages_of_copies()
    kept = versions(folder, FOLDER)
    for version in sorted(set(range(min(kept, default=0), max(kept, default=-1))).difference(kept)):
        yield Damage(checksum_path(folder, version), "is missing")
    for version in versions(folder):
        if version not in known.versions:
            try:
                _actions(entry := entry_path(folder, version))
            except (OSError, ValueError) as error:
                yield Damage(entry, f"cannot be read: {error}")
    yield from known.unreadable
    yield from _bad_pointer(folder, known)


def lost_commits(folder: Path, version: int) -> Iterator[Damage]:
    """Find commits after a version that left checksums, and are in the log no longer."""
    while checksum_path(folder, version := version + 1).exists():
        if not entry_path(folder, version).exists():
            yield Damage(entry_path(folder, version), "is missing")


def _bad_pointer(folder: Path, known: _Known) -> Iterator[Damage]:
    pointer = folder / _POINTER
    try:
        version = int(json.loads(pointer.read_bytes())["version"])
        there = (f"{LOG}/{path.name}" for path in (folder / LOG).glob(f"{version:020}.checkpoint*.parquet"))
        if not any(f"{version:020}.checkpoint" in name for name in (*known.digests, *there)):
            yield Damage(pointer, f"names a checkpoint of version {version}, and there is none")
    except FileNotFoundError:
        return
    except _UNUSABLE as error:
        yield Damage(pointer, f"cannot be read: {error}")


class _Known:
    """What a table's commits left of checksums: of all files, or of as many as hold those of some names."""

    def __init__(self, folder: Path, names: Iterable[str] | None = None) -> None:
        self._folder = folder
        wanted = None if names is None else set(names)
        self.digests: dict[str, str] = {}
        self.versions: set[int] = set()
        self.unreadable: list[Damage] = []
        for version in reversed(versions(folder, FOLDER)):
            if wanted is not None and wanted <= self.digests.keys():
                break
            path = checksum_path(folder, version)
            try:
                told = _told(path)
            except _UNUSABLE as error:
                self.unreadable.append(Damage(path, f"is damaged: {error}"))
            else:
                self.digests = {**told["files"], **self.digests}
                self.versions.add(version)

    def damages(self, names: Iterable[str]) -> Iterator[Damage]:
        for name in names:
            path, wanted = self._folder / name, self.digests.get(name)
            problem = _problem(path, wanted) if wanted is not None or not path.exists() else None
            if problem is not None:
                yield Damage(path, problem)
            elif wanted is not None:
                _SOUND.add(path)

    def damages_of_copies(self) -> Iterator[Damage]:
        for name, wanted in self.digests.items():
            copy = copy_path(self._folder, name)
            problem = _problem(copy, wanted) if os.path.lexists(copy) else None
            if problem is not None:
                yield Damage(copy, problem)


def _problem(path: Path, wanted: str | None) -> str | None:
    """Return what is the matter with a file that had a digest; None where nothing is."""
    try:
        is_sound = _digest(path) == wanted
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if is_sound else "is damaged: its bytes are not those that were written"


def _digest(path: Path) -> str:
    return blake3(path.read_bytes()).hexdigest()


def _digest_of(told: dict[str, Any]) -> str:
    return blake3(json.dumps(told, sort_keys=True).encode()).hexdigest()
