"""Whether a FITS file's bytes are those its CHECKSUM and DATASUM cards were made for.

Only sums live here; the structure that says where they begin and end is in `fits_structure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from astro_assets.observations.fits_cards import text_card
from astro_assets.observations.fits_structure import BLOCK, FitsError, Hdu

_ALL_ONES: Final = 0xFFFFFFFF


def check_sums(path: Path, hdus: Sequence[Hdu]) -> None:
    """Check the sums that HDUs with data carry (FITS standard 4.0, section 4.4.2.7 and appendix J).

    The 32-bit ones' complement sum of an HDU with a CHECKSUM is -0, that of its data is its DATASUM. Sums of
    an HDU without data are passed over: eleanor copies the header of a cutout with them into the primary HDU
    of its files, and programs that add a card to a primary header leave the old sum there.

    Raises
    ------
    FitsError
        If the bytes of an HDU are not those its sums were made for, or too many to be summed.
    """
    begin = 0
    with path.open("rb") as file:
        for number, hdu in enumerate(hdus):
            if hdu.size > hdu.most_bytes:
                raise FitsError(
                    f"HDU {number} has {hdu.size} bytes; at most {hdu.most_bytes} are read", "too_large"
                )
            if hdu.size and not _are_right(file, begin, hdu):
                raise FitsError(
                    f"checksum mismatch: HDU {number} is not as it was written", "checksum_mismatch"
                )
            begin = hdu.end


def _are_right(file: BinaryIO, begin: int, hdu: Hdu) -> bool:
    has_sum = text_card(hdu.header, "CHECKSUM").strip("0") != ""  # blank or zero: not computed
    data_sum = text_card(hdu.header, "DATASUM")
    if not has_sum and not data_sum.isdecimal():
        return True
    of_data = _sum(file, hdu.offset, hdu.end)
    if data_sum.isdecimal() and (of_data - int(data_sum)) % _ALL_ONES:
        return False
    return not has_sum or (_sum(file, begin, hdu.offset) + of_data) % _ALL_ONES == 0


def _sum(file: BinaryIO, begin: int, end: int) -> int:
    """Return the sum of some bytes up to multiples of 2^32 - 1, which a ones' complement sum leaves out.

    What is missing after the end of the file counts as the zeros that should pad it.
    """
    file.seek(begin)
    total = 0
    while begin < end:
        content = file.read(min(end - begin, 256 * BLOCK))
        if not content:
            break
        begin += len(content)
        total += int(np.frombuffer(content + bytes(-len(content) % 4), dtype=">u4").sum(dtype=np.uint64))
    return total
