"""The table of candidates' measures: what it reads, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import SELECTED_FILES, STAR_COLUMNS
from astro_assets.transits.feature_schemas import TRANSIT_FEATURE_SCHEMA
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES
from astro_assets.transits.vetting.centroids import Centroids, centroids_of
from astro_assets.transits.vetting.features import Examined, transit_features
from astro_assets.transits.vetting.stellar_density import stellar_density

__all__ = ["TABLES", "TRANSIT_FEATURES"]


class FeatureSettings(BaseModel):
    """Settings of what is measured of candidates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mask_durations: float = Field(
        1.5, ge=1, le=5, description="Width masked around the transits of the star's earlier candidates."
    )


class TransitFeaturesConfig(FeatureSettings, Config):
    """Settings of ``transits/transit_features``."""


def compute_transit_features(
    keys: Sequence[str], parents: Sequence[Parents], config: TransitFeaturesConfig
) -> list[list[dict[str, Any]]]:
    """Measure the candidates of the stars searched as ``keys``: for each one row a candidate."""
    stars = [sorted(of_star["transit_candidates"], key=lambda row: int(row["rank"])) for of_star in parents]
    examined = (
        one
        for candidates, of_star in zip(stars, parents, strict=True)
        for one in _examined(candidates, of_star, config.mask_durations)
    )
    measures = iter(transit_features(examined))
    return [
        [
            {
                "candidate_id": row["candidate_id"],
                "search_id": key,
                "target_id": row["target_id"],
                **next(measures),
            }
            for row in candidates
        ]
        for key, candidates in zip(keys, stars, strict=True)
    ]


def _examined(candidates: Sequence[Row], of_star: Parents, widths: float) -> Iterator[Examined]:
    """Yield each candidate with the star's data, without the transits of the candidates before it."""
    (detrended,) = of_star["detrended_light_curves"]
    arrays = detrended["light_curve"]
    time, flux, error, trend = (
        arrays[name].astype(np.float64) for name in ("time", "flux", "flux_err", "trend")
    )
    cadence = float(detrended["cadence_s"]) / 86400
    star, undetrended = (Curve(time, values, error, cadence) for values in (flux, flux * trend))
    curve, centroids = star, centroids_of_files(of_star["selected_files"])
    density = density_of_star(of_star["selected_files"])
    for row in candidates:
        box = Box(float(row["period_days"]), float(row["epoch_btjd"]), float(row["duration_hours"]) / 24)
        yield Examined(box, star, curve, undetrended, centroids, density)
        curve, undetrended = (_without(one, box, widths) for one in (curve, undetrended))
        centroids = [
            Centroids(_without(one.column, box, widths), _without(one.row, box, widths)) for one in centroids
        ]


def _without(curve: Curve, box: Box, widths: float) -> Curve:
    return curve.where(~box.covers(curve.time, widths))


def density_of_star(rows: Sequence[Row]) -> float:
    """Return the mean density of the star that the headers of its files tell, as `stellar_density` does.

    Frames tell nothing of the star.
    """
    surface_gravity, radius_sun = (rows[0][name] if rows else None for name in STAR_COLUMNS)
    return stellar_density(surface_gravity, radius_sun)


def centroids_of_files(rows: Sequence[Row]) -> list[Centroids]:
    """Make curves of the centroids of each file; tables of other programs may have none."""
    names = ("time", "centroid_column", "centroid_row")
    found = (
        centroids_of(
            float(row["cadence_s"]), *(row["light_curve"][name].astype(np.float64) for name in names)
        )
        for row in rows
        if all(name in row["light_curve"] for name in names)
    )
    return [one for one in found if one is not None]


#: What tells planets from what looks like them, for each candidate.
TRANSIT_FEATURES: Final = Table(
    name="transits/transit_features",
    schema=TRANSIT_FEATURE_SCHEMA,
    compute=compute_transit_features,
    parents=(
        Parent(
            TRANSIT_CANDIDATES,
            columns=(
                "candidate_id", "search_id", "target_id", "rank", "period_days", "epoch_btjd",
                "duration_hours",
            ),
        ),
        Parent(DETRENDED_LIGHT_CURVES, columns=("search_id", "cadence_s", "light_curve"), on="search_id"),
        Parent(
            SELECTED_FILES,
            columns=("search_id", "cadence_s", "light_curve", *STAR_COLUMNS),
            on="search_id",
        ),
    ),
    config=TransitFeaturesConfig(),
    key="search_id",
    libraries=("numba", "numpy", "scipy"),
    is_batched=True,
)  # fmt: skip

TABLES: Final = (TRANSIT_FEATURES,)
