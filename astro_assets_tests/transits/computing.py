"""Rows of a table computed from rows of its parents, without a store."""

from __future__ import annotations

from typing import Any

from astro_assets.ledger.table import Table


def compute(table: Table, key: str, parents: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """Compute one unit with the table's settings, or some of them changed."""
    assert table.compute is not None
    config = table.config.model_copy(update=settings)
    if table.is_batched:
        (rows,) = table.compute([key], [parents], config)
    else:
        rows = table.compute(key, parents, config)
    return [dict(row) for row in rows]
