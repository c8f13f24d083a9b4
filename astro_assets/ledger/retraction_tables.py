"""The table of retracted targets, and which they are now.

Planning reads it; putting a target in and taking it back is in `retraction`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.ledger.home import Home
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.store import open_table
from astro_assets.ledger.table import Table

#: What was decided of each target, the latest last: the unit of a target keeps all of it.
RETRACTIONS: Final = Table(
    "ledger/retractions",
    Schema(
        (
            Column("target_id", "string", "Canonical target id."),
            Column("is_retracted", "bool", "Whether it is left out from then on; else it was taken back."),
            Column("why", "string", "Why, for people."),
            Column("decided_at", "string", "When, ISO 8601 in UTC."),
        )
    ),
)


def retracted_targets(home: Home) -> frozenset[str]:
    """Return the targets that are left out of everything now."""
    if not home.table_path(RETRACTIONS.name).is_dir():  # opening what is not there takes longer
        return frozenset()
    latest = open_table(home, RETRACTIONS).units(["key", "n_rows", "is_retracted"])
    return frozenset(latest.filter(pl.col("is_retracted").list.last()).collect()["key"])
