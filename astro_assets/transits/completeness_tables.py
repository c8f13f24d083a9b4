"""The tables that say how much the search finds: which targets are asked for, and the map of each.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from pydantic import Field

from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.observations.tables import SELECTED_FILES
from astro_assets.transits.completeness import completeness_cells, is_recovered
from astro_assets.transits.completeness_schemas import COMPLETENESS_MAP_SCHEMA, COMPLETENESS_TARGET_SCHEMA
from astro_assets.transits.injected_curves import Injection, first_time, searched_copies, with_epoch
from astro_assets.transits.injection import InjectionSettings, Star, draw_planets
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    SEARCHED_COLUMNS,
    TRANSIT_CANDIDATES,
    DetrendedLightCurvesConfig,
    TransitCandidatesConfig,
)

__all__ = ["COMPLETENESS_MAP", "COMPLETENESS_TARGETS", "TABLES"]


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
    planets = draw_planets(key, asked["n_injected"], first_time(rows), config)
    durations = [planet.duration_days(star) for planet in planets]
    injections = [Injection(key, rows, planet, star) for planet in planets]
    searched = [
        (curve["baseline_days"], [with_epoch(row) for row in candidates])
        for curve, candidates in searched_copies(injections, config.detrending, config.search)
    ]
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
