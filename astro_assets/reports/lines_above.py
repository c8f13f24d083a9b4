"""What each of many candidates was made of: the units above it, from the ledger, at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.ledger import Ledger

#: Table, key and recipe of a unit as it was.
Unit = tuple[str, str, str]
_TOLD: Final = ["table", "key", "recipe_hash", "computed_at", "run_id", "is_current"]


@dataclass(frozen=True, slots=True)
class Above:
    """The units above some rows.

    Attributes
    ----------
    units
        What is stored of each unit.
    parents
        What each unit read.
    """

    units: dict[Unit, dict[str, Any]]
    parents: dict[Unit, list[Unit]]

    def of(self, starts: Iterable[Unit]) -> list[Unit]:
        """Return units and all above them, children before parents."""
        found: dict[Unit, None] = {}
        todo = list(starts)
        while todo:
            unit = todo.pop(0)
            if unit in self.units and unit not in found:
                found[unit] = None
                todo += self.parents.get(unit, ())
        return list(found)

    def edges(self, units: Iterable[Unit]) -> list[tuple[str, str]]:
        """Return parent and child, as names of tables, of what units read."""
        return sorted({(parent[0], unit[0]) for unit in units for parent in self.parents.get(unit, ())})


def lines_above(ledger: Ledger, rows: Iterable[tuple[str, str, str]]) -> Above:
    """Find everything above some rows.

    Parameters
    ----------
    rows
        Table, key and row hash of each.
    """
    schema = {"table": pl.String, "key": pl.String, "row_hash": pl.String}
    found = ancestry(ledger, pl.DataFrame(list(rows), schema=schema, orient="row"))
    units = {
        (row["table"], row["key"], row["recipe_hash"]): row for row in found.units.select(_TOLD).to_dicts()
    }
    names = ["table", "key", "recipe_hash", "parent_table", "parent_key", "parent_recipe_hash"]
    parents: dict[Unit, list[Unit]] = {}
    for *child, table, key, recipe in (
        found.edges.select(names).unique(maintain_order=True).sort(names).iter_rows()
    ):
        parents.setdefault((child[0], child[1], child[2]), []).append((table, key, recipe))
    return Above(units, parents)
