"""An X-ray light curve from a file of any form that is read here, with all that is told of it.

Which reader a file is for is decided here, by its first bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.reading.assembly import assembled
from astro_assets.xray.reading.described_curves import BAND, DESCRIBED, read_described
from astro_assets.xray.reading.fits_curves import DMEXTRACT, OGIP, SRCTOOL, read_fits
from astro_assets.xray.reading.fits_tables import GZIP, rate_table
from astro_assets.xray.reading.swift_curves import SWIFT_JSON, SWIFT_TEXT, read_json, read_text
from astro_assets.xray.reading.told import Told
from astro_assets.xray.refusals import damage_is_refused

#: Forms of files that are read.
FORMS: Final = (SRCTOOL, DMEXTRACT, OGIP, SWIFT_TEXT, SWIFT_JSON, DESCRIBED)


@dataclass(frozen=True, slots=True)
class XrayFile:
    """A light curve with all that its file tells of it.

    Parameters
    ----------
    light_curve
        In seconds since `mjd_reference`. Its rates are in `rate_unit`; where that is a flux they do not
        follow from the counts, if there are any.
    form
        One of `FORMS`.
    hdu
        Number of the table in a FITS file, else None.
    mjd_reference
        MJD at which times are zero, in `time_system`; None where the file does not tell it.
    time_system, time_frame
        TT, TDB, UTC; LOCAL, GEOCENTRIC, SOLARSYSTEM, as the file says.
    telescope, instrument, object_name, ra_deg, dec_deg
        Of the headers.
    rate_unit
        ``ct / s`` or ``erg / (s cm2)``.
    are_bands_told
        Whether the file tells the energy bands; else they are the telescope's by default.
    do_bands_overlap
        Whether a photon may be counted in two bands, as in srctool's total band beside its parts.
    is_net
        Whether the background is subtracted from the rates.
    has_asymmetric_errors
        Whether an error down differs from that up.
    n_repeated
        Bins with the time of an earlier one in the file, left out.
    n_limits
        Bins whose rate was an upper limit; it is NaN.
    is_simulated
        Whether the file says so.
    """

    light_curve: LightCurve
    form: str
    hdu: int | None
    mjd_reference: float | None
    time_system: str | None
    time_frame: str | None
    telescope: str | None
    instrument: str | None
    object_name: str | None
    ra_deg: float | None
    dec_deg: float | None
    rate_unit: str
    are_bands_told: bool
    do_bands_overlap: bool
    is_net: bool
    has_asymmetric_errors: bool
    n_repeated: int
    n_limits: int
    is_simulated: bool


def read_file(path: Path, hdu: str = "", description: Mapping[str, str] | None = None) -> XrayFile:
    """Read an X-ray light curve.

    Parameters
    ----------
    path
        FITS of srctool, dmextract or OGIP's form, plain or in gzip; text or JSON of Swift-XRT; or any
        table of text that is described.
    hdu
        Name or number of the table in a FITS file; by default the first that is a light curve.
    description
        The cells of the file's line in a ``targets.csv``; a text whose line tells a band is read by them.

    Raises
    ------
    XrayRefusedError
        If it holds none that can be used.
    """
    with path.open("rb") as file:
        head = file.read(16)
    with damage_is_refused():
        if head.startswith((b"SIMPLE", GZIP)):
            with rate_table(path, hdu) as table:
                return _read(read_fits(table))
        if description is not None and BAND in description:
            return _read(read_described(path, description))
        return _read(read_json(path) if head.lstrip().startswith(b"{") else read_text(path))


def _read(told: Told) -> XrayFile:
    made = assembled(told.columns, told.bands)
    curve, clock = made.light_curve, told.clock
    bands = curve.bands_kev
    minus, plus = curve.rate_error_minus, curve.rate_error_plus
    return XrayFile(
        curve,
        told.form,
        told.hdu,
        clock.mjd_reference,
        clock.system,
        clock.frame,
        told.telescope,
        told.instrument,
        told.object_name,
        told.ra_deg,
        told.dec_deg,
        told.rate_unit,
        told.bands.are_told,
        any(high > low for (_, high), (low, _) in pairwise(bands)),
        told.is_net,
        bool(np.any(np.abs(minus - plus) > 1e-6 * plus)),
        made.n_repeated,
        made.n_limits,
        told.is_simulated,
    )
