"""Whether a FITS file's bytes are those its CHECKSUM cards were made for.

Only sums live here; the structure that says where they begin and end is in `fits_structure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from astro_assets.observations.fits_cards import text_card
from astro_assets.observations.fits_structure import BLOCK, MAX_TABLE_BYTES, FitsError, Hdu

_ALL_ONES: Final = 0xFFFFFFFF


def check_sums(path: Path, hdus: Sequence[Hdu]) -> None:
    """Check every HDU that carries a CHECKSUM: its 32-bit ones' complement sum is then -0.

    The sum is over the bytes as they lie in the file (FITS standard 4.0, appendix J).

    Raises
    ------
    FitsError
        If the bytes of an HDU are not those its CHECKSUM was made for, or too many to be summed.
    """
    begin = 0
    with path.open("rb") as file:
        for number, hdu in enumerate(hdus):
            end = hdu.offset + -(-hdu.size // BLOCK) * BLOCK
            if hdu.size > MAX_TABLE_BYTES:
                raise FitsError(
                    f"HDU {number} has {hdu.size} bytes; at most {MAX_TABLE_BYTES} are read", "too_large"
                )
            if text_card(hdu.header, "CHECKSUM").strip("0"):  # blank or zero: not computed
                file.seek(begin)
                if _ones_complement_sum(file, end - begin) != _ALL_ONES:
                    raise FitsError(
                        f"checksum mismatch: HDU {number} is not as it was written", "checksum_mismatch"
                    )
            begin = end


def _ones_complement_sum(file: BinaryIO, size: int) -> int:
    total = 0
    while size > 0:
        words = np.frombuffer(file.read(min(size, 256 * BLOCK)), dtype=">u4")
        if not words.size:
            return 0  # the file has become shorter
        total += int(words.sum(dtype=np.uint64))
        size -= words.nbytes
    while total > _ALL_ONES:
        total = (total & _ALL_ONES) + (total >> 32)
    return total
