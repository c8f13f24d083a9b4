"""What is made where somebody asked for it, by a command or in the UI; from then on it is kept up to date.

A search costs nothing for features and scores that nobody looks at.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS
from astro_assets.transits.cluster_tables import CLUSTER_LABELS, CLUSTER_MODEL
from astro_assets.transits.example_tables import EVENTS, FALSE_ALARMS, INJECTED_TRANSITS, TRAINING_EXAMPLES
from astro_assets.transits.scorer_tables import TRANSIT_SCORER, TRANSIT_SCORES
from astro_assets.transits.tsfresh_tables import TSFRESH_FEATURES

#: The tables, parents before children.
ON_DEMAND: Final = (
    TSFRESH_FEATURES,
    CLUSTER_LABELS,
    EVENTS,
    TRAINING_EXAMPLES,
    FALSE_ALARMS,
    INJECTED_TRANSITS,
    TRANSIT_SCORES,
)
#: Each model with the table that applies it: they are asked for together.
APPLIED: Final = {CLUSTER_MODEL.name: CLUSTER_LABELS, TRANSIT_SCORER.name: TRANSIT_SCORES}


def asked_for(ledger: Ledger) -> list[str]:
    """Return the names of the tables of which there is something already, and of models with a version.

    What a model is applied to, and by which table, is asked for with it.
    """
    tables = [
        table.name
        for table in ON_DEMAND
        if not ledger.open(table).units(["key"]).limit(1).collect().is_empty()
    ]
    there = ledger.open(MODELS).rows(["model"]).select(pl.col("model").unique()).collect()["model"]
    models = [model for model in there if model in APPLIED]
    for applying in (APPLIED[model] for model in models):
        tables += [applying.name, applying.parents[0].table.name]
    return sorted({*tables, *models})
