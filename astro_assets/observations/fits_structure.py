"""Opens FITS files that may be damaged or hostile: what a header claims is checked before anything is read.

Only headers and where the data are live here; columns of tables are in `fits_columns`.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, Final

from astro_assets.observations.fits_cards import PRINTABLE, text_card
from astro_assets.observations.fits_header import CARD, Header
from astro_assets.observations.refusals import RefusalError

BLOCK: Final = 2880
_END: Final = re.compile(b"END")
#: All headers of a SPOC file have 20 blocks; 1 MB of cards in the oddest layout takes a third of a second.
_MAX_HEADER_BLOCKS: Final = 360
#: Light-curve files have 3 HDUs, target-pixel files 4 or 5.
_MAX_HDUS: Final = 64
#: The longest real table, a Kepler quarter of short cadence, has 14 MB; a year of 20 s cadence has 160.
MAX_TABLE_BYTES: Final = 256 * 1024**2
#: A mosaic of ten thousand by ten thousand pixels of 4 bytes.
MAX_IMAGE_BYTES: Final = 512 * 1024**2


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
    def most_bytes(self) -> int:
        """How large its data may be to be read."""
        is_table = text_card(self.header, "XTENSION").upper() in ("BINTABLE", "A3DTABLE", "TABLE")
        return MAX_TABLE_BYTES if is_table else MAX_IMAGE_BYTES

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
            return walk(file, status.st_size)
    except OSError as error:
        raise FitsError(f"cannot be read: {error.strerror or error}", "unreadable") from error


def walk(file: BinaryIO | GzipFile, size: int) -> list[Hdu]:
    """Read every header of a FITS stream of so many bytes, as `read_structure` does of a file."""
    start = file.read(10)
    if start.startswith(b"\x1f\x8b"):
        raise FitsError("not FITS: gzip-compressed; unpack it first", "compressed")
    if start[:9] != b"SIMPLE  =":
        raise FitsError("empty file" if size == 0 else "not FITS: does not begin with SIMPLE", "not_fits")
    hdus: list[Hdu] = []
    end, left = 0, _MAX_HEADER_BLOCKS
    while end < size and len(hdus) < _MAX_HDUS:
        file.seek(end)
        if len(hdus) > 1 and _is_padding(file.read(BLOCK)):
            return hdus
        file.seek(end)
        header = _read_header(file, len(hdus), left)
        offset, data_size = file.tell(), _data_size(header)
        left -= (offset - end) // BLOCK
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


def _read_header(file: BinaryIO | GzipFile, number: int, most_blocks: int) -> Header:
    blocks: list[bytes] = []
    while len(blocks) < most_blocks:
        block = file.read(BLOCK)
        if len(block) < BLOCK:
            raise FitsError(f"truncated: the file ends within the header of HDU {number}", "truncated")
        if number and not blocks and not block.startswith(b"XTENSION="):
            raise FitsError(f"damaged: HDU {number} does not begin with XTENSION")
        blocks.append(block.translate(PRINTABLE))
        if any(_is_end(block, match.start()) for match in _END.finditer(block)):
            break
    else:
        raise FitsError(
            f"damaged: the header of HDU {number} has no END within {_MAX_HEADER_BLOCKS * BLOCK} bytes"
        )
    return Header(b"".join(blocks))


def _is_end(block: bytes, place: int) -> bool:
    return place % CARD == 0 and block[place : place + CARD].rstrip() == b"END"


def _data_size(header: Header) -> int:
    """Return the bytes of data a header announces (FITS standard 4.0, equation 2)."""
    bits = whole_number(header, "BITPIX")
    if bits not in (8, 16, 32, 64, -32, -64):
        raise FitsError(f"damaged: BITPIX is {bits}")
    n_axes = whole_number(header, "NAXIS")
    if not 0 <= n_axes <= 9:
        raise FitsError(f"damaged: NAXIS is {n_axes}")
    if n_axes == 0:
        return 0
    elements = 1
    for axis in range(1, n_axes + 1):
        length = whole_number(header, f"NAXIS{axis}")
        if length < 0:
            raise FitsError(f"damaged: NAXIS{axis} is {length}")
        elements *= length
    extra = whole_number(header, "PCOUNT") if "PCOUNT" in header else 0
    groups = whole_number(header, "GCOUNT") if "GCOUNT" in header else 1
    if extra < 0 or groups < 0:
        raise FitsError("damaged: PCOUNT or GCOUNT is negative")
    return abs(bits) // 8 * groups * (extra + elements)


def whole_number(header: Header, keyword: str) -> int:
    """Return the whole number of a card.

    Raises
    ------
    FitsError
        If there is none.
    """
    value = header.get(keyword)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FitsError(f"damaged: {keyword} is missing or not a whole number")
    return value
