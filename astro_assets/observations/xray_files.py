"""Files of X-ray light curves, which the X-ray wing reads: what tells them from those of stars' brightness.

Only their structure is looked at here, within bounds; what their columns hold is the other wing's to read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from astro_assets.observations.fits_cards import text_card
from astro_assets.observations.fits_columns import column_names
from astro_assets.observations.fits_structure import Hdu
from astro_assets.observations.refusals import RefusalError

#: What ``product`` says of them.
XRAY_LIGHT_CURVE: Final = "xray_light_curve"
#: Columns of which a table of X-ray rates has one beside TIME, and those of optical light curves.
_RATES: Final = frozenset({"RATE", "COUNTS", "COUNT_RATE", "NET_RATE"})
_OPTICAL: Final = frozenset(
    {"CADENCENO", "SAP_FLUX", "PDCSAP_FLUX", "FLUX", "RAW_FLUX", "CORR_FLUX", "APTFLUX"}
)
_OPTICAL_TELESCOPES: Final = frozenset({"TESS", "KEPLER"})
#: Beginnings of INSTRUME of telescopes of visible light and ultraviolet beside those of X-rays, on XMM, Swift
#: and AstroSat: their tools write rates in the same form.
_OPTICAL_INSTRUMENTS: Final = ("OM", "UVOT", "UVIT")
#: Names of columns that only Swift-XRT's tools use, for how far a bin reaches behind and before its time.
_OF_SWIFT: Final = {b"t_+ve", b"t_-ve"}
#: The cell of a targets.csv by which a table of text is said to be an X-ray light curve.
_BAND: Final = "band_kev"
_SWIFT_JSON: Final = re.compile(rb'\s*\{\s*"Time"\s*:\s*\{')
#: Lines of a text among which the names of its columns stand.
_MOST_LINES: Final = 200


def holds_xray_rates(hdus: Sequence[Hdu]) -> bool:
    """Tell whether a table of a FITS file is an X-ray light curve (OGIP/93-003).

    It is where its header calls it a light curve in OGIP's words, or it is named RATE; where it has times or
    their beginning, and counts or rates; and has nothing that a survey of stars' brightness has, nor is of an
    instrument of visible light.
    """
    return any(_is_of_rates(hdu, hdus[0]) for hdu in hdus[1:])


def _is_of_rates(hdu: Hdu, primary: Hdu) -> bool:
    called = text_card(hdu.header, "HDUCLAS1").upper() == "LIGHTCURVE" or hdu.name == "RATE"
    telescopes = {text_card(one.header, "TELESCOP").upper() for one in (hdu, primary)}
    if not called or not telescopes.isdisjoint(_OPTICAL_TELESCOPES):
        return False
    if any(
        text_card(one.header, "INSTRUME").upper().startswith(_OPTICAL_INSTRUMENTS) for one in (hdu, primary)
    ):
        return False
    try:
        names = set(column_names(hdu))
    except RefusalError:  # no table, or one that describes its columns wrongly
        return False
    has_times = "TIME" in names or "TSTART" in hdu.header or "TSTARTI" in hdu.header
    return has_times and not names.isdisjoint(_RATES) and names.isdisjoint(_OPTICAL)


def is_xray_text(head: bytes, description: Mapping[str, str] | None) -> bool:
    """Tell whether a file is text or JSON of Swift-XRT's tools, or a text that is said to be of X-rays.

    Parameters
    ----------
    head
        Its first bytes.
    description
        The cells of its line in a ``targets.csv``: with a band it is of X-rays, with a mission a table of
        that.
    """
    if head.startswith((b"SIMPLE", b"PAR1")) or not head:
        return False
    if description is not None and _BAND in description:
        return True
    if description is not None and "mission" in description:
        return False
    if _SWIFT_JSON.match(head):
        return True
    lines = head.split(b"\n", _MOST_LINES)[:_MOST_LINES]
    return any(set(line.lower().lstrip(b" \t#!").split()) >= _OF_SWIFT for line in lines)
