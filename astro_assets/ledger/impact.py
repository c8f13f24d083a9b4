"""What descends from a file, a target or a table: units of tables, versions of models, what applies them.

Versions of models are followed to the rows that they were fitted on, also where these have been replaced
since. Reading only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from astro_assets.ledger.ancestry import EDGES, IDENTITY, Ancestry, ancestry, edges_of
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODEL_TABLES, MODELS, PROMOTED_MODELS

_UNIT: Final = ["table", *IDENTITY]
_VERSION: Final = ["model", "model_version"]
_MEMBER: Final = ["member_table", "member_key", "member_row_hash"]
_NUMBER: Final = "number"
_PARENT: Final = ["parent_table", "parent_key", "parent_recipe_hash"]


@dataclass(frozen=True, slots=True)
class Impact:
    """What descends from something.

    Attributes
    ----------
    units
        One line a unit that is in its table now: ``table``, ``key``, ``target``, ``n_rows``.
    models
        One line a version: ``model``, ``model_version``, and how many of the rows it was fitted on descend
        from it, ``n_rows`` of ``n_all``.
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
    found = graph.impact(graph.descendants(begin))
    return replace(
        found, units=found.units.join(begin, on=["table", "key"], how="anti", maintain_order="left")
    )


def impact_of_target(ledger: Ledger, target: str) -> Impact:
    """List everything that is of a target or descends from it.

    Of units that hold rows of many targets, as a catalogue does, only rows that models were fitted on count.
    """
    units, rows = [], []
    for table in ledger.tables:
        handle, star = ledger.open(table), table.star_column
        name = pl.lit(table.name).alias("table")
        units.append(handle.units(["key", "target"]).filter(pl.col("target") == target).select(name, "key"))
        if not table.is_by_target and star is not None:
            of_all = handle.rows([star]).select(name, "key", "row_hash", star=star)
            only = pl.col("star").n_unique().over("key") == 1
            units.append(of_all.filter(only & (pl.col("star") == target)).select("table", "key"))
            rows.append(of_all.filter(pl.col("star") == target).select("table", "key", "row_hash"))
    begin = pl.concat(units).unique().collect()
    graph = _Graph(ledger)
    of_star = pl.concat(rows).collect() if rows else None
    return graph.impact(graph.descendants(begin, of_star), of_star)


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
        columns = [*_VERSION, *_MEMBER]
        rows = self._ledger.open(MODEL_MEMBERS).rows(columns).select(columns).collect()
        return rows.with_row_index(_NUMBER)

    def _above_members(self) -> Ancestry:
        rows = self._members.select(table="member_table", key="member_key", row_hash="member_row_hash")
        found = ancestry(self._ledger, rows.unique())
        self._members = self._members.join(
            found.units.select(*_UNIT, "row_hash").explode("row_hash"),
            left_on=_MEMBER,
            right_on=["table", "key", "row_hash"],
            how="left",
        )
        return found

    def descendants(self, begin: pl.DataFrame, rows: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return the units that descend from some, these included: ``table``, ``key``, ``recipe_hash``.

        Parameters
        ----------
        rows
            Rows besides, whose models count: ``table``, ``key``, ``row_hash``.
        """
        reached = self._units.join(begin, on=["table", "key"], how="semi")
        if rows is not None:
            reached = pl.concat([reached, self._applied(self._members_that_are(rows))]).unique()
        new = reached
        while new.height:
            children = self._edges.join(new, left_on=_PARENT, right_on=_UNIT, how="semi").select(_UNIT)
            found = pl.concat([children, self._applied(self._fitted_on(new))]).unique()
            new = found.join(reached, on=_UNIT, how="anti")
            reached = pl.concat([reached, new])
        return reached

    def _fitted_on(self, units: pl.DataFrame) -> pl.DataFrame:
        unit = ["member_table", "member_key", "recipe_hash"]
        return self._members.join(units, left_on=unit, right_on=_UNIT, how="semi")

    def _members_that_are(self, rows: pl.DataFrame) -> pl.DataFrame:
        return self._members.join(rows, left_on=_MEMBER, right_on=rows.columns, how="semi")

    def _applied(self, members: pl.DataFrame) -> pl.DataFrame:
        """Return the units of versions that have these members, and of aliases that name them."""
        fitted = members.select(_VERSION).unique()
        versions = fitted.select(key=pl.concat_str(*_VERSION, separator="@"))
        promoted = self._ledger.open(PROMOTED_MODELS).rows(_VERSION).collect()
        aliases = promoted.join(fitted, on=_VERSION, how="semi").select("key")
        keys = [(table.name, versions) for table in (MODELS, MODEL_MEMBERS)]
        keys.append((PROMOTED_MODELS.name, aliases))
        wanted = pl.concat([frame.select(pl.lit(name).alias("table"), "key") for name, frame in keys])
        return self.now.select(_UNIT).join(wanted, on=["table", "key"], how="semi")

    def impact(self, reached: pl.DataFrame, rows: pl.DataFrame | None = None) -> Impact:
        """Return what is told of the units reached, and of versions with members among them or these rows."""
        names = [table.name for table in self._ledger.tables]
        order = pl.col("table").replace_strict(names, range(len(names)), return_dtype=pl.Int64)
        is_of_models = pl.col("table").is_in([table.name for table in MODEL_TABLES])
        units = self.now.join(reached, on=_UNIT, how="semi").filter(~is_of_models).sort(order, "key")
        versions = reached.filter(pl.col("table") == MODELS.name).select("key")
        named = self._members.with_columns(key=pl.concat_str(*_VERSION, separator="@"))
        own = named.join(versions, on="key", how="semi")
        fitted = self._fitted_on(reached)
        if rows is not None:
            fitted = pl.concat([fitted, self._members_that_are(rows)])
        from_reached = fitted.group_by(_VERSION).agg(n_rows=pl.n_unique(_NUMBER))
        counts = own.group_by(_VERSION).agg(n_all=pl.n_unique(_NUMBER))
        counts = counts.join(from_reached, on=_VERSION, how="left")
        models = counts.select(*_VERSION, pl.col("n_rows").fill_null(0), "n_all").sort(_VERSION)
        return Impact(units.select("table", "key", "target", "n_rows"), models)
