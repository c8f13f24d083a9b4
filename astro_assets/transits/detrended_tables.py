"""The table of detrended light curves: what is searched of a target's files, and its nights from frames.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from astro_assets.images.photometry_tables import PHOTOMETRIC_LIGHT_CURVES
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import SELECTED_FILES, searched
from astro_assets.transits.detrend import DetrendedCurve, DetrendingSettings, detrend_stars
from astro_assets.transits.nights import Night, joined_nights
from astro_assets.transits.noise import cdpp_ppm
from astro_assets.transits.schemas import DETRENDED_LIGHT_CURVE_SCHEMA
from astro_assets.transits.stitching import Segment

__all__ = [
    "DETRENDED_LIGHT_CURVES",
    "GROUND",
    "SEARCHED",
    "SEARCHED_COLUMNS",
    "DetrendedLightCurvesConfig",
    "compute_detrended_light_curves",
    "segment_of",
]

_PPM: Final = 1e6
#: A trend is so smooth that so many of its samples, or a few more, tell how it is distributed.
_TREND_SAMPLES: Final = 1000
#: Stands for the segment of a table that names none.
_NO_NUMBER: Final = -1
#: What ``mission`` says of photometry from frames.
GROUND: Final = "ground"


class DetrendedLightCurvesConfig(DetrendingSettings, Config):
    """Settings of ``transits/detrended_light_curves``."""


def compute_detrended_light_curves(
    keys: Sequence[str], parents: Sequence[Parents], config: DetrendedLightCurvesConfig
) -> list[list[dict[str, Any]]]:
    """Stitch and detrend the light curves that are searched as ``keys``: for each one row."""
    files = [of_star["selected_files"] for of_star in parents]
    nights = [of_star.get("photometric_light_curves", ()) for of_star in parents]
    of_files = iter(detrend_stars([[segment_of(row) for row in rows] for rows in files if rows], config))
    curves = [
        next(of_files) if rows else joined_nights([_night(row) for row in of_nights])
        for rows, of_nights in zip(files, nights, strict=True)
    ]
    return [
        [_detrended_row(key, rows or of_nights, curve)]
        for key, rows, of_nights, curve in zip(keys, files, nights, curves, strict=True)
    ]


def _detrended_row(key: str, rows: Sequence[Row], detrended: DetrendedCurve) -> dict[str, Any]:
    time, flux = detrended.time, detrended.flux
    cadence_days = detrended.cadence_s / 86400
    trend = np.sort(detrended.trend[:: max(1, time.size // _TREND_SAMPLES)])
    noise = cdpp_ppm(time, flux, cadence_days, 1.0, 2.0, 6.0)
    low, high = trend[[trend.size * 5 // 100, trend.size * 95 // 100]]
    return {
        "search_id": key,
        "target_id": str(rows[0]["target_id"]),
        "mission": str(rows[0].get("mission", GROUND)),
        "segments": list(detrended.segments),
        "n_segments": len(detrended.segments),
        "n_points": int(time.size),
        "n_clipped": detrended.n_clipped,
        "n_edge": detrended.n_edge,
        "baseline_days": float(time[-1] - time[0]),
        "cadence_s": detrended.cadence_s,
        "scatter_ppm": _PPM * detrended.scatter,
        "cdpp_1h_ppm": noise[0],
        "cdpp_2h_ppm": noise[1],
        "cdpp_6h_ppm": noise[2],
        "variability_ppm": _PPM * float(high - low) / 2,
        "light_curve": {
            "time": time,
            "flux": flux.astype(np.float32),
            "flux_err": detrended.flux_err.astype(np.float32),
            "trend": detrended.trend.astype(np.float32),
            "segment": detrended.segment,
        },
    }


def segment_of(row: Row) -> Segment:
    """Return a light curve that is searched, without samples that are no numbers."""
    arrays: Mapping[str, np.ndarray[Any, Any]] = row["light_curve"]
    good = np.isfinite(arrays["time"]) & np.isfinite(arrays["flux"])
    some = slice(None) if good.all() else good
    time, flux, flux_err = (arrays[name][some].astype(np.float64) for name in ("time", "flux", "flux_err"))
    number = _NO_NUMBER if row["segment"] is None else int(row["segment"])
    return Segment(number, float(row["cadence_s"]), time, flux, flux_err)


def _night(row: Row) -> Night:
    arrays = row["light_curve"]
    time, flux, flux_err, trend = (
        arrays[name].astype(np.float64) for name in ("time", "flux", "flux_err", "trend")
    )
    return Night(time, flux, flux_err, trend, float(row["cadence_s"]))


#: Columns of the light curves of a target.
SEARCHED_COLUMNS: Final = (
    "search_id",
    "status",
    "target_id",
    "mission",
    "segment_kind",
    "segment",
    "cadence_s",
    "light_curve",
)
#: What is searched of the files.
SEARCHED: Final = Parent(SELECTED_FILES, columns=SEARCHED_COLUMNS)

#: One stitched curve a target, with stellar and instrumental variability removed; conflicting files of a
#: target have each their own, and so have its nights of photometry from frames.
DETRENDED_LIGHT_CURVES: Final = Table(
    name="transits/detrended_light_curves",
    schema=DETRENDED_LIGHT_CURVE_SCHEMA,
    compute=compute_detrended_light_curves,
    parents=(
        SEARCHED,
        Parent(
            PHOTOMETRIC_LIGHT_CURVES,
            columns=("search_id", "target_id", "cadence_s", "light_curve"),
            on="search_id",
            drives=True,
        ),
    ),
    config=DetrendedLightCurvesConfig(),
    key="search_id",
    choose=searched,
    libraries=("numpy", "numba"),
    is_batched=True,
)
