"""Files that are not refused and no light curves of stars: images, pixels, alerts, X-ray light curves.

Only what tells them lives here, from their structure; what they show is for other wings to find out.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from astro_assets.observations.fits_cards import flag_card, text_card
from astro_assets.observations.fits_structure import FitsError, Hdu, walk
from astro_assets.observations.xray_files import XRAY_LIGHT_CURVE, holds_xray_rates

#: What ``product`` says of such a file, with its meaning.
PASSED_ON: Final = {
    "image": "FITS whose first data are an image, plain, in gzip or compressed in tiles.",
    "target_pixels": "FITS with a table of small images over time.",
    "alerts": "Packets of alerts: Avro of a survey, or Parquet of a broker.",
    XRAY_LIGHT_CURVE: "X-ray rates over time: FITS, plain or in gzip, or Swift-XRT's text or JSON.",
}
GZIP: Final = b"\x1f\x8b"
#: Of an image in gzip, unpacked: ten thousand by ten thousand pixels of 4 bytes, and a mask.
MOST_UNPACKED_BYTES: Final = 1024**3
_PIECE: Final = 1024**2


def packed_structure(path: Path) -> tuple[Hdu, ...]:
    """Read every header of a FITS file of images or X-ray rates in gzip; nothing is kept of the data.

    Raises
    ------
    RefusalError
        If it holds neither, is cut off, damaged, or larger than what is unpacked.
    """
    hdus = _unpacked(path)
    if product_of(hdus) is None:
        raise FitsError("compressed by gzip, and no image or X-ray rates; unpack it first", "compressed")
    return hdus


def _unpacked(path: Path) -> tuple[Hdu, ...]:
    try:
        with gzip.open(path) as stream:
            if stream.read(9) != b"SIMPLE  =":
                raise FitsError("not FITS: gzip-compressed; unpack it first", "compressed")
            size = 9
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > MOST_UNPACKED_BYTES:
                    raise FitsError(f"unpacked it has more than {MOST_UNPACKED_BYTES} bytes", "too_large")
            stream.seek(0)
            return tuple(walk(stream, size))
    except EOFError as error:
        raise FitsError("truncated: the gzip stream has no end", "truncated") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FitsError(f"damaged gzip: {error}") from error


def product_of(hdus: Sequence[Hdu]) -> str | None:
    """Return a key of `PASSED_ON` for what another wing reads; None for what may be a light curve."""
    first = next((hdu for hdu in hdus if hdu.size), None)
    if first is None:
        return None
    kind = "IMAGE" if first is hdus[0] else text_card(first.header, "XTENSION").upper()
    if kind == "IMAGE" or flag_card(first.header, "ZIMAGE"):
        return "image" if _n_axes(first) > 1 else None
    if kind == "BINTABLE" and _holds_images(first):
        return "target_pixels"
    return XRAY_LIGHT_CURVE if holds_xray_rates(hdus) else None


def holds_an_image(hdus: Sequence[Hdu]) -> bool:
    """Whether an image lies behind other data, in a file that is no light curve."""
    return any(
        hdu.size and text_card(hdu.header, "XTENSION").upper() == "IMAGE" and _n_axes(hdu) > 1 for hdu in hdus
    )


def _n_axes(hdu: Hdu) -> int:
    text = text_card(hdu.header, "ZNAXIS") or text_card(hdu.header, "NAXIS")
    return int(text) if text.isdigit() else 0


def _holds_images(hdu: Hdu) -> bool:
    """Whether the table's column FLUX holds an image a row."""
    text = text_card(hdu.header, "TFIELDS")
    for number in range(1, min(int(text) if text.isdigit() else 0, 999) + 1):
        if text_card(hdu.header, f"TTYPE{number}").upper() == "FLUX":
            return text_card(hdu.header, f"TDIM{number}").count(",") == 1
    return False
