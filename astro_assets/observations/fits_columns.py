"""Columns of binary tables in FITS files that may be damaged or hostile, as arrays of plain numbers.

Only the layout of rows lives here; what a mission means by the columns is in `fits_tables`, and what
astropy has to read in `fits_unusual`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import numpy as np

from astro_assets.observations.fits_cards import flag_card, integer_card, text_card
from astro_assets.observations.fits_header import Header
from astro_assets.observations.fits_structure import MAX_TABLE_BYTES, FitsError, Hdu, whole_number
from astro_assets.observations.fits_unusual import check_text_table, read_by_astropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: NumPy types of the scalar column formats of the FITS standard 4.0, table 18, that light curves use.
_NUMBERS: Final = {"D": ">f8", "E": ">f4", "K": ">i8", "J": ">i4", "I": ">i2", "B": "u1"}
#: Bytes per element of every format, to find where a column begins.
_WIDTHS: Final = {
    "L": 1,
    "B": 1,
    "A": 1,
    "I": 2,
    "J": 4,
    "E": 4,
    "P": 8,
    "K": 8,
    "D": 8,
    "C": 8,
    "Q": 16,
    "M": 16,
}
_FORMAT: Final = re.compile(r"([0-9]{0,9})([A-Z])")
#: XTENSION of binary tables, the second from before the standard, and of tables of text.
_BINARY: Final = ("BINTABLE", "A3DTABLE")
_TEXT: Final = "TABLE"


@dataclass(frozen=True, slots=True)
class _Field:
    """A column: its NumPy type (its format, if it is not one plain number), its place in a row, its scaling.

    Numbers that stand for themselves have a scale of 1 and a zero of 0. The scaling is unknown where one of
    its cards is blank or broken.
    """

    form: str
    offset: int
    scale: float = 1.0
    zero: float = 0
    null: int | None = None
    is_scaling_known: bool = True

    @property
    def is_plain(self) -> bool:
        return self.form in _NUMBERS.values()


def read_columns(path: Path, hdu: Hdu, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Read some columns of a binary table, in native byte order.

    Parameters
    ----------
    path
        The file.
    hdu
        The table, as `read_structure` found it in this file.
    names
        Names of columns that hold one number a row.

    Returns
    -------
    dict of str to ndarray, shape (n_rows,)
        float32, float64 or integers as stored; whole numbers with a whole TZERO (unsigned ones) as integers;
        what TSCAL and TZERO scale otherwise as float64. TNULL makes NaN of scaled numbers; among integers,
        which have no NaN, it is left as it is.

    Raises
    ------
    FitsError
        If a column is missing or not of plain numbers, or the table's layout is absurd.
    """
    width, n_rows = whole_number(hdu.header, "NAXIS1"), whole_number(hdu.header, "NAXIS2")
    if min(width, n_rows) < 0 or width * n_rows > hdu.size:
        raise FitsError(f"damaged: {n_rows} rows of {width} bytes do not fit the {hdu.size} bytes of data")
    if hdu.size > MAX_TABLE_BYTES:
        raise FitsError(f"the table has {hdu.size} bytes; at most {MAX_TABLE_BYTES} are read", "too_large")
    all_names = field_names(hdu)
    for name in names:
        if name not in all_names:
            raise FitsError(f"no column {name}; there are {', '.join(all_names)[:200]}", "no_column")
        if all_names.count(name) > 1:
            raise FitsError(f"damaged: {all_names.count(name)} columns are named {name}")
    if _extension(hdu) == _TEXT:
        check_text_table(hdu.header, all_names, names)
        return read_by_astropy(hdu.header, _read(path, hdu, hdu.size), names)
    fields = {name: _layout(hdu.header, width).columns[name] for name in names}
    for name, field in fields.items():
        if not field.is_plain:
            if flag_card(hdu.header, "ZTABLE"):
                raise FitsError("compressed: a tiled table; unpack it first", "compressed")
            raise FitsError(
                f"column {name} has format {field.form!r}, not one plain number a row", "no_column"
            )
    record = np.dtype(
        {
            "names": list(fields),
            "formats": [field.form for field in fields.values()],
            "offsets": [field.offset for field in fields.values()],
            "itemsize": width,
        }
    )
    table = np.frombuffer(_read(path, hdu, width * n_rows), dtype=record)
    columns = {name: _native(table[name], field) for name, field in fields.items() if field.is_scaling_known}
    others = [name for name in names if name not in columns]
    return columns | read_by_astropy(hdu.header, _read(path, hdu, hdu.size), others) if others else columns


def column_names(hdu: Hdu) -> list[str]:
    """Return the names of a table's columns, in capitals.

    Raises
    ------
    FitsError
        If the HDU is no table or describes its columns wrongly.
    """
    if _extension(hdu) not in (*_BINARY, _TEXT):
        raise FitsError(f"extension {hdu.name or 1!r} is not a table", "unsupported_product")
    return list(dict.fromkeys(field_names(hdu)))


def field_names(hdu: Hdu) -> tuple[str, ...]:
    """Return the names of all fields of a table in their order, in capitals; some may be alike.

    Raises
    ------
    FitsError
        If the table describes its columns wrongly.
    """
    if _extension(hdu) == _TEXT:
        return _names(hdu.header)
    return _layout(hdu.header, whole_number(hdu.header, "NAXIS1")).names


def _extension(hdu: Hdu) -> str:
    return text_card(hdu.header, "XTENSION").upper()


def _read(path: Path, hdu: Hdu, size: int) -> bytes:
    """Return the first bytes of an HDU's data."""
    with path.open("rb") as file:
        file.seek(hdu.offset)
        data = file.read(size)
    if len(data) < size:
        raise FitsError("truncated: the table ends before its last row", "truncated")
    return data


def _native(stored: NDArray[Any], field: _Field) -> NDArray[np.generic]:
    """Return numbers in native byte order, scaled as the header says."""
    if field.scale == 1 and field.zero == 0:
        return stored.astype(stored.dtype.newbyteorder("="))
    is_whole = stored.dtype.kind in "iu"
    if is_whole and field.scale == 1 and field.zero == 2**63:
        return stored.astype(np.int64).view(np.uint64) ^ np.uint64(2**63)
    if is_whole and field.scale == 1 and field.zero == field.zero // 1 and abs(field.zero) < 2**32:
        return stored.astype(np.int64) + int(field.zero)
    numbers = stored.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        numbers *= field.scale
        numbers += field.zero
    if is_whole and field.null is not None:
        numbers[stored == field.null] = np.nan
    return numbers


@dataclass(frozen=True, slots=True)
class _Layout:
    """The names of all fields in their order, and the columns by name."""

    names: tuple[str, ...]
    columns: dict[str, _Field]


@lru_cache(maxsize=4)  # a file's table is asked for its columns again and again
def _layout(header: Header, width: int) -> _Layout:
    return _parsed(header.only("TFIELDS", "TFORM", "TTYPE", "TSCAL", "TZERO", "TNULL"), width)


@lru_cache(maxsize=16)  # the tables of a product all have one layout
def _parsed(image: bytes, width: int) -> _Layout:
    header = Header(image)
    names = _names(header)
    columns: dict[str, _Field] = {}
    offset = 0
    for field, name in enumerate(names, 1):
        form = text_card(header, f"TFORM{field}").upper()
        match = _FORMAT.match(form)
        if match is None or match[2] not in (*_WIDTHS, "X"):
            raise FitsError(f"damaged: TFORM{field} is {form!r}")
        repeat = int(match[1] or 1)
        plain = _plain(header, field, match[2], offset) if repeat == 1 else None
        columns[name] = plain or _Field(form, offset)
        offset += -(-repeat // 8) if match[2] == "X" else repeat * _WIDTHS[match[2]]
    if offset != width:
        raise FitsError(f"damaged: the columns fill {offset} bytes a row, NAXIS1 says {width}")
    return _Layout(names, columns)


def _names(header: Header) -> tuple[str, ...]:
    n_fields = whole_number(header, "TFIELDS")
    if not 0 <= n_fields <= 999:
        raise FitsError(f"damaged: TFIELDS is {n_fields}")
    return tuple(text_card(header, f"TTYPE{field}").upper() for field in range(1, n_fields + 1))


def _plain(header: Header, field: int, code: str, offset: int) -> _Field | None:
    """Return a column of one number a row; None if it is none, or is scaled by something else."""
    if code not in _NUMBERS:
        return None
    scale = header.get(f"TSCAL{field}") if f"TSCAL{field}" in header else 1.0
    zero = header.get(f"TZERO{field}") if f"TZERO{field}" in header else 0
    if scale is None or zero is None:
        return _Field(_NUMBERS[code], offset, is_scaling_known=False)
    if not _is_number(scale) or not _is_number(zero):
        return None
    if scale == 1 and zero == 0:
        return _Field(_NUMBERS[code], offset)
    return _Field(_NUMBERS[code], offset, float(scale), zero, integer_card(header, f"TNULL{field}"))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
