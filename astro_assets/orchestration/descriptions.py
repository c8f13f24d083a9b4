"""What a ``targets.csv`` beside or above a file says of it: the cells of its line, as text to be hashed.

Only lines are found here, the names of columns and cells mean nothing; whoever reads the file decides that.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

#: The name that is looked for.
DESCRIPTIONS: Final = "targets.csv"
#: The column with the described file's path, relative to the folder of the ``targets.csv``.
_FILE: Final = "file"
#: A survey of a million tables has a list of 100 MB.
_MAX_BYTES: Final = 256 * 1024**2


class Descriptions:
    """The lists of described files around the files of one intake; each is read once."""

    def __init__(self) -> None:
        self._lists: dict[Path, dict[str, str]] = {}

    def of(self, path: Path) -> str | None:
        """Return the line for a file as a JSON object of its other cells, the empty ones left out.

        The nearest ``targets.csv`` that names the file counts, from its own folder upwards; None without one.
        Neither the folder nor the file's name enters the result.
        """
        place = path.absolute()
        for folder in place.parents:
            if (line := self._list(folder).get(place.relative_to(folder).as_posix())) is not None:
                return line
        return None

    def described_by(self, path: Path) -> Iterator[Path]:
        """Yield the files that a ``targets.csv`` names and that exist, in order."""
        folder = path.absolute().parent
        for name in sorted(self._list(folder)):
            if (folder / name).is_file():
                yield path.parent / name

    def _list(self, folder: Path) -> dict[str, str]:
        if folder not in self._lists:
            self._lists[folder] = _read(folder / DESCRIPTIONS)
        return self._lists[folder]


def _read(path: Path) -> dict[str, str]:
    """Return the lines by file; a list that cannot be read describes nothing, and its files are told so."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return {}
        with path.open(encoding="utf-8-sig", newline="") as text:
            lines = list(csv.DictReader(text, restkey="", restval=""))
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    described: dict[str, str] = {}
    for line in lines:
        name = PurePosixPath((line.pop(_FILE, "") or "").strip())
        if name.name and not name.is_absolute() and ".." not in name.parts:
            cells = {key.strip(): value.strip() for key, value in line.items() if isinstance(value, str)}
            told = {key: value for key, value in cells.items() if key and value}
            described.setdefault(name.as_posix(), json.dumps(told, sort_keys=True, ensure_ascii=True))
    return described
