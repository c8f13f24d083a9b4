"""Catalogue files as text: header comments, named columns, lines whose values are read with exact complaints.

Only the shape of the file is known here; what its columns mean is in `formats`.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

#: What catalogues write for "no value", besides nothing.
_NOTHING: Final = frozenset({"", "nan", "null", "none"})
#: The largest, all columns of the archive's Planetary Systems, has 60 MB, 350 columns and 14 million values,
#: each of which takes a hundred bytes of memory.
MAX_BYTES: Final = 128 * 1024**2
_MAX_COLUMNS: Final = 2000
_MAX_VALUES: Final = 20_000_000
#: Longer comments tell neither a unit nor a date; looking for these takes the square of their length.
_MAX_COMMENT: Final = 1000
#: How the NASA Exoplanet Archive documents a column: ``# COLUMN koi_period:  Orbital Period [days]``.
_COLUMN: Final = re.compile(r"#\s*COLUMN\s+(\w+):.*\[([^\]]*)\]")
#: When the file was made: the archive's line of its own, and that of the eclipsing-binary catalogues.
_DATES: Final = (
    (re.compile(r"#+\s*(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\s*"), "%a %b %d %H:%M:%S %Y"),
    (re.compile(r"#+\s*Download Date \(Y/M/D\): *(\d{4}/\d+/\d+)\s*"), "%Y/%m/%d"),
)


class CatalogError(ValueError):
    """A catalogue file cannot be used; the message names line and column."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a catalogue.

    Attributes
    ----------
    number
        Its number in the file, from 1, comments included.
    values
        Text by column.
    """

    number: int
    values: Mapping[str, str]

    def error(self, column: str, complaint: str) -> CatalogError:
        """Return an error that names this line and a column."""
        return CatalogError(f"line {self.number}, column {column}: {complaint}")

    def text(self, column: str) -> str | None:
        """Return a text, None where there is none or the file lacks the column."""
        value = self.values.get(column, "").strip()
        return None if value.lower() in _NOTHING else value

    def required(self, column: str) -> str:
        """Return a text that must be there.

        Raises
        ------
        CatalogError
            If it is not.
        """
        value = self.text(column)
        if value is None:
            raise self.error(column, "there is no value")
        return value

    def number_in(self, column: str, missing: Collection[float] = ()) -> float | None:
        """Return a finite number, None where there is none.

        Parameters
        ----------
        missing
            Numbers by which the catalogue says that there is none.

        Raises
        ------
        CatalogError
            If the text is no finite number.
        """
        text = self.text(column)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            raise self.error(column, f"{text[:40]!r} is no number") from None
        if not math.isfinite(value):
            raise self.error(column, f"{text[:40]!r} is not finite")
        return None if value in missing else value

    def whole(self, column: str) -> int:
        """Return a positive whole number that must be there.

        Raises
        ------
        CatalogError
            If it is missing or something else.
        """
        text = self.required(column)
        if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or int(text) < 1:
            raise self.error(column, f"{text[:40]!r} is no positive whole number")
        return int(text)

    def flag(self, column: str) -> bool | None:
        """Return whether a whole number is other than 0, None where there is none.

        The KOI table flags one object with 465 where it flags all others with 1.

        Raises
        ------
        CatalogError
            If the text is something else.
        """
        text = self.text(column)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
            raise self.error(column, f"{text[:40]!r} is no flag")
        return int(text) != 0


@dataclass(frozen=True, slots=True)
class TextTable:
    """A catalogue file taken apart.

    Attributes
    ----------
    columns
        Names in the order of the file.
    units
        Units that the header comments state, by column.
    date
        When the file was made by its own account, ISO 8601; None where it does not say.
    """

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    units: Mapping[str, str]
    date: str | None


def parse(content: bytes) -> TextTable:
    """Take a comma-separated file apart; lines before the header that begin with ``#`` are comments.

    Raises
    ------
    CatalogError
        If the content is too large, no UTF-8 text, names a column twice, has a line of another length than
        its header, or has no line at all.
    """
    if len(content) > MAX_BYTES:
        raise CatalogError(f"the file has {len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CatalogError(f"line {line}: this is no UTF-8 text") from None
    physical = text.replace("\r\n", "\n").split("\n")
    n_comments = next((i for i, line in enumerate(physical) if not line.startswith("#")), len(physical))
    comments = [line for line in physical[:n_comments] if len(line) <= _MAX_COMMENT]
    body = physical[n_comments:]
    reader = csv.reader(body, strict=True)
    try:
        columns = _header(next(reader, []), n_comments + 1)
        most = _MAX_VALUES // max(len(columns), 1)
        rows = islice((values for values in reader if any(values)), most + 1)
        lines = tuple(_line(columns, values, n_comments + reader.line_num) for values in rows)
    except csv.Error as error:
        raise CatalogError(f"line {n_comments + reader.line_num}: {error}") from None
    if not lines:
        raise CatalogError("there is no line below the header")
    if len(lines) > most:
        raise CatalogError(f"there are more than {_MAX_VALUES} values")
    units = {match[1]: match[2] for line in comments if (match := _COLUMN.match(line))}
    return TextTable(columns, lines, units, _date(comments))


def _header(names: list[str], number: int) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in names)
    if len(columns) > _MAX_COLUMNS:
        raise CatalogError(f"line {number} names {len(columns)} columns; at most {_MAX_COLUMNS} are read")
    named = [name for name in columns if name]
    if twice := {name for name in named if named.count(name) > 1}:
        raise CatalogError(f"line {number}: columns named twice: {', '.join(sorted(twice))}")
    return columns


def _line(columns: tuple[str, ...], values: list[str], number: int) -> Line:
    if len(values) != len(columns):
        raise CatalogError(f"line {number} has {len(values)} values, the header names {len(columns)} columns")
    return Line(number, dict(zip(columns, values, strict=True)))


def _date(comments: list[str]) -> str | None:
    for line in comments:
        for pattern, form in _DATES:
            if match := pattern.fullmatch(line):
                try:
                    return datetime.strptime(match[1], form).isoformat()  # noqa: DTZ007  they name no zone
                except ValueError:
                    continue
    return None
