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
    return {model: _with_relatives(tables) for model, tables in found.items()}


def _with_relatives(applying: list[Table]) -> list[Table]:
    """Add what on demand these tables read, and what is made of them."""
    names = {table.name for table in applying}
    read = set(names)
    for table in reversed(ON_DEMAND):
        if table.name in read:
            read |= {parent.table.name for parent in table.parents if parent.table.is_on_demand}
    for table in ON_DEMAND:
        if any(parent.table.name in names for parent in table.parents):
            names.add(table.name)
    return [table for table in ON_DEMAND if table.name in names | read]


#: Each model with the tables that apply it, what they read, and what is made of them: they are asked for
#: together.
APPLIED: Final = _applied()


def asked_for(ledger: Ledger) -> list[str]:
    """Return the names of the tables of which there is something already, and of models with a version.

    What a model is applied to, and by which tables, is asked for with it.
    """
    tables = [
        table.name
        for table in ON_DEMAND
        if not ledger.open(table).units(["key"]).limit(1).collect().is_empty()
    ]
    there = ledger.open(MODELS).rows(["model"]).select(pl.col("model").unique()).collect()["model"]
    models = [model for model in there if model in APPLIED]
    tables += [table.name for model in models for table in APPLIED[model]]
    return sorted({*tables, *models})
