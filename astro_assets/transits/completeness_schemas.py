"""Columns of the tables that say how much a search finds."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

_SEARCH: Final = Column("search_id", "string", "What is searched: a target, or one file of a conflict.")
_TARGET: Final = Column("target_id", "string", "Canonical target id.")
_STAR: Final = (
    Column("star_radius_sun", "float64", "Radius of the star that planets are put before.", "solRad"),
    Column("star_mass_sun", "float64", "Mass of that star.", "solMass"),
)
_INJECTED: Final = Column("n_injected", "int32", "Planets put into the light curve, one at a time.")

COMPLETENESS_TARGET_SCHEMA: Final = Schema((_SEARCH, _TARGET, _INJECTED, *_STAR))

COMPLETENESS_MAP_SCHEMA: Final = Schema(
    (
        _SEARCH,
        _TARGET,
        _INJECTED,
        Column("n_recovered", "int32", "Those of them that the search found."),
        *_STAR,
        Column("baseline_days", "float64", "Time from the first to the last sample searched.", "d"),
        Column(
            "cells",
            "arrays",
            "One value a cell of period and radius, radii following each other within a period: "
            "period_days_from, period_days_to (float64, d), radius_earth_from, radius_earth_to (float64, of "
            "the Earth's), n_injected, n_recovered (int32).",
        ),
        Column(
            "injections",
            "arrays",
            "One value a planet, in the order in which they were drawn: cell (int32), period_days (float64), "
            "epoch_btjd (float64), radius_earth (float64), impact (float64, of the star's radius), "
            "duration_hours (float64), is_recovered (bool).",
        ),
    )
)
