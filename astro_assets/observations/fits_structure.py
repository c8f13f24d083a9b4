"""Opens FITS files that may be damaged or hostile: what a header claims is checked before anything is read.

Only the container lives here: headers and table columns; what a mission means by them is in `fits_tables`.
"""

from __future__ import annotations

import re
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from astro_assets.observations.fits_cards import PRINTABLE, card_value, number_card, text_card
from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astropy.io.fits import Header
    from numpy.typing import NDArray

BLOCK: Final = 2880
_CARD: Final = 80
#: A SPOC header has 2 to 6 blocks; a header that goes on for 1 MB is no header.
_MAX_HEADER_BLOCKS: Final = 360
#: Light-curve files have 3 HDUs, target-pixel files 4 or 5.
_MAX_HDUS: Final = 64
#: The longest real table, a Kepler quarter of short cadence, has 14 MB.
MAX_TABLE_BYTES: Final = 512 * 1024**2
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


class FitsError(RefusalError):
    """A file is not FITS, is damaged, or its table cannot be read; the message is one line for people."""

    def __init__(self, text: str, code: str = "damaged") -> None:
        super().__init__(code, text)


@dataclass(frozen=True, slots=True)
class Hdu:
    """A header and where its data are.

    Parameters
    ----------
    header
        The cards.
    offset
        Byte at which the data begin.
    size
        Bytes of data, without padding.
    """

    header: Header
    offset: int
    size: int

    @property
    def name(self) -> str:
        """EXTNAME in capitals, empty when there is none."""
        return text_card(self.header, "EXTNAME").upper()

    @property
    def end(self) -> int:
        """Byte at which the next HDU begins, after the padding."""
        return self.offset + -(-self.size // BLOCK) * BLOCK


def read_structure(path: Path) -> list[Hdu]:
    """Read every header of a FITS file and check that the file holds all the data they announce.

    Parameters
    ----------
    path
        Any path; only regular files are opened, so that a pipe cannot block the caller.

    Returns
    -------
    list of Hdu
        The primary HDU first.

    Raises
    ------
    FitsError
        If the file is no regular readable file, not FITS, damaged, or shorter than its headers say.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FitsError("not a regular file", "unreadable")
        with path.open("rb") as file:
            return _walk(file, status.st_size)
    except OSError as error:
        raise FitsError(f"cannot be read: {error.strerror or error}", "unreadable") from error


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
        float32, float64 or integers: as stored, but for whole numbers with a TZERO (unsigned ones).
        What TNULL says is no number is left as it is.

    Raises
    ------
    FitsError
        If a column is missing or not of plain numbers, or the table's layout is absurd.
    """
    width, n_rows = _integer(hdu.header, "NAXIS1"), _integer(hdu.header, "NAXIS2")
    if min(width, n_rows) < 0 or width * n_rows > hdu.size:
        raise FitsError(f"damaged: {n_rows} rows of {width} bytes do not fit the {hdu.size} bytes of data")
    if hdu.size > MAX_TABLE_BYTES:
        raise FitsError(f"the table has {hdu.size} bytes; at most {MAX_TABLE_BYTES} are read", "too_large")
    layout = _layout(hdu.header, width)
    missing = [name for name in names if name not in layout]
    if missing:
        raise FitsError(f"no column {missing[0]}; there are {', '.join(layout)[:200]}", "no_column")
    fields = [layout[name] for name in names]
    for name, field in zip(names, fields, strict=True):
        if not field.is_plain:
            raise FitsError(
                f"column {name} has format {field.form!r}, not one plain number a row", "no_column"
            )
    record = np.dtype(
        {
            "names": list(names),
            "formats": [field.form for field in fields],
            "offsets": [field.offset for field in fields],
            "itemsize": width,
        }
    )
    with path.open("rb") as file:
        file.seek(hdu.offset)
        data = file.read(width * n_rows)
    if len(data) < width * n_rows:
        raise FitsError("truncated: the table ends before its last row", "truncated")
    table = np.frombuffer(data, dtype=record)
    return {name: _native(table[name], field.zero) for name, field in zip(names, fields, strict=True)}


def column_names(hdu: Hdu) -> list[str]:
    """Return the names of a table's columns, in capitals.

    Raises
    ------
    FitsError
        If the HDU is no binary table or describes its columns wrongly.
    """
    if text_card(hdu.header, "XTENSION").upper() != "BINTABLE":
        raise FitsError(f"extension {hdu.name or 1!r} is not a binary table", "unsupported_product")
    return list(_layout(hdu.header, _integer(hdu.header, "NAXIS1")))


def _native(stored: NDArray[Any], zero: int) -> NDArray[np.generic]:
    """Return numbers in native byte order, with what a TZERO adds to whole ones."""
    if zero == 0:
        return stored.astype(stored.dtype.newbyteorder("="))
    if zero == 2**63:
        return stored.astype(np.int64).view(np.uint64) ^ np.uint64(2**63)
    return stored.astype(np.int64) + zero


def _walk(file: BinaryIO, size: int) -> list[Hdu]:
    start = file.read(10)
    if start.startswith(b"\x1f\x8b"):
        raise FitsError("not FITS: gzip-compressed; unpack it first", "compressed")
    if start[:9] != b"SIMPLE  =":
        raise FitsError("empty file" if size == 0 else "not FITS: does not begin with SIMPLE", "not_fits")
    hdus: list[Hdu] = []
    end = 0
    while end < size and len(hdus) < _MAX_HDUS:
        file.seek(end)
        if len(hdus) > 1 and _is_padding(file.read(BLOCK)):
            return hdus
        file.seek(end)
        header = _read_header(file, len(hdus))
        offset, data_size = file.tell(), _data_size(header)
        if offset + data_size > size:
            raise FitsError(
                f"truncated: HDU {len(hdus)} needs {offset + data_size} bytes, the file has {size}",
                "truncated",
            )
        hdus.append(Hdu(header, offset, data_size))
        end = hdus[-1].end
    if end > size != hdus[-1].offset + hdus[-1].size:  # some programs pad nothing; a part of it is a cut
        raise FitsError(f"truncated: {size} bytes are not a whole number of FITS blocks", "truncated")
    return hdus


def _is_padding(block: bytes) -> bool:
    """Whether what follows a table is no further HDU, not even the beginning of one.

    Editors add a byte, and tapes and some programs fill with zeros.
    """
    return not block.strip(b"\0") or (len(block) < BLOCK and not block.startswith(b"XTENSION="[: len(block)]))


def _read_header(file: BinaryIO, number: int) -> Header:
    from astropy.io.fits import Header

    blocks: list[bytes] = []
    while len(blocks) < _MAX_HEADER_BLOCKS:
        block = file.read(BLOCK)
        if len(block) < BLOCK:
            raise FitsError(f"truncated: the file ends within the header of HDU {number}", "truncated")
        if number and not blocks and not block.startswith(b"XTENSION="):
            raise FitsError(f"damaged: HDU {number} does not begin with XTENSION")
        blocks.append(block.translate(PRINTABLE))
        if any(block[i : i + _CARD].rstrip() == b"END" for i in range(0, BLOCK, _CARD)):
            break
    else:
        raise FitsError(
            f"damaged: the header of HDU {number} has no END within {_MAX_HEADER_BLOCKS * BLOCK} bytes"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters is checked card by card
        header: Header = Header.fromstring(b"".join(blocks))
    return header


def _data_size(header: Header) -> int:
    """Return the bytes of data a header announces (FITS standard 4.0, equation 2)."""
    bits = _integer(header, "BITPIX")
    if bits not in (8, 16, 32, 64, -32, -64):
        raise FitsError(f"damaged: BITPIX is {bits}")
    n_axes = _integer(header, "NAXIS")
    if not 0 <= n_axes <= 9:
        raise FitsError(f"damaged: NAXIS is {n_axes}")
    if n_axes == 0:
        return 0
    elements = 1
    for axis in range(1, n_axes + 1):
        length = _integer(header, f"NAXIS{axis}")
        if length < 0:
            raise FitsError(f"damaged: NAXIS{axis} is {length}")
        elements *= length
    extra = _integer(header, "PCOUNT") if "PCOUNT" in header else 0
    groups = _integer(header, "GCOUNT") if "GCOUNT" in header else 1
    if extra < 0 or groups < 0:
        raise FitsError("damaged: PCOUNT or GCOUNT is negative")
    return abs(bits) // 8 * groups * (extra + elements)


@dataclass(frozen=True, slots=True)
class _Field:
    """A column: its NumPy type (its format, if it is not one plain number), its place in a row, its TZERO."""

    form: str
    offset: int
    zero: int

    @property
    def is_plain(self) -> bool:
        return self.form in _NUMBERS.values()


def _layout(header: Header, width: int) -> dict[str, _Field]:
    layout: dict[str, _Field] = {}
    offset = 0
    n_fields = _integer(header, "TFIELDS")
    if not 0 <= n_fields <= 999:
        raise FitsError(f"damaged: TFIELDS is {n_fields}")
    for field in range(1, n_fields + 1):
        form = text_card(header, f"TFORM{field}")
        match = _FORMAT.match(form)
        if match is None or match[2] not in (*_WIDTHS, "X"):
            raise FitsError(f"damaged: TFORM{field} is {form!r}")
        repeat = int(match[1] or 1)
        zero = _zero(header, field, is_whole=match[2] in "KJIB")
        plain = repeat == 1 and match[2] in _NUMBERS and zero is not None
        name = text_card(header, f"TTYPE{field}").upper()
        layout[name] = _Field(_NUMBERS[match[2]] if plain else form, offset, zero or 0)
        offset += -(-repeat // 8) if match[2] == "X" else repeat * _WIDTHS[match[2]]
    if offset != width:
        raise FitsError(f"damaged: the columns fill {offset} bytes a row, NAXIS1 says {width}")
    return layout


def _zero(header: Header, field: int, *, is_whole: bool) -> int | None:
    """Return what is to be added to a column's numbers; None if they are to be scaled otherwise."""
    if f"TSCAL{field}" in header and number_card(header, f"TSCAL{field}") != 1:
        return None
    if f"TZERO{field}" not in header:
        return 0
    zero = card_value(header, f"TZERO{field}")
    if isinstance(zero, bool) or not isinstance(zero, int | float) or zero != zero // 1:
        return None
    return int(zero) if zero == 0 or (is_whole and (abs(zero) < 2**32 or zero == 2**63)) else None


def _integer(header: Header, keyword: str) -> int:
    value = card_value(header, keyword)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FitsError(f"damaged: {keyword} is missing or not a whole number")
    return value
