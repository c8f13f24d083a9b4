"""Tables of positions as people keep them: comma-separated, FITS, VOTable, ECSV; their claims are bounded.

Only columns of values with their units are read here; which of them are names and places is in `place_lists`.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from astro_assets.observations.fits_structure import walk
from astro_assets.observations.refusals import RefusalError, damage_is_refused

#: Of a table: each is a place that images are looked for.
MOST_ROWS: Final = 10_000
_MOST_COLUMNS: Final = 2000
#: Elements of one value: the longest column of a catalogue that is not a spectrum is a text.
_MOST_ELEMENTS: Final = 10_000
#: Elements of all columns and rows that a table may claim before any of them is read.
_MOST_CLAIMED: Final = 20_000_000
#: Where the rows of a VOTable may stand: not in another file or format.
_VOTABLE_FORMS: Final = frozenset({"FITS", "PARQUET"})


class PositionTableError(RefusalError):
    """A table cannot be used; the message says why."""

    def __init__(self, text: str) -> None:
        super().__init__("damaged", text)


@dataclass(frozen=True, slots=True)
class PositionTable:
    """Columns of a table.

    Parameters
    ----------
    names
        Of its columns.
    units
        By column, where it tells one.
    rows
        What a row is called in messages: ``line`` or ``row``, and its number.
    values
        The values of a column, None where there is none.
    """

    names: tuple[str, ...]
    units: Mapping[str, str]
    rows: Sequence[str]
    values: Callable[[str], list[Any]]


@contextmanager
def _understood() -> Iterator[None]:
    """Turn what astropy cannot read into a refusal; what it can mend is not told.

    Raises
    ------
    RefusalError
        If a table is damaged.
    """
    with warnings.catch_warnings(), damage_is_refused():
        warnings.simplefilter("ignore")
        try:
            yield
        except OSError as error:  # about the content: no file is open
            raise PositionTableError(f"damaged: {' '.join(str(error).split())}") from error


def binary_table(data: bytes) -> PositionTable | None:
    """Read a table of FITS, VOTable or ECSV; None if the content is none of these.

    Raises
    ------
    RefusalError
        If it holds no table, or one that is too large, damaged, or claims what is not there.
    """
    with _understood():
        return _binary_table(data)


def _binary_table(data: bytes) -> PositionTable | None:
    beginning = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if data.startswith((b"SIMPLE  =", b"\x1f\x8b")):
        return _fits(data)
    if beginning.startswith(b"<?xml") or re.match(rb"<(\w+:)?VOTABLE\b", beginning):
        return _votable(data)
    return _ecsv(data) if re.match(rb"# *%ECSV ", beginning) else None


def text_table(data: bytes, is_header: Callable[[Sequence[str]], bool]) -> PositionTable | None:
    """Read comma-separated values below a line of names; None if their first line is no such line.

    Lines that begin with ``#``, and empty ones, are passed over.

    Raises
    ------
    PositionTableError
        If a line has another length than the header, or there are too many.
    """
    reader = csv.reader(_lines(text_of(data)), strict=True)
    try:
        names = tuple(cell.strip() for cell in next((line for line in reader if line), []))
        if not is_header(names):
            return None
        found = []
        for line in reader:
            if not line:
                continue
            if len(line) != len(names):
                told = f"line {reader.line_num} has {len(line)} values, the header names {len(names)} columns"
                raise PositionTableError(told)
            found.append((f"line {reader.line_num}", line))
            _bound(len(found), len(names))
    except csv.Error as error:
        raise PositionTableError(f"line {reader.line_num}: {error}") from None

    def values(name: str) -> list[Any]:
        return [line[names.index(name)].strip() or None for _, line in found]

    return PositionTable(names, {}, [row for row, _ in found], values)


def text_of(data: bytes) -> str:
    """Return what a file of text says.

    Raises
    ------
    PositionTableError
        If it is no UTF-8; the message names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PositionTableError(f"line {line}: this is no text in UTF-8") from None


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield "" if line.startswith("#") else line


def _bound(n_rows: int, n_columns: int) -> None:
    if n_rows > MOST_ROWS:
        raise PositionTableError(f"more than {MOST_ROWS} rows; divide it")
    if n_columns > _MOST_COLUMNS:
        raise PositionTableError(f"more than {_MOST_COLUMNS} columns")


def _fits(data: bytes) -> PositionTable:
    from astropy.io import fits

    walk(io.BytesIO(data), len(data))
    with fits.open(io.BytesIO(data), memmap=False) as hdus:
        table = next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)), None)
        if table is None:
            raise PositionTableError("no HDU is a table")
        _bound(int(table.header["NAXIS2"]), len(table.columns))
        units = {column.name: str(column.unit) for column in table.columns if column.unit}
        rows = table.data

    def values(name: str) -> list[Any]:
        with _understood():
            return _plain(rows[name])

    names = tuple(table.columns.names)
    return PositionTable(names, units, _numbered(len(rows)), values)


def _votable(data: bytes) -> PositionTable:
    from astropy.io.votable import parse_single_table

    _check_votable(data)
    table = parse_single_table(io.BytesIO(data), verify="ignore").to_table(use_names_over_ids=True)
    return _of_astropy(table)


def _check_votable(data: bytes) -> None:
    """See that a VOTable refers to nothing outside it, and claims no more than it can hold.

    Raises
    ------
    PositionTableError
        If it does.
    """
    from xml.parsers import expat

    n_rows = n_columns = n_claimed = 0

    def begin(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal n_rows, n_columns, n_claimed
        kind = tag.rpartition(":")[2].upper()
        if kind in _VOTABLE_FORMS or (kind == "STREAM" and any("href" in name for name in attributes)):
            raise PositionTableError("its rows are in another file or format; VOTable with its own is read")
        n_rows = max(n_rows, int(attributes.get("nrows") or 0))
        n_elements = 1
        for length in re.findall(r"[0-9]+", attributes.get("arraysize", "")):
            n_elements *= int(length)
        if n_elements > _MOST_ELEMENTS:
            raise PositionTableError(f"a column has {n_elements} elements a row")
        if kind == "FIELD":
            n_columns, n_claimed = n_columns + 1, n_claimed + n_elements
        _bound(n_rows, n_columns)
        if n_rows * n_claimed > _MOST_CLAIMED:
            raise PositionTableError(f"it claims {n_rows} rows of {n_claimed} elements")

    def entity(*_: object) -> None:
        raise PositionTableError("it declares entities")

    # Entities of others, and their expansion, are not asked for; those declared inside are refused.
    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise PositionTableError(f"no well-formed XML: {error}") from None


def _ecsv(data: bytes) -> PositionTable:
    from astropy.table import Table

    lines = text_of(data).splitlines()
    header = [line for line in lines if line.startswith("#")]
    if any("<<" in line for line in header):
        raise PositionTableError("its header merges mappings, which can make it endless")
    _bound(len(lines) - len(header) - 1, 0)
    return _of_astropy(Table.read(lines, format="ascii.ecsv"))


def _of_astropy(table: Any) -> PositionTable:
    _bound(len(table), len(table.colnames))
    units = {name: str(unit) for name in table.colnames if (unit := getattr(table[name], "unit", None))}

    def values(name: str) -> list[Any]:
        with _understood():
            return _plain(table[name])

    return PositionTable(tuple(table.colnames), units, _numbered(len(table)), values)


def _plain(column: Any) -> list[Any]:
    """Return values as Python's own, None where they are masked."""
    import numpy as np

    values = np.ma.asarray(getattr(column, "value", column))
    if values.ndim != 1:
        raise PositionTableError("a column of names or positions has several values a row")
    return [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values.tolist()
    ]


def _numbered(n_rows: int) -> list[str]:
    return [f"row {number}" for number in range(1, n_rows + 1)]
