"""Columns of the table of dips that happened once."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

SINGLE_TRANSIT_SCHEMA: Final = Schema(
    (
        Column("event_id", "string", "What is searched and the event's rank: 'TIC 100100827!1'."),
        Column(
            "search_id",
            "string",
            "What is searched: a target; if files claim one target but show different stars each of them.",
        ),
        Column("target_id", "string", "Canonical id of the target."),
        Column("rank", "int32", "Order within the star by snr, 1 = strongest."),
        Column("time_btjd", "float64", "Middle of the dip (BJD_TDB - 2457000).", "d"),
        Column("duration_hours", "float64", "Trial duration that fits best.", "h"),
        Column(
            "depth_ppm",
            "float64",
            "Mean depth below what is beside the dip; NaN where one side or half of it is not observed.",
            "1e-6",
        ),
        Column(
            "snr",
            "float64",
            "Depth of a limb-darkened transit over its error in the star's own noise (Jenkins 2002).",
        ),
        Column(
            "gap_distance_hours",
            "float64",
            "From the dip's end to the nearest gap or end of the data; negative where it reaches into it.",
            "h",
        ),
        Column("scatter_nearby", "float64", "Scatter of such ratios around the dip over that of all."),
        Column("brightening_snr", "float64", "The same ratio of the star's strongest brightening."),
        Column(
            "asymmetry_sigma",
            "float64",
            "Chi square of the dip against its mirror image, in standard deviations above its mean.",
        ),
        Column(
            "doubt",
            "string",
            "The first of these that speaks against it: 'at a gap', 'scatter nearby', 'brightening as "
            "strong', 'asymmetric'; null where none does.",
            nullable=True,
        ),
        Column("baseline_days", "float64", "Time from the first to the last sample.", "d"),
    )
)
