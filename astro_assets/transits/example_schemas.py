"""Columns of the tables of examples: events in the one form that is trained on and scored."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.examples import SCALARS, SPREADS, VIEWS

_MEANING: Final = {
    "global": "One period, the transit in its middle",
    "shifted": "One period, the transit at its ends",
    "local": "Two durations on both sides of the transit",
    "primary": "The same as its source folds it beside the secondary view",
    "secondary": "The same about the secondary eclipse, or half a period from the transit",
    "odd": "Like local, of transits 1, 3, ...",
    "even": "Like local, of transits 0, 2, ...",
}


def _views() -> tuple[Column, ...]:
    values = [
        Column(
            f"{name}_view",
            "list[float32]",
            f"{_MEANING[name]}: {bins} bins in units of the depth, 0 beside the transit; NaN where empty.",
            nullable=True,
        )
        for name, bins in VIEWS.items()
    ]
    spreads = [
        Column(
            f"{name}_view",
            "list[float32]",
            f"Scatter (1.4826 MAD) in bins of the {name.removesuffix('_spread')} view, in units of depth.",
            nullable=True,
        )
        for name in SPREADS
    ]
    return (*values, *spreads)


EXAMPLE_SCHEMA: Final = Schema(
    (
        Column("example_id", "string", "The candidate, or the star and row of an event set."),
        Column("target_id", "string", "Canonical id of the star: what splits are made by."),
        Column("position", "int32", "Place among the events of its source: the first of a star is judged."),
        Column(
            "light_curve",
            "string",
            "What was searched, as in transit_candidates, that it was folded from; of an event that was made "
            "(injected, inverted) the light curve it was made of. No two sides of a split may share one.",
            nullable=True,
        ),
        Column(
            "disposition", "string", "What its source says that it is; null where nothing.", nullable=True
        ),
        Column(
            "label_set",
            "list[string]",
            f"What of {', '.join(CLASSES)} that leaves open; empty for an event without a label.",
        ),
        Column("listed_in", "string", "List or catalogue that says so.", nullable=True),
        Column("mission", "string", "Mission that observed it.", nullable=True),
        Column("segment", "string", "Sectors, quarters or campaigns.", nullable=True),
        Column("cadence", "string", "Length of a sample.", "s", nullable=True),
        Column("period_days", "float64", "Period.", "d"),
        Column("epoch_btjd", "float64", "Mid-time of a transit, BJD_TDB - 2457000.", "d"),
        Column("duration_days", "float64", "Duration.", "d"),
        *_views(),
        *(
            Column(name, "float64", f"Scalar: {name.replace('_', ' ')}, {text}; NaN where not known.")
            for name, text in SCALARS.items()
        ),
    )
)

EVENT_FILE_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The file, unchanged."),
        Column("file_name", "string", "What it was called.", context=True),
        Column("n_events", "int32", "Its rows."),
    )
)
