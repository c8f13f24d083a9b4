"""X-ray light curves as telescopes' tools write them, with values that tests choose."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from astro_assets.xray.light_curve import LightCurve

BANDS_KEV = ((0.2, 0.6), (0.6, 2.3), (2.3, 5.0))
#: Two visits in two surveys; the third bin saw nothing.
TIME = np.array([1000.0, 1010.0, 1020.0, 15_400.0, 15.6e6])


def fits_file(
    path: Path,
    columns: Sequence[tuple[str, str, str | None, Any]],
    cards: Mapping[str, Any],
    name: str = "RATE",
) -> Path:
    """Write a table of columns (name, format, unit, values), plain or, by the path's name, in gzip."""
    made = [fits.Column(called, form, unit, array=values) for called, form, unit, values in columns]
    table = fits.BinTableHDU.from_columns(made, name=name)
    ogip = {"HDUCLASS": "OGIP", "HDUCLAS1": "LIGHTCURVE"}
    table.header.update({key: value for key, value in {**ogip, **cards}.items() if value is not None})
    primary = fits.PrimaryHDU()
    fits.HDUList([primary, table]).writeto(path, overwrite=True, output_verify="ignore")
    if path.suffix == ".gz":
        content = path.read_bytes()
        if not content.startswith(b"\x1f\x8b"):
            path.write_bytes(gzip.compress(content))
    return path


def srctool_file(path: Path, *, older: bool = False, **changes: Any) -> Path:
    """Write what eSASS's srctool does, of three bands; of the newer form errors down and up are told."""
    n = TIME.size
    exposure = np.array([0.3, 0.5, 0.0, 0.4, 0.2])[:, np.newaxis] * np.array([1.0, 1.0, 0.6])
    counts = np.array([[1, 5, 0], [2, 9, 1], [0, 0, 0], [0, 4, 0], [1, 2, 0]])
    background = np.full((n, 3), [40, 90, 60]) * (exposure > 0)
    ratio = np.where(exposure[:, 0] > 0, 0.01, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (counts - ratio[:, np.newaxis] * background) / (10.0 * exposure)
        error = np.sqrt(np.maximum(counts, 0.25)) / (10.0 * exposure)
    rate[exposure == 0], error[exposure == 0] = np.nan, np.nan
    errors = [("RATE_ERRM", 0.8 * error), ("RATE_ERRP", 1.5 * error)]
    columns = {
        "TIME": ("D", "s", TIME),
        "TIMEDEL": ("D", "s", np.full(n, 10.0)),
        "COUNTS": ("3J", "count", counts),
        "RATE": ("3E", "ct/s", rate),
        **{name: ("3E", "ct/s", values) for name, values in ([("RATE_ERR", error)] if older else errors)},
        "BACK_COUNTS": ("3E", "count", background),
        "FRACAREA": ("3E", "ratio", exposure),
        "FRACTIME": ("E", "ratio", np.ones(n)),
        "FRACEXP": ("3E", "ratio", exposure),
        "OFFAXIS": ("E", "deg", np.full(n, 0.3)),
        "BACKRATIO": ("D", "ratio", ratio),
    }
    cards = {
        "MISSION": "SRG", "TELESCOP": "eROSITA", "INSTRUME": "MERGED", "OBJECT": "00022", "MJDREF": 51543.875,
        "TIMESYS": "TT", "TIMEUNIT": "s", "TIMEZERO": 0.0, "RA_OBJ": 141.06, "DEC_OBJ": 3.15,
        "HDUCLAS2": "TOTAL", "HDUCLAS3": "COUNT",
    }  # fmt: skip
    for band, (low, high) in enumerate(BANDS_KEV, 1):
        cards |= {f"E_MIN{band}": low, f"E_MAX{band}": high}
    return _changed(path, columns, cards, changes)


def srctool_of(path: Path, curve: LightCurve, **changes: Any) -> Path:
    """Write a light curve in three bands as eSASS's srctool does."""
    exposure = curve.exposure_s
    with np.errstate(divide="ignore", invalid="ignore"):
        net = curve.counts - curve.background_ratio * curve.background_counts
        rate, error = net / exposure, np.sqrt(np.maximum(curve.counts, 0.25)) / exposure
    rate[exposure == 0], error[exposure == 0] = np.nan, np.nan
    return srctool_file(
        path,
        TIME=("D", "s", curve.time_s),
        TIMEDEL=("D", "s", curve.width_s),
        COUNTS=("3J", "count", curve.counts.astype(int)),
        RATE=("3E", "ct/s", rate),
        RATE_ERRM=("3E", "ct/s", error),
        RATE_ERRP=("3E", "ct/s", error),
        BACK_COUNTS=("3E", "count", curve.background_counts),
        FRACAREA=("3E", "ratio", curve.fractional_exposure),
        FRACTIME=("E", "ratio", np.ones(curve.n_bins)),
        FRACEXP=("3E", "ratio", curve.fractional_exposure),
        OFFAXIS=("E", "deg", np.full(curve.n_bins, 0.3)),
        BACKRATIO=("D", "ratio", curve.background_ratio[:, 0]),
        **changes,
    )


def xmm_file(path: Path, **changes: Any) -> Path:
    """Write what SAS's epiclccorr does: net rates of one band; the second bin saw nothing."""
    columns = {
        "TIME": ("D", "s", 1.8e8 + 400.2 * (np.arange(4) + 0.5)),
        "RATE": ("E", "count/s", np.array([0.4, np.nan, 0.5, 0.9])),
        "ERROR": ("E", "count/s", np.array([0.04, np.nan, 0.05, 0.06])),
        "FRACEXP": ("E", "fraction", np.array([0.9, 0.0, 0.95, 0.95])),
    }
    cards = {
        "TELESCOP": "XMM", "INSTRUME": "EPN", "MJDREF": 50814.0, "TIMESYS": "TT", "TIMEUNIT": "s",
        "TIMEREF": "LOCAL", "TIMEDEL": 400.2, "BACKAPP": True, "HDUCLAS2": "TOTAL",
    }  # fmt: skip
    return _changed(path, columns, cards, changes)


def rxte_file(path: Path, **changes: Any) -> Path:
    """Write what FTOOLS' saextrct does: times of the beginnings of bins, their reference in two parts."""
    columns = {
        "TIME": ("D", "s", 8.6e7 + 16.0 * np.arange(5)),
        "RATE": ("E", "count/s", np.array([5.0, 6.0, 4.0, 5.5, 30.0])),
        "ERROR": ("E", "count/s", np.full(5, 0.7)),
        "FRACEXP": ("E", None, np.ones(5)),
        "BARYTIME": ("D", "s", 8.6e7 + 16.0 * np.arange(5) - 140.0),
    }
    cards = {
        "TELESCOP": "XTE", "INSTRUME": "PCA", "OBJECT": "SS_CYGNI", "MJDREFI": 49353,
        "MJDREFF": 6.96574074e-4, "TIMEZERI": 0, "TIMEZERF": 0.0, "TIMESYS": "TT", "TIMEUNIT": "s",
        "TIMEREF": "LOCAL", "TIMEPIXR": 0.0, "TIMEDEL": 16.0, "HDUCLAS2": "NET", "HDUCLAS3": "RATE",
        "RA": 325.67, "DEC": 43.59,
    }  # fmt: skip
    return _changed(path, columns, cards, changes)


def dmextract_file(path: Path, **changes: Any) -> Path:
    """Write what CIAO's dmextract does; the first bin was not exposed."""
    begin = 5.2e8 + 100.0 * np.arange(4)
    exposure = np.array([0.0, 98.0, 98.0, 49.0])
    counts, background = np.array([0, 3, 1, 8]), np.array([0, 20, 30, 10])
    with np.errstate(divide="ignore", invalid="ignore"):
        net = np.where(exposure > 0, (counts - background * 13.0 / 650.0) / exposure, 0.0)
        error = np.sqrt(counts) / exposure
    columns = {
        "TIME_BIN": ("J", "channel", np.arange(1, 5)),
        "TIME_MIN": ("D", "s", begin),
        "TIME": ("D", "s", begin + 50.0),
        "TIME_MAX": ("D", "s", begin + 100.0),
        "COUNTS": ("J", "count", counts),
        "AREA": ("D", "pixel**2", np.full(4, 13.0)),
        "EXPOSURE": ("D", "s", exposure),
        "COUNT_RATE": ("D", "count/s", np.zeros(4)),
        "COUNT_RATE_ERR": ("D", "count/s", np.zeros(4)),
        "BG_COUNTS": ("D", "count", background),
        "BG_AREA": ("D", "pixel**2", np.full(4, 650.0)),
        "BG_EXPOSURE": ("D", "s", exposure),
        "NET_RATE": ("D", "count/s", net),
        "ERR_RATE": ("D", "count/s", error),
    }
    cards = {
        "TELESCOP": "CHANDRA", "INSTRUME": "ACIS", "OBJECT": "CDF-S", "MJDREF": 50814.0, "TIMESYS": "TT",
        "TIMEUNIT": "s", "TIMEPIXR": 0.5, "TIMEDEL": 100.0, "HDUCLAS2": "TOTAL",
    }  # fmt: skip
    return _changed(path, columns, cards, changes, name="LIGHTCURVE")


def _changed(
    path: Path, columns: dict[str, Any], cards: dict[str, Any], changes: dict[str, Any], name: str = "RATE"
) -> Path:
    """Write a file with other columns (a triple; None for none) and other cards (None for none)."""
    for key, value in changes.items():
        if isinstance(value, tuple) or (key in columns and value is None):
            columns[key] = value
        else:
            cards[key] = value
    told = [(key, *column) for key, column in columns.items() if column is not None]
    return fits_file(path, told, cards, name)


#: Of a Swift-XRT curve: the names of its columns and two modes with an upper limit behind.
SWIFT_TEXT = """\
# ! Swift/XRT detailed lightcurve of trigger: 30917, name: GW Lib
# ! T0 for this burst is Swift MET=198171032.2006 s, = 2007 Apr 13 at 15:30:30.313 UT
# ! Data covers 0.3-10 keV
#READ TERR 1 2
#READ SERR 3
#!Time T_+ve T_-ve Rate Ratepos Rateneg BGrate BGerr FracExp
#! WT data
24208.0 100.0 -300.0 5.0 0.06 -0.08 1.4e-01 5.8e-03 0.06
#NO NO NO NO NO NO
#! PC data
614131.0 50.0 -50.0 0.25 0.03 -0.02 8.0e-04 1.0e-04 0.98 ::ObsID=00030917005
30390.0 10.0 -10.0 3.4 0.12 -0.12 2.0e-03 1.0e-04 0.5
900000.0 50.0 -50.0 0.01 0.0 0.0 8.0e-04 1.0e-04 1.0
"""


def swift_json(path: Path, **changes: Any) -> Path:
    """Write what Swift-XRT's tools for Python give: an object of columns, each an object by row.

    The background of the first bin is 29 counts in an aperture 0.75309 times smaller than the source's.
    """
    rows = {
        "Time": [1988.694, 2500.0], "TimePos": [231.553, 100.0], "TimeNeg": [-221.071, -100.0],
        "Rate": [0.03704582, 0.05], "RatePos": [0.01571515, 0.02], "RateNeg": [-0.0140779, -0.01],
        "FracExp": [0.993375, 0.5], "BGrate": [0.0485727, 0.0], "BGerr": [0.009019724, 0.0],
        "CorrFact": [1.098729, 1.0], "CtsInSrc": [37.0, 5.0], "BGInSrc": [21.839506, 0.0],
        "Exposure": [449.625118, 100.0], "Sigma": [3.0, 3.0], "SNR": [2.6, 2.6],
    }  # fmt: skip
    told = {
        name: {str(row): value for row, value in enumerate(values)}
        for name, values in {**rows, **changes}.items()
    }
    path.write_text(json.dumps(told))
    return path
