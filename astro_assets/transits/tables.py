"""The transit wing's tables: what each reads, with which settings, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import LIGHT_CURVES, one_cadence_per_segment
from astro_assets.transits.detrend import DetrendingSettings, Segment, detrend
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.noise import cdpp_ppm, point_scatter
from astro_assets.transits.schemas import (
    DETRENDED_LIGHT_CURVE_SCHEMA,
    FOLDED_VIEW_SCHEMA,
    TRANSIT_CANDIDATE_SCHEMA,
)
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.peaks import highest_of_groups
from astro_assets.transits.search.settings import DETECTION_THRESHOLD, SearchSettings
from astro_assets.transits.search.signals import Signal, find_signals

__all__ = ["DETECTION_THRESHOLD", "DETRENDED_LIGHT_CURVES", "FOLDED_VIEWS", "TABLES", "TRANSIT_CANDIDATES"]

#: Points of a stored periodogram.
_PERIODOGRAM_POINTS: Final = 2000
_PPM: Final = 1e6


class DetrendedLightCurvesConfig(DetrendingSettings, Config):
    """Settings of ``transits/detrended_light_curves``."""


class TransitCandidatesConfig(SearchSettings, Config):
    """Settings of ``transits/transit_candidates``."""


class FoldedViewsConfig(FoldSettings, Config):
    """Settings of ``transits/folded_views``."""


def compute_detrended_light_curve(
    key: str, parents: Parents, config: DetrendedLightCurvesConfig
) -> list[dict[str, Any]]:
    """Stitch and detrend the light curves of the target ``key``: one row."""
    rows = parents["light_curves"]
    segments = [_segment(row) for row in rows]
    detrended = detrend(segments, config)
    time, flux = detrended.time, detrended.flux
    cadence_days = detrended.cadence_s / 86400
    low, high = np.percentile(detrended.trend, [5, 95])
    return [
        {
            "target_id": key,
            "mission": str(rows[0]["mission"]),
            "segments": list(detrended.segments),
            "n_segments": len(detrended.segments),
            "n_points": int(time.size),
            "n_clipped": detrended.n_clipped,
            "n_edge": detrended.n_edge,
            "baseline_days": float(time[-1] - time[0]),
            "cadence_s": detrended.cadence_s,
            "scatter_ppm": _PPM * point_scatter(flux),
            "cdpp_1h_ppm": cdpp_ppm(time, flux, cadence_days, 1.0),
            "cdpp_2h_ppm": cdpp_ppm(time, flux, cadence_days, 2.0),
            "cdpp_6h_ppm": cdpp_ppm(time, flux, cadence_days, 6.0),
            "variability_ppm": _PPM * float(high - low) / 2,
            "light_curve": {
                "time": time,
                "flux": flux.astype(np.float32),
                "flux_err": detrended.flux_err.astype(np.float32),
                "trend": detrended.trend.astype(np.float32),
                "segment": detrended.segment,
            },
        }
    ]


def compute_transit_candidates(
    key: str, parents: Parents, config: TransitCandidatesConfig
) -> list[dict[str, Any]]:
    """Search the detrended light curve of the target ``key``: one row a signal."""
    (row,) = parents["detrended_light_curves"]
    curve = _curve(row)
    signals = find_signals(curve, config)
    return [
        _candidate(key, rank, signal, curve.baseline_days, config.detection_threshold)
        for rank, signal in enumerate(signals, start=1)
    ]


def compute_folded_views(key: str, parents: Parents, config: FoldedViewsConfig) -> list[dict[str, Any]]:
    """Fold the light curve of the candidate ``key``: one row."""
    (candidate,) = parents["transit_candidates"]
    (detrended,) = parents["detrended_light_curves"]
    arrays = detrended["light_curve"]
    views = fold_views(
        arrays["time"],
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


def _segment(row: Row) -> Segment:
    arrays: Mapping[str, np.ndarray[Any, Any]] = row["light_curve"]
    good = np.isfinite(arrays["time"]) & np.isfinite(arrays["flux"])
    return Segment(
        int(row["segment"]),
        float(row["cadence_s"]),
        arrays["time"][good].astype(np.float64),
        arrays["flux"][good].astype(np.float64),
        arrays["flux_err"][good].astype(np.float64),
    )


def _curve(row: Row) -> Curve:
    arrays = row["light_curve"]
    return Curve(
        arrays["time"].astype(np.float64),
        arrays["flux"].astype(np.float64),
        arrays["flux_err"].astype(np.float64),
        float(row["cadence_s"]) / 86400,
    )


def _candidate(
    target_id: str, rank: int, signal: Signal, baseline_days: float, threshold: float
) -> dict[str, Any]:
    """Row of one signal, in the units that people read."""
    found = signal.statistics
    transit = signal.transit
    periods, power = highest_of_groups(signal.periods, signal.power, _PERIODOGRAM_POINTS)
    return {
        "candidate_id": f"{target_id}.{rank:02d}",
        "target_id": target_id,
        "rank": rank,
        "period_days": signal.box.period,
        "period_uncertainty_days": transit.period_err,
        "epoch_btjd": signal.box.epoch,
        "epoch_uncertainty_days": signal.epoch_err,
        "duration_hours": 24 * transit.duration,
        "ingress_fraction": transit.ingress / transit.duration,
        "depth_ppm": _PPM * transit.depth,
        "snr": found.snr,
        "snr_without_strongest": found.snr_without_strongest,
        "snr_beyond_sinusoid": found.snr_beyond_sinusoid,
        "brightening_snr": found.brightening_snr,
        "sde": signal.sde,
        "detection_statistic": signal.detection_statistic,
        "is_above_threshold": signal.detection_statistic >= threshold,
        "n_transits": found.n_transits,
        "n_points_in_transit": found.n_points,
        "depth_odd_ppm": _PPM * found.depth_odd,
        "depth_odd_err_ppm": _PPM * found.depth_odd_err,
        "depth_even_ppm": _PPM * found.depth_even,
        "depth_even_err_ppm": _PPM * found.depth_even_err,
        "odd_even_sigma": found.odd_even_sigma,
        "secondary_depth_ppm": _PPM * found.secondary_depth,
        "secondary_phase": found.secondary_phase,
        "secondary_snr": found.secondary_snr,
        "harmonic_of": f"{target_id}.{signal.harmonic[0] + 1:02d}" if signal.harmonic else None,
        "harmonic_ratio": str(signal.harmonic[1]) if signal.harmonic else None,
        "baseline_days": baseline_days,
        "periodogram": {"period_days": periods.astype(np.float32), "power": power.astype(np.float32)},
    }


#: One stitched curve a target, with stellar and instrumental variability removed.
DETRENDED_LIGHT_CURVES: Final = Table(
    name="transits/detrended_light_curves",
    schema=DETRENDED_LIGHT_CURVE_SCHEMA,
    compute=compute_detrended_light_curve,
    parents=(
        Parent(
            LIGHT_CURVES,
            columns=("target_id", "mission", "segment_kind", "segment", "cadence_s", "light_curve"),
        ),
    ),
    config=DetrendedLightCurvesConfig(),
    choose=one_cadence_per_segment,
    libraries=("numpy", "numba", "wotan"),
)

#: Up to five periodic signals a target, strongest first.
TRANSIT_CANDIDATES: Final = Table(
    name="transits/transit_candidates",
    schema=TRANSIT_CANDIDATE_SCHEMA,
    compute=compute_transit_candidates,
    parents=(Parent(DETRENDED_LIGHT_CURVES, columns=("target_id", "cadence_s", "light_curve")),),
    config=TransitCandidatesConfig(),
    libraries=("astropy", "numpy", "scipy"),
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
                "target_id",
                "period_days",
                "epoch_btjd",
                "duration_hours",
                "secondary_phase",
            ),
        ),
        Parent(DETRENDED_LIGHT_CURVES, columns=("target_id", "light_curve")),
    ),
    config=FoldedViewsConfig(),
    key="candidate_id",
    libraries=("numpy",),
)

TABLES: Final = (DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES, FOLDED_VIEWS)
