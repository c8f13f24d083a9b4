"""What a table should hold: the recipe of each unit from today's parents, code and configuration.

Planning compares that with what is stored. It reads hashes, never arrays, and computes no results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from astro_assets.ledger.hashing import hash_parts, recipe_hash
from astro_assets.ledger.left_out import NOBODY, LeftOut
from astro_assets.ledger.matching import parent_rows
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Config, Table
from astro_assets.ledger.units import ORIGINS

#: Joins the projections of a unit's parent rows; no hexadecimal digit and no origin contains it.
_BETWEEN: Final = "|"
_STORED: Final = (
    "key", "target", "shard", "recipe_hash", "outcome", "reason", "code_version", "config_hash", "inputs",
    "environment",
)  # fmt: skip
STATUSES: Final = ("new", "stale", "removed", "failed", "current")


class PlanError(RuntimeError):
    """A table's parents contradict its declaration."""


@dataclass(frozen=True, slots=True)
class Version:
    """The code and configuration a table is computed with now."""

    code_version: str
    config_hash: str
    config: Config


@dataclass(frozen=True, slots=True)
class Plan:
    """The state of a table's units.

    Attributes
    ----------
    units
        One line a unit, stored or desired: ``key``, ``target``, ``shard``, ``recipe_hash``, ``inputs`` and
        ``origin`` as desired now, ``status`` (of :data:`STATUSES`), ``cause``, and the stored
        ``target_stored``, ``outcome``, ``reason``, ``environment``.
    chosen
        For each role, the parent rows that count: identity, join columns and ``projection``.
    handle
        The version of the table that was read.
    parents
        For each role, the version of the parent that was read.
    shards
        What it is limited to; None for all.
    retracted
        Targets that are left out.
    """

    table: Table
    version: Version
    units: pl.DataFrame
    chosen: Mapping[str, pl.DataFrame]
    handle: Handle
    parents: Mapping[str, Handle]
    shards: frozenset[int] | None
    retracted: LeftOut = NOBODY

    def is_of(
        self,
        version: Version,
        handle: Handle,
        parents: Mapping[str, Handle],
        shards: frozenset[int] | None,
        retracted: LeftOut = NOBODY,
    ) -> bool:
        """Whether :func:`plan_table` would come to the same with these."""
        here = {role: parent.identity for role, parent in parents.items()}
        there = {role: parent.identity for role, parent in self.parents.items()}
        return (version, handle.identity, shards, retracted, here) == (
            self.version, self.handle.identity, self.shards, self.retracted, there
        )  # fmt: skip

    def of_other_environment(self, environment: str) -> pl.DataFrame:
        """Return the current units that were computed with other library versions than these."""
        return self.units.filter((pl.col("status") == "current") & (pl.col("environment") != environment))


def plan_table(
    table: Table,
    version: Version,
    handle: Handle,
    parents: Mapping[str, Handle],
    shards: frozenset[int] | None = None,
    retracted: LeftOut = NOBODY,
) -> Plan:
    """Work out which units are new, stale, removed, failed or current.

    Parameters
    ----------
    handle
        The table's own store.
    parents
        An open handle for each role.
    shards
        Limits the plan; all shards when None.
    retracted
        Targets whose rows count nowhere and whose units are to be removed.

    Raises
    ------
    PlanError
        If rows of one key name two targets or none, or differ in a column that joins.
    """
    chosen = {
        parent.role: parent_rows(table, parent, parents[parent.role], shards, retracted)
        for parent in table.parents
    }
    desired = _desired(table, chosen, handle.home.n_shards)
    if shards is not None:
        desired = desired.filter(pl.col("shard").is_in(list(shards)))
    stored = handle.units(_STORED, shards).collect()
    units = _compare(table, version, desired, stored, retracted)
    return Plan(table, version, units, chosen, handle, parents, shards, retracted)


def _desired(table: Table, chosen: Mapping[str, pl.DataFrame], n_shards: int) -> pl.DataFrame:
    units = _driven(table, chosen)
    inputs, ranks = ["input_0"], ["origin_rank"]
    for i, parent in enumerate(table.parents[1:], 1):
        rows, name = chosen[parent.role], f"input_{i}"
        inputs.append(name)
        if parent.equals is not None:
            joined = hash_parts(_BETWEEN.join(sorted(rows["projection"])))
            units = units.with_columns(pl.lit(joined).alias(name))
            units = units.clear() if rows.is_empty() else units  # without the model there is nothing to apply
            continue
        ranks.append(f"rank_{i}")
        matches = _gathered(rows, parent.on)
        by = "key" if parent.drives else parent.on
        matches = matches.select(
            pl.col(parent.on).alias(by),
            pl.col("origin_rank").alias(ranks[-1]),
            _hashed(matches["projection"]).alias(name),
        )
        units = units.join(matches, on=by, how="left", maintain_order="left").with_columns(
            pl.col(name).fill_null(hash_parts("")), pl.col(ranks[-1]).fill_null(0)
        )
    shards = [shard_of(place, n_shards) for place in units.select(_PLACE).to_series()]
    return units.select(
        "key",
        "target",
        pl.Series("shard", shards, dtype=pl.Int32),
        pl.concat_list(inputs).alias("inputs"),
        pl.max_horizontal(ranks)
        .replace_strict(range(len(ORIGINS)), list(ORIGINS), return_dtype=pl.String)
        .alias("origin"),
    )


def _driven(table: Table, chosen: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the units that the driving parents make, with what the first of them gives each.

    Raises
    ------
    PlanError
        If two of them name two targets, or differ in a column that joins.
    """
    units = _grouped(table, chosen[table.parents[0].role])
    units = units.with_columns(_hashed(units["projection"]).alias("input_0"))
    for parent in table.drivers[1:]:
        others = _grouped(table, chosen[parent.role])
        agreed = [name for name in others.columns if name not in ("projection", "origin_rank")]
        shared = others.join(units, on="key", how="semi")
        bad = shared.join(units, on=agreed, how="anti", nulls_equal=True)
        if bad.height:
            raise PlanError(f"{table.name}: the rows of {bad['key'].min()!r} differ in {agreed}")
        more = others.join(units, on="key", how="anti").with_columns(
            input_0=pl.lit(hash_parts("")), origin_rank=pl.lit(0, dtype=pl.Int64)
        )
        units = pl.concat([units, more.select(units.columns)]).sort("key")
    return units


def _gathered(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return for each value of a column the joined projections and the rank of the least real origin."""
    # Grouping is slow, and most units read one row of each parent.
    ranked = rows.select(by, "projection", _RANK)
    is_one = ranked[by].is_unique()
    if is_one.all():
        return ranked
    several = ranked.filter(~is_one).sort("projection").group_by(by, maintain_order=True)
    joined = several.agg(pl.col("projection").str.join(_BETWEEN), pl.col("origin_rank").max())
    return pl.concat([ranked.filter(is_one), joined])


def _hashed(texts: pl.Series) -> pl.Series:
    return pl.Series([hash_parts(text) for text in texts.to_list()], dtype=pl.String)


#: What decides the shard: the target, or the key where there is none.
_PLACE: Final = pl.coalesce("target", "key")
_RANK: Final = (
    pl.col("origin")
    .replace_strict(list(ORIGINS), range(len(ORIGINS)), return_dtype=pl.Int64)
    .alias("origin_rank")
)


def _grouped(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Gather the driving rows by key; rows of one key must agree on target and join columns."""
    joins = dict.fromkeys(
        other.on for other in table.parents if other.equals is None and other not in table.drivers
    )
    rows = rows.rename({"key": "parent_key", "target": "parent_target"})
    target = pl.lit(None, dtype=pl.String) if table.target is None else pl.col(table.target)
    rows = rows.with_columns(pl.col(table.key).alias("key"), target.alias("target"))
    agreed = ["target", *joins]
    distinct = rows.select("key", *agreed).unique()
    nameless = pl.col("key").is_null() | (pl.lit(table.target is not None) & pl.col("target").is_null())
    bad = distinct.filter(pl.col("key").is_duplicated() | nameless)
    if bad.height:
        raise PlanError(
            f"{table.name}: the rows of {bad['key'].min()!r} name no key or target, or differ in {agreed}"
        )
    return _gathered(rows, "key").join(distinct, on="key").sort("key")


def _compare(
    table: Table,
    version: Version,
    desired: pl.DataFrame,
    stored: pl.DataFrame,
    retracted: LeftOut,
) -> pl.DataFrame:
    # By shard too: a unit whose target has changed leaves one shard and is new in another.
    both = desired.join(stored, on=["key", "shard"], how="full", suffix="_stored", coalesce=True)
    is_new, is_gone = pl.col("inputs_stored").is_null(), pl.col("inputs").is_null()
    causes = [
        pl.when(pl.col("code_version") != version.code_version).then(pl.lit("code")),
        pl.when(pl.col("config_hash") != version.config_hash).then(pl.lit("config")),
    ]
    targets = pl.col("target").ne_missing(pl.col("target_stored"))
    causes.append(pl.when(targets).then(pl.lit("target")))
    for i, parent in enumerate(table.parents):
        now, then = (pl.col(name).list.get(i, null_on_oob=True) for name in ("inputs", "inputs_stored"))
        causes.append(pl.when(now.ne_missing(then)).then(pl.lit(f"data: {parent.table.name}")))
    # What a recipe is made of is compared part by part: hashing that of every unit would take as long again.
    differs = pl.any_horizontal(cause.is_not_null() for cause in causes)
    stale_cause = pl.concat_str(causes, separator=", ", ignore_nulls=True)
    status = (
        pl.when(is_gone).then(pl.lit("removed")).when(is_new).then(pl.lit("new")).when(differs).then(pl.lit("stale"))
        .when(pl.col("outcome") == "failed").then(pl.lit("failed")).otherwise(pl.lit("current"))
    )  # fmt: skip
    is_retracted = is_gone & pl.col("target_stored").is_in(retracted.among(stored["target"]))
    cause = (
        pl.when(is_retracted).then(pl.lit("retracted")).when(is_gone).then(pl.lit("its input is gone"))
        .when(is_new).then(pl.lit("never computed"))
        .when(differs).then(stale_cause).when(pl.col("outcome") == "failed").then(pl.col("reason"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    units = both.select(
        "key",
        pl.coalesce("target", "target_stored").alias("target"),
        "target_stored",
        "shard",
        "recipe_hash",
        "inputs",
        "origin",
        status.alias("status"),
        cause.alias("cause"),
        "outcome",
        "reason",
        "environment",
    )
    return _with_recipes(table, version, units).sort("shard", "key")


def _with_recipes(table: Table, version: Version, units: pl.DataFrame) -> pl.DataFrame:
    """Hash the recipes of new and stale units; the others' are the stored ones."""
    changes = pl.col("status").is_in(("new", "stale"))
    changing = units.filter(changes)
    if changing.is_empty():
        return units
    recipes = [
        recipe_hash(table.name, key, target, version.code_version, version.config_hash, inputs)
        for key, target, inputs in changing.select("key", "target", "inputs").iter_rows()
    ]
    hashed = changing.with_columns(pl.Series("recipe_hash", recipes, dtype=pl.String))
    return pl.concat([units.filter(~changes), hashed])
