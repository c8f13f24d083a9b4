"""The rows that versions of models were fitted on, as they were recorded. Reading only."""

from __future__ import annotations

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS

_NAMES = {"role": "role", "member_table": "table", "member_key": "key", "member_row_hash": "row_hash"}


def member_rows(ledger: Ledger, model: str, version: str) -> pl.DataFrame:
    """List the rows that a version was fitted on, what it goes on from included.

    Returns
    -------
    polars.DataFrame
        ``role``, ``table``, ``key`` and ``row_hash`` of each, sorted.
    """
    units = ledger.open(MODEL_MEMBERS).units(["key", *_NAMES]).filter(pl.col("key") == f"{model}@{version}")
    rows = units.select(list(_NAMES)).explode(list(_NAMES)).rename(_NAMES)
    return rows.collect().sort(list(_NAMES.values()))
