"""The tables that say how much the search finds: which targets are asked for, and the map of each.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import SELECTED_FILES
from astro_assets.transits.completeness import completeness_cells, is_recovered
from astro_assets.transits.completeness_schemas import COMPLETENESS_MAP_SCHEMA, COMPLETENESS_TARGET_SCHEMA
from astro_assets.transits.injection import InjectionSettings, Planet, Star, draw_planets, transit_light
from astro_assets.transits.recovery import Found
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    SEARCHED_COLUMNS,
    TRANSIT_CANDIDATES,
    DetrendedLightCurvesConfig,
    TransitCandidatesConfig,
    compute_detrended_light_curves,
    compute_transit_candidates,
)

__all__ = ["COMPLETENESS_MAP", "COMPLETENESS_TARGETS", "TABLES"]

#: Copies of a curve that are searched together: two vectors of them.
_AT_ONCE: Final = 32


class CompletenessMapConfig(InjectionSettings, Config):
    """Settings of ``transits/completeness_map``."""

    detrending: DetrendedLightCurvesConfig = Field(
        DetrendedLightCurvesConfig(), description="Settings of transits/detrended_light_curves."
    )
    search: TransitCandidatesConfig = Field(
        TransitCandidatesConfig(), description="Settings of transits/transit_candidates."
    )


def compute_completeness_map(
    key: str, parents: Parents, config: CompletenessMapConfig
) -> list[dict[str, Any]]:
    """Put planets into the light curves searched as ``key`` and search each as any other star: one row."""
    (asked,) = parents["completeness_targets"]
    rows = parents["selected_files"]
    star = Star(asked["star_radius_sun"], asked["star_mass_sun"])
    first_time = min(float(row["light_curve"]["time"][0]) for row in rows)
    planets = draw_planets(key, asked["n_injected"], first_time, config)
    durations = [planet.duration_days(star) for planet in planets]
    searched = list(_searched(key, rows, planets, star, config))
    found = np.array(
        [
            is_recovered(planet, duration, baseline, candidates)
            for planet, duration, (baseline, candidates) in zip(planets, durations, searched, strict=True)
        ],
        dtype=np.bool_,
    )
    return [
        {
            "search_id": key,
            "target_id": asked["target_id"],
            "n_injected": len(planets),
            "n_recovered": int(np.count_nonzero(found)),
            "star_radius_sun": star.radius,
            "star_mass_sun": star.mass,
            "baseline_days": max((baseline for baseline, _ in searched), default=0.0),
            "cells": completeness_cells(planets, found, config),
            "injections": {
                "cell": np.array([planet.cell for planet in planets], dtype=np.int32),
                "period_days": np.array([planet.period for planet in planets], dtype=np.float64),
                "epoch_btjd": np.array([planet.epoch for planet in planets], dtype=np.float64),
                "radius_earth": np.array([planet.radius for planet in planets], dtype=np.float64),
                "impact": np.array([planet.impact for planet in planets], dtype=np.float64),
                "duration_hours": 24 * np.array(durations, dtype=np.float64),
                "is_recovered": found,
            },
            "origin": "injected",
        }
    ]


def _searched(
    key: str, rows: Sequence[Row], planets: Sequence[Planet], star: Star, config: CompletenessMapConfig
) -> Iterator[tuple[float, list[tuple[Found, float]]]]:
    """Yield the baseline and the candidates, with their epochs, of the star with each planet in turn.

    Planets go into the flux as it was observed: what detrending takes of a transit is part of what is lost.
    """
    for first in range(0, len(planets), _AT_ONCE):
        some = planets[first : first + _AT_ONCE]
        keys = [key] * len(some)
        observed = [{"selected_files": [_with(planet, star, row) for row in rows]} for planet in some]
        detrended = compute_detrended_light_curves(keys, observed, config.detrending)
        curves = [{"detrended_light_curves": of_one} for of_one in detrended]
        for curve, found in zip(
            detrended, compute_transit_candidates(keys, curves, config.search), strict=True
        ):
            yield curve[0]["baseline_days"], [(_found(row), row["epoch_btjd"]) for row in found]


def _with(planet: Planet, star: Star, row: Row) -> Row:
    arrays = row["light_curve"]
    light = transit_light(planet, star, arrays["time"].astype(np.float64), row["cadence_s"] / 86400)
    return {**row, "light_curve": {**arrays, "flux": (arrays["flux"] * light).astype(np.float32)}}


def _found(row: Row) -> Found:
    return Found(row["candidate_id"], row["rank"], row["period_days"], row["is_detected"])


#: The targets whose completeness is asked for, by what is searched of them.
COMPLETENESS_TARGETS: Final = Table(name="transits/completeness_targets", schema=COMPLETENESS_TARGET_SCHEMA)

#: What the search finds of planets that are put into a target's own light curves.
COMPLETENESS_MAP: Final = Table(
    name="transits/completeness_map",
    schema=COMPLETENESS_MAP_SCHEMA,
    compute=compute_completeness_map,
    parents=(
        Parent(COMPLETENESS_TARGETS, columns=COMPLETENESS_TARGET_SCHEMA.names),
        Parent(SELECTED_FILES, columns=SEARCHED_COLUMNS, on="search_id"),
    ),
    config=CompletenessMapConfig(),
    settings_from={"detrending": DETRENDED_LIGHT_CURVES, "search": TRANSIT_CANDIDATES},
    key="search_id",
    libraries=("batman-package", "numba", "numpy", "scipy"),
)

TABLES: Final = (COMPLETENESS_TARGETS, COMPLETENESS_MAP)
