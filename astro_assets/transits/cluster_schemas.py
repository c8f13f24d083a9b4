"""Columns of the table of candidates' clusters."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

CLUSTER_LABEL_SCHEMA: Final = Schema(
    (
        Column("candidate_id", "string", "The candidate."),
        Column("target_id", "string", "Canonical id of the target."),
        Column("model_version", "string", "Version of transits/cluster_model that was applied."),
        Column("label", "int32", "Number of the candidate's cluster; it stays when the model is refitted."),
        Column(
            "name",
            "string",
            "What that cluster looks like: 'transit_like', 'eclipse_like', 'sinusoidal', 'single_event', "
            "'flat', with a number where there are several.",
        ),
        Column("distance", "float64", "Distance to its centre, in standard deviations of each measure."),
        Column(
            "distance_to_second",
            "float64",
            "Distance to the centre of the next cluster: as small as distance on the border of both.",
        ),
    )
)
