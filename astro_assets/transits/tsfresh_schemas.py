"""Columns of the table of folded views' features, from the settings that make them."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema
from astro_assets.transits.view_features.settings import (
    FEATURE_COLUMNS,
    FEATURE_VIEWS,
    FOLDED_VIEW_FEATURES,
)

_MEANINGS: Final = tuple(
    f"{view.capitalize()} view: {meaning[:1].lower()}{meaning[1:]}"
    for view in FEATURE_VIEWS
    for calculator in FOLDED_VIEW_FEATURES
    for meaning in calculator.meanings()
)

TSFRESH_FEATURE_SCHEMA: Final = Schema(
    (
        Column("candidate_id", "string", "The candidate whose views are described."),
        Column("search_id", "string", "What was searched, as in transit_candidates."),
        Column("target_id", "string", "Canonical id of the target."),
        *(Column(name, "float64", meaning) for name, meaning in zip(FEATURE_COLUMNS, _MEANINGS, strict=True)),
    )
)
