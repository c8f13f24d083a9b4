"""What a ``targets.csv`` beside or above a file says of it: the cells of its line, as text to be hashed.

Only lines are found here, the names of columns and cells mean nothing; whoever reads the file decides that.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

#: The name that is looked for.
DESCRIPTIONS: Final = "targets.csv"
#: The column with the described file's path, relative to the folder of the ``targets.csv``.
_FILE: Final = "file"
#: Stands for the column of what is wrong with a list, or with what it says of a file: no column is named so.
_ERROR: Final = ""
#: A survey of a million tables has a list of 100 MB.
_MAX_BYTES: Final = 128 * 1024**2
#: Lines of a list, and names of columns: what is made of a line takes many times its size.
_MAX_LINES: Final = 1_200_000
_MAX_COLUMNS: Final = 200
#: Of a list above what is taken in, which is read in passing.
_MAX_BYTES_ABOVE: Final = 16 * 1024**2
#: What spreadsheets write between cells.
_DELIMITERS: Final = (",", ";", "\t")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class _ListError(Exception):
    """A list cannot be read; the message is one line for people."""


class Descriptions:
    """The lists of described files around the files of one intake; each is read once.

    Parameters
    ----------
    roots
        The files and folders taken in. A list above a folder of them, or above the folder of a file of them,
        counts if it names a file by its exact path and belongs to whom that file or this process belongs to;
        what is wrong with a list up there is not told.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        places = [root.absolute() for root in roots]
        self._roots = {place if _is(place.is_dir) else place.parent for place in places}
        self._lists: dict[Path, dict[str, str] | _ListError] = {}
        self._owners: dict[Path, int | None] = {}

    def of(self, path: Path, said: str | None = None) -> str | None:
        """Return the line for a file as a JSON object of its other cells, the empty ones left out.

        The nearest ``targets.csv`` that names the file counts, from its own folder up; None without one.
        Neither the folder nor the file's name enters the result. If it says two things of the file, the only
        cell is named by the empty text and tells that; likewise if none names the file, one cannot be read
        that is within a root, and nothing was ``said`` of the file before.
        """
        place = path.absolute()
        error = None
        highest = max((n for n, folder in enumerate(place.parents) if folder in self._roots), default=0)
        for n, folder in enumerate(place.parents):
            if n > highest and not self._is_trusted(folder, place):
                continue
            lines = self._list(folder)
            if isinstance(lines, _ListError):
                error = error or (json.dumps({_ERROR: str(lines)}) if n <= highest else None)
            elif (line := lines.get(place.relative_to(folder).as_posix())) is not None:
                return line
        return error if said is None else None

    def _is_trusted(self, folder: Path, file: Path) -> bool:
        """Whether a list above what is taken in may describe a file: one of another user might be a trap."""
        if folder not in self._owners:
            self._owners[folder] = _owner(folder / DESCRIPTIONS, _MAX_BYTES_ABOVE)
        owner = self._owners[folder]
        return owner is not None and owner in (os.getuid(), _owner(file))

    def described_by(self, path: Path) -> Iterator[Path]:
        """Yield the files that a ``targets.csv`` names and that exist, in order."""
        folder = path.absolute().parent
        lines = self._list(folder)
        for name in () if isinstance(lines, _ListError) else sorted(lines):
            if _is((folder / name).is_file):
                yield path.parent / name

    def _list(self, folder: Path) -> dict[str, str] | _ListError:
        if folder not in self._lists:
            try:
                self._lists[folder] = _read(folder / DESCRIPTIONS)
            except _ListError as error:
                self._lists[folder] = error
        return self._lists[folder]


def _is(kind: Callable[[], bool]) -> bool:
    """Ask a path of what kind it is: of none where that cannot be seen, or no path can be so long."""
    try:
        return kind()
    except OSError:
        return False


def _owner(path: Path, most_bytes: float = math.inf) -> int | None:
    """Return the number of the user to whom a file belongs; None if there is none, or it is larger."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_uid if status.st_size <= most_bytes else None


def _read(path: Path) -> dict[str, str]:
    """Return the lines by file; none where there is no list.

    Raises
    ------
    _ListError
        If there is one that cannot be read.
    """
    try:
        if not path.is_file():
            return {}
        if (size := path.stat().st_size) > _MAX_BYTES:
            raise _ListError(f"{DESCRIPTIONS} has {size} bytes, more than {_MAX_BYTES}")
        return _described(_lines(path.read_bytes()))
    except OSError as error:
        raise _ListError(f"{DESCRIPTIONS} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _ListError(f"{DESCRIPTIONS} is not comma-separated UTF-8: {error}") from error


def _described(lines: Iterable[dict[str, str]]) -> dict[str, str]:
    """Return what lines say by the file that they are about."""
    described: dict[str, str] = {}
    for n_lines, line in enumerate(lines):
        if n_lines == _MAX_LINES:
            raise _ListError(f"{DESCRIPTIONS} has more than {_MAX_LINES} lines")
        cells = {key.strip(): value.strip() for key, value in line.items()}
        file = PurePosixPath(cells.pop(_FILE, ""))
        if file.name and not file.is_absolute() and ".." not in file.parts:
            told = {key: value for key, value in cells.items() if key and value}
            name, says = file.as_posix(), json.dumps(told, sort_keys=True, ensure_ascii=True)
            if described.setdefault(name, says) != says:
                described[name] = json.dumps({_ERROR: f"{DESCRIPTIONS} has two lines for it that differ"})
    return described


def _lines(content: bytes) -> Iterator[dict[str, str]]:
    """Yield the cells of each line by the names of the first; those that have none are left out."""
    if content.count(b"\n") > _MAX_LINES:
        raise _ListError(f"{DESCRIPTIONS} has more than {_MAX_LINES} lines")
    text = io.TextIOWrapper(io.BytesIO(content), _encoding(content), newline="")
    first = next((line for line in text if line.strip()), "")
    delimiter = _delimiter(first)
    names = next(csv.reader([first.strip()], delimiter=delimiter), [])
    if len(names) > _MAX_COLUMNS:
        raise _ListError(f"{DESCRIPTIONS} has {len(names)} columns, more than {_MAX_COLUMNS}")
    yield from (dict(zip(names, row, strict=False)) for row in csv.reader(text, delimiter=delimiter))


def _encoding(content: bytes) -> str:
    """Return how the text of a list is encoded: in UTF-8, or as spreadsheets on Windows write."""
    if content.startswith(_UTF_16):
        return "utf-16"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(names: str) -> str:
    """Return what separates the cells, by the line that names the columns."""
    for delimiter in _DELIMITERS:
        if _FILE in (name.strip() for name in next(csv.reader([names], delimiter=delimiter), [])):
            return delimiter
    if not names.strip():
        return ","
    raise _ListError(f"{DESCRIPTIONS} is not comma-separated UTF-8 whose first line has the name {_FILE!r}")
