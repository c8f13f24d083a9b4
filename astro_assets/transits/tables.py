"""The transit wing's tables: what each reads, with which settings, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from astro_assets.catalogs.tables import KNOWN_SIGNALS
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import SELECTED_FILES, searched
from astro_assets.transits.detrend import DetrendedCurve, DetrendingSettings, detrend_stars
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.labels import CANDIDATE_COLUMNS, SIGNAL_COLUMNS, LabelSettings, labelled
from astro_assets.transits.noise import cdpp_ppm
from astro_assets.transits.schemas import (
    DETRENDED_LIGHT_CURVE_SCHEMA,
    FOLDED_VIEW_SCHEMA,
    LABELLED_CANDIDATE_SCHEMA,
    TRANSIT_CANDIDATE_SCHEMA,
    VARIABILITY_SCHEMA,
)
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.rows import candidate_row
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.stitching import Segment
from astro_assets.transits.variability import VariabilitySettings, variability_row

__all__ = [
    "DETRENDED_LIGHT_CURVES",
    "FOLDED_VIEWS",
    "LABELLED_CANDIDATES",
    "SEARCHED_COLUMNS",
    "TABLES",
    "TRANSIT_CANDIDATES",
    "VARIABILITY",
    "DetrendedLightCurvesConfig",
    "TransitCandidatesConfig",
    "compute_detrended_light_curves",
    "compute_transit_candidates",
]

_PPM: Final = 1e6
#: A trend is so smooth that so many of its samples, or a few more, tell how it is distributed.
_TREND_SAMPLES: Final = 1000
#: Stands for the segment of a table that names none.
_NO_NUMBER: Final = -1


class DetrendedLightCurvesConfig(DetrendingSettings, Config):
    """Settings of ``transits/detrended_light_curves``."""


class TransitCandidatesConfig(SearchSettings, Config):
    """Settings of ``transits/transit_candidates``."""


class VariabilityConfig(VariabilitySettings, Config):
    """Settings of ``transits/variability``."""


class FoldedViewsConfig(FoldSettings, Config):
    """Settings of ``transits/folded_views``."""


class LabelledCandidatesConfig(LabelSettings, Config):
    """Settings of ``transits/labelled_candidates``."""


def compute_detrended_light_curves(
    keys: Sequence[str], parents: Sequence[Parents], config: DetrendedLightCurvesConfig
) -> list[list[dict[str, Any]]]:
    """Stitch and detrend the light curves that are searched as ``keys``: for each one row."""
    stars = [of_star["selected_files"] for of_star in parents]
    curves = detrend_stars([[_segment(row) for row in rows] for rows in stars], config)
    return [[_detrended_row(*star)] for star in zip(keys, stars, curves, strict=True)]


def _detrended_row(key: str, rows: Sequence[Row], detrended: DetrendedCurve) -> dict[str, Any]:
    time, flux = detrended.time, detrended.flux
    cadence_days = detrended.cadence_s / 86400
    trend = np.sort(detrended.trend[:: max(1, time.size // _TREND_SAMPLES)])
    noise = cdpp_ppm(time, flux, cadence_days, 1.0, 2.0, 6.0)
    low, high = trend[[trend.size * 5 // 100, trend.size * 95 // 100]]
    return {
        "search_id": key,
        "target_id": str(rows[0]["target_id"]),
        "mission": str(rows[0]["mission"]),
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


def compute_variability(key: str, parents: Parents, config: VariabilityConfig) -> list[dict[str, Any]]:
    """Measure how the target of the light curves searched as ``key`` varies: one row."""
    rows = parents["selected_files"]
    names = {"search_id": key, "target_id": str(rows[0]["target_id"])}
    return [names | variability_row([_segment(row) for row in rows], config)]


def compute_transit_candidates(
    keys: Sequence[str], parents: Sequence[Parents], config: TransitCandidatesConfig
) -> list[list[dict[str, Any]]]:
    """Search the detrended light curves ``keys``: for each one row a signal."""
    stars = [of_star["detrended_light_curves"][0] for of_star in parents]
    curves = [_curve(row) for row in stars]
    found = find_signals(curves, config)
    return [
        [
            {
                "candidate_id": f"{key}.{rank:02d}",
                "search_id": key,
                "target_id": row["target_id"],
                **candidate_row(key, rank, signal, curve.baseline_days, config),
            }
            for rank, signal in enumerate(signals, start=1)
        ]
        for key, row, curve, signals in zip(keys, stars, curves, found, strict=True)
    ]


def compute_folded_views(key: str, parents: Parents, config: FoldedViewsConfig) -> list[dict[str, Any]]:
    """Fold the light curve of the candidate ``key``: one row."""
    (candidate,) = parents["transit_candidates"]
    (detrended,) = parents["detrended_light_curves"]
    arrays = detrended["light_curve"]
    views = fold_views(
        arrays["time"].astype(np.float64),
        arrays["flux"].astype(np.float64),
        candidate["period_days"],
        candidate["epoch_btjd"],
        candidate["duration_hours"] / 24,
        candidate["secondary_phase"],
        config,
    )
    empty = views["count"] == 0
    secondary_phase = candidate["secondary_phase"]
    return [
        {
            "candidate_id": key,
            "search_id": candidate["search_id"],
            "target_id": candidate["target_id"],
            "period_days": candidate["period_days"],
            "epoch_btjd": candidate["epoch_btjd"],
            "duration_hours": candidate["duration_hours"],
            "secondary_phase": secondary_phase if np.isfinite(secondary_phase) else 0.5,
            "n_points": int(views["count"][views["view"] == 0].sum()),
            "n_empty_global": int(np.count_nonzero(empty & (views["view"] == 0))),
            "n_empty_local": int(np.count_nonzero(empty & (views["view"] == 1))),
            "views": views,
        }
    ]


def compute_labelled_candidates(
    key: str, parents: Parents, config: LabelledCandidatesConfig
) -> list[dict[str, Any]]:
    """Compare the candidate ``key`` with the signals known of its target: one row."""
    (candidate,) = parents["transit_candidates"]
    label = labelled(candidate, parents["known_signals"], config)
    return [{"candidate_id": key, "target_id": candidate["target_id"], **label}]


def _segment(row: Row) -> Segment:
    arrays: Mapping[str, np.ndarray[Any, Any]] = row["light_curve"]
    good = np.isfinite(arrays["time"]) & np.isfinite(arrays["flux"])
    some = slice(None) if good.all() else good
    time, flux, flux_err = (arrays[name][some].astype(np.float64) for name in ("time", "flux", "flux_err"))
    number = _NO_NUMBER if row["segment"] is None else int(row["segment"])
    return Segment(number, float(row["cadence_s"]), time, flux, flux_err)


def _curve(row: Row) -> Curve:
    arrays = row["light_curve"]
    time, flux, flux_err = (arrays[name].astype(np.float64) for name in ("time", "flux", "flux_err"))
    return Curve(time, flux, flux_err, float(row["cadence_s"]) / 86400)


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
_SEARCHED: Final = Parent(SELECTED_FILES, columns=SEARCHED_COLUMNS)

#: One stitched curve a target, with stellar and instrumental variability removed; conflicting files of a
#: target have each their own.
DETRENDED_LIGHT_CURVES: Final = Table(
    name="transits/detrended_light_curves",
    schema=DETRENDED_LIGHT_CURVE_SCHEMA,
    compute=compute_detrended_light_curves,
    parents=(_SEARCHED,),
    config=DetrendedLightCurvesConfig(),
    key="search_id",
    choose=searched,
    libraries=("numpy", "numba"),
    is_batched=True,
)

#: The strongest period of each target, before anything is removed.
VARIABILITY: Final = Table(
    name="transits/variability",
    schema=VARIABILITY_SCHEMA,
    compute=compute_variability,
    parents=(_SEARCHED,),
    config=VariabilityConfig(),
    key="search_id",
    choose=searched,
    libraries=("numba", "numpy", "scipy"),
)

#: Up to five periodic signals a target: those beyond doubt by strength, then the most likely.
TRANSIT_CANDIDATES: Final = Table(
    name="transits/transit_candidates",
    schema=TRANSIT_CANDIDATE_SCHEMA,
    compute=compute_transit_candidates,
    parents=(Parent(DETRENDED_LIGHT_CURVES, columns=("search_id", "target_id", "cadence_s", "light_curve")),),
    config=TransitCandidatesConfig(),
    key="search_id",
    libraries=("numba", "numpy", "scipy"),
    is_batched=True,
)

#: The light curve of each candidate folded into five views of fixed size.
FOLDED_VIEWS: Final = Table(
    name="transits/folded_views",
    schema=FOLDED_VIEW_SCHEMA,
    compute=compute_folded_views,
    parents=(
        Parent(
            TRANSIT_CANDIDATES,
            columns=(
                "candidate_id",
                "search_id",
                "target_id",
                "period_days",
                "epoch_btjd",
                "duration_hours",
                "secondary_phase",
            ),
        ),
        Parent(DETRENDED_LIGHT_CURVES, columns=("search_id", "light_curve"), on="search_id"),
    ),
    config=FoldedViewsConfig(),
    key="candidate_id",
    libraries=("numba", "numpy"),
)

#: Each candidate beside the signal that a catalogue lists for its target, if it is one.
LABELLED_CANDIDATES: Final = Table(
    name="transits/labelled_candidates",
    schema=LABELLED_CANDIDATE_SCHEMA,
    compute=compute_labelled_candidates,
    parents=(
        Parent(TRANSIT_CANDIDATES, columns=CANDIDATE_COLUMNS),
        Parent(KNOWN_SIGNALS, columns=SIGNAL_COLUMNS),
    ),
    config=LabelledCandidatesConfig(),
    key="candidate_id",
)

TABLES: Final = (DETRENDED_LIGHT_CURVES, VARIABILITY, TRANSIT_CANDIDATES, FOLDED_VIEWS, LABELLED_CANDIDATES)
