"""What is made where somebody asked for it, by a command or in the UI; from then on it is kept up to date.

A search costs nothing for features, verdicts and scores that nobody looks at.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.table import Table
from astro_assets.tables import TABLES

ON_DEMAND: Final = tuple(table for table in TABLES if table.is_on_demand)


def _applied() -> dict[str, list[Table]]:
    found: dict[str, list[Table]] = {}
    for table in ON_DEMAND:
        for parent in table.parents:
            if parent.table is PROMOTED_MODELS and parent.equals is not None:
                found.setdefault(parent.equals.rpartition(":")[0], []).append(table)
    return found


#: Each model with the tables that apply it: they are asked for together.
APPLIED: Final = _applied()


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
    for applying in (table for model in models for table in APPLIED[model]):
        read = (parent.table for parent in applying.parents)
        tables += [applying.name, *(table.name for table in read if table.is_on_demand)]
    return sorted({*tables, *models})
