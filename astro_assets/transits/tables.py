"""The transit wing's tables: what each reads, with which settings, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from astro_assets.catalogs.tables import KNOWN_SIGNALS
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import searched
from astro_assets.transits.detrended_tables import (
    DETRENDED_LIGHT_CURVES,
    GROUND,
    SEARCHED,
    SEARCHED_COLUMNS,
    DetrendedLightCurvesConfig,
    compute_detrended_light_curves,
    segment_of,
)
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.labels import CANDIDATE_COLUMNS, SIGNAL_COLUMNS, LabelSettings, labelled
from astro_assets.transits.schemas import (
    FOLDED_VIEW_SCHEMA,
    LABELLED_CANDIDATE_SCHEMA,
    TRANSIT_CANDIDATE_SCHEMA,
    VARIABILITY_SCHEMA,
)
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.rows import candidate_row
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.variability import VariabilitySettings, variability_row

__all__ = [
    "DETRENDED_LIGHT_CURVES",
    "FOLDED_VIEWS",
    "GROUND",
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


class TransitCandidatesConfig(SearchSettings, Config):
    """Settings of ``transits/transit_candidates``."""


class VariabilityConfig(VariabilitySettings, Config):
    """Settings of ``transits/variability``."""


class FoldedViewsConfig(FoldSettings, Config):
    """Settings of ``transits/folded_views``."""


class LabelledCandidatesConfig(LabelSettings, Config):
    """Settings of ``transits/labelled_candidates``."""


def compute_variability(key: str, parents: Parents, config: VariabilityConfig) -> list[dict[str, Any]]:
    """Measure how the target of the light curves searched as ``key`` varies: one row."""
    rows = parents["selected_files"]
    names = {"search_id": key, "target_id": str(rows[0]["target_id"])}
    return [names | variability_row([segment_of(row) for row in rows], config)]


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


def _curve(row: Row) -> Curve:
    arrays = row["light_curve"]
    time, flux, flux_err = (arrays[name].astype(np.float64) for name in ("time", "flux", "flux_err"))
    return Curve(time, flux, flux_err, float(row["cadence_s"]) / 86400)


#: The strongest period of each target, before anything is removed.
VARIABILITY: Final = Table(
    name="transits/variability",
    schema=VARIABILITY_SCHEMA,
    compute=compute_variability,
    parents=(SEARCHED,),
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
