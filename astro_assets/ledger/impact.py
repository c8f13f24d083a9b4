"""What descends from a file, a target or a table: units of tables, versions of models, what applies them.

Versions of models are followed to the rows that they were fitted on, also where these have been replaced
since. Reading only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from astro_assets.ledger.ancestry import EDGES, IDENTITY, Ancestry, ancestry, edges_of
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODEL_TABLES, MODELS, PROMOTED_MODELS

_UNIT: Final = ["table", *IDENTITY]
_PARENT: Final = ["parent_table", "parent_key", "parent_recipe_hash"]


@dataclass(frozen=True, slots=True)
class Impact:
    """What descends from something.

    Attributes
    ----------
    units
        One line a unit that is in its table now: ``table``, ``key``, ``target``, ``n_rows``.
    models
        One line a version: ``model``, ``model_version``, and ``n_rows``, how many of the rows it was fitted on
        descend from it, of ``n_all``.
    """

    units: pl.DataFrame
    models: pl.DataFrame


def impact_of_units(ledger: Ledger, begin: pl.DataFrame) -> Impact:
    """List what descends from some units, these themselves left out.

    Parameters
    ----------
    begin
        ``table`` and ``key`` of each; as it is and as it was count alike.
    """
    graph = _Graph(ledger)
    reached = graph.descendants(begin)
    units = graph.now.join(reached, on=_UNIT, how="semi").join(begin, on=["table", "key"], how="anti")
    names = [table.name for table in ledger.tables]
    order = pl.col("table").replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    is_models = pl.col("table").is_in([table.name for table in MODEL_TABLES])
    shown = units.filter(~is_models).sort(order, "key").select("table", "key", "target", "n_rows")
    return Impact(shown, graph.models(reached))


def units_of_target(ledger: Ledger, target: str) -> pl.DataFrame:
    """List the units of a target in all tables, ``table`` and ``key``, those that put it in among them."""
    frames = []
    for table in ledger.tables:
        if table in MODEL_TABLES:
            continue
        handle = ledger.open(table)
        star = table.described_by.get("star", "target_id")
        frames.append(handle.units(["key", "target"]).filter(pl.col("target") == target).select("key"))
        if table.target is None and star in table.schema.names:
            frames.append(handle.rows([star]).filter(pl.col(star) == target).select("key").unique())
        frames[-1] = frames[-1].with_columns(table=pl.lit(table.name))
        if len(frames) > 1 and "table" not in frames[-2].collect_schema():
            frames[-2] = frames[-2].with_columns(table=pl.lit(table.name))
    return pl.concat([frame.select("table", "key") for frame in frames]).unique().collect()


class _Graph:
    """All units there are, those above the members of models, and what read what."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        columns = [*IDENTITY, "target", "n_rows", "parents", "row_hash"]
        units, edges = [], []
        for table in ledger.tables:
            own = ledger.open(table).units(columns).collect()
            units.append(own.select(pl.lit(table.name).alias("table"), *IDENTITY, "target", "n_rows"))
            edges.append(edges_of(table.name, own))
        self.now = pl.concat(units)
        self._members = self._rows_of_models()
        past = self._above_members()
        self._units = pl.concat([self.now.select(_UNIT), past.units.select(_UNIT)]).unique()
        self._edges = pl.concat([*edges, past.edges.select(list(EDGES))]).select(*_UNIT, *_PARENT).unique()

    def _rows_of_models(self) -> pl.DataFrame:
        columns = ["model", "model_version", "member_table", "member_key", "member_row_hash"]
        return self._ledger.open(MODEL_MEMBERS).rows(columns).select(columns).collect()

    def _above_members(self) -> Ancestry:
        rows = self._members.select(table="member_table", key="member_key", row_hash="member_row_hash")
        found = ancestry(self._ledger, rows.unique())
        self._members = self._members.join(
            found.units.select(*_UNIT, "row_hash").explode("row_hash"),
            left_on=["member_table", "member_key", "member_row_hash"],
            right_on=["table", "key", "row_hash"],
            how="left",
        )
        return found

    def descendants(self, begin: pl.DataFrame) -> pl.DataFrame:
        """Return the units that descend from some, these included: ``table``, ``key``, ``recipe_hash``."""
        reached = self._units.join(begin, on=["table", "key"], how="semi")
        new = reached
        while new.height:
            children = self._edges.join(new, left_on=_PARENT, right_on=_UNIT, how="semi").select(_UNIT)
            found = pl.concat([children, self._of_models(new)]).unique()
            new = found.join(reached, on=_UNIT, how="anti")
            reached = pl.concat([reached, new])
        return reached

    def _of_models(self, units: pl.DataFrame) -> pl.DataFrame:
        """Return the units of versions that were fitted on rows of some units, and of aliases that name them."""
        fitted = self._fitted_on(units).select("model", "model_version").unique()
        names = fitted.select(key=pl.concat_str("model", "model_version", separator="@"))
        promoted = self._ledger.open(PROMOTED_MODELS).rows(["model", "model_version"]).collect()
        aliases = promoted.join(fitted, on=["model", "model_version"], how="semi").select("key")
        keys = [(table.name, names) for table in (MODELS, MODEL_MEMBERS)] + [(PROMOTED_MODELS.name, aliases)]
        wanted = pl.concat([frame.select(pl.lit(name).alias("table"), "key") for name, frame in keys])
        return self.now.select(_UNIT).join(wanted, on=["table", "key"], how="semi")

    def _fitted_on(self, units: pl.DataFrame) -> pl.DataFrame:
        return self._members.join(
            units, left_on=["member_table", "member_key", "recipe_hash"], right_on=_UNIT, how="semi"
        )

    def models(self, reached: pl.DataFrame) -> pl.DataFrame:
        """Count the rows of each version that descend from what was reached."""
        version = ["model", "model_version"]
        n_all = self._members.group_by(version).agg(n_all=pl.len())
        counts = self._fitted_on(reached).group_by(version).agg(n_rows=pl.len())
        return counts.join(n_all, on=version).sort(version)
