"""Columns of the table of scores."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema
from astro_assets.transits.scorer.classes import CLASSES

TRANSIT_SCORE_SCHEMA: Final = Schema(
    (
        Column("example_id", "string", "The candidate that is scored."),
        Column("target_id", "string", "Canonical id of the target."),
        *(
            Column(name, "float64", f"Calibrated probability that it is of the class {name}.")
            for name in CLASSES
        ),
        Column("planet_or_eb", "float64", "Sum of the first two: something passes in front of a star."),
        Column(
            "conformal_set",
            "list[string]",
            "The classes that cannot be excluded: of each class 90 % of the events have it in their set.",
        ),
        Column(
            "gate", "bool", "Whether the trees find it worth the networks; certified on the model's card."
        ),
        Column("disagreement", "float64", "Standard deviation of the networks' log-odds of an eclipse."),
        Column(
            "unlikeness",
            "float64",
            "Distance of its folded views from the nearest that were trained on, over what 99 of 100 "
            "held-out events are within: above 1 it abstains. NaN where no bin has data.",
        ),
        Column("abstain", "bool", "Whether it is like nothing that the scorer was trained on."),
        Column("abstains_because", "string", "Why it abstains; null where it does not.", nullable=True),
        Column(
            "is_trained_on",
            "bool",
            "Whether the scorer was trained on events of this star: what it says is then said by the parts "
            "that were fitted without it.",
        ),
        Column("model_version", "string", "Version of the scorer, as in ledger/models."),
        Column("trained_on_real", "int64", "Events of real origin that it was trained on."),
        Column("trained_on_injected", "int64", "Those with an injected signal."),
        Column("trained_on_simulated", "int64", "Those of simulated origin."),
    )
)
