"""Everything that a version of a model, or a unit, was made of, such that it can be made again elsewhere.

A world is plain values: the units put in by name that lead to it, settings, code, installed versions, and the
worlds of the models that were applied. How one is brought about again is in
:mod:`astro_assets.ledger.enactment`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ancestry import Ancestry, ancestry, rows_of
from astro_assets.ledger.hashing import hash_json
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.members import member_rows
from astro_assets.ledger.model_tables import MODEL_TABLES, MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import PREVIOUS
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.retraction import forgotten_models
from astro_assets.ledger.schema import ARRAYS, SchemaError

Rows = dict[str, list[dict[str, Any]]]
#: Fields that code of before they were recorded does not know: of its worlds nothing is told in them.
_LATER: Final = ("versions", "without")
_GROUND: Final = ("n_shards", "sources", "configs", "installed")


class LostHistoryError(LookupError):
    """What something was made of is not all there any more."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Applied:
    """A promoted model that was read: its row, and the world in which it was fitted."""

    row: dict[str, Any]
    world: World


@dataclass(frozen=True, slots=True)
class World:
    """What a version of a model, or a unit, was made of.

    Attributes
    ----------
    wanted
        ``table`` and ``key``; of a model its name and version.
    sources
        Rows by key, of each source table.
    configs
        Settings of each computed table between.
    code
        The sha256 of the package's source.
    versions
        Code versions of each computed table between, and of a model's fit: where two worlds have the same,
        the rest of their source makes no difference.
    installed
        The hash of the installed versions.
    applied
        Promoted models that were read, by alias.
    training
        Of a model the table of each role.
    config
        Of a model its settings.
    without
        Of a model, by role, the hashes of rows of its members' units that it was not fitted on: those of
        stars that were left out by then.
    """

    n_shards: int
    wanted: tuple[str, str]
    sources: dict[str, Rows]
    configs: dict[str, dict[str, Any]]
    code: str
    installed: str
    applied: dict[str, Applied] = field(default_factory=dict)
    training: dict[str, str] | None = None
    config: dict[str, Any] | None = None
    versions: dict[str, str] = field(default_factory=dict)
    without: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_model(self) -> bool:
        """Whether a version of a model is wanted, or else a unit."""
        return self.training is not None

    @property
    def digest(self) -> str:
        """A hash of all that decides what it comes to."""
        return hash_json(
            {
                "wanted": self.wanted[0] if self.is_model else self.wanted,
                "code": self.versions if all(self.versions.values()) and self.versions else self.code,
                "applied": {alias: of.world.digest for alias, of in self.applied.items()},
                **{name: getattr(self, name) for name in (*_GROUND, "training", "config", "without")},
            }
        )

    @property
    def ground(self) -> str:
        """A hash of what its tables are made of: worlds that differ in the model alone share them."""
        return hash_json({"code": self.code, **{name: getattr(self, name) for name in _GROUND}})

    def all(self) -> Iterator[World]:
        """Return it and the worlds of all models that were applied, also by way of others."""
        yield self
        for applied in self.applied.values():
            yield from applied.world.all()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values, which code of then can read: it knows nothing that came later."""
        told = asdict(self)
        told["applied"] = {
            alias: {"row": of.row, "world": of.world.to_json()} for alias, of in self.applied.items()
        }
        return {name: value for name, value in told.items() if value or name not in _LATER}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> World:
        """Read what :meth:`to_json` returned."""
        applied = {
            alias: Applied(of["row"], World.from_json(of["world"])) for alias, of in told["applied"].items()
        }
        # What later code tells besides decides nothing here.
        known = {of.name: told[of.name] for of in fields(World) if of.name in told}
        return World(**{**known, "wanted": tuple(told["wanted"]), "applied": applied})


def world_of_model(ledger: Ledger, model: str, version: str) -> World:
    """Gather what a version of a model was made of.

    Raises
    ------
    LostHistoryError
        If some of it is gone, or there is no such version.
    """
    if (lost := forgotten_models(ledger).get(f"{model}@{version}")) is not None:
        raise LostHistoryError(f"{model}@{version} {lost}")
    columns = ["source", "installed", "config", "circumstances", "n_rows"]
    unit = _unit(ledger, MODELS.name, f"{model}@{version}", columns)
    circumstances = json.loads((unit["circumstances"] or [None])[0] or "{}")
    rows = member_rows(ledger, model, version)
    found = ancestry(ledger, rows.drop("role"))
    roles = rows.filter(pl.col("role") != PREVIOUS).select("role", "table").unique().sort("role")
    return _gathered(
        ledger,
        found,
        {model: circumstances.get("code_version", "")},
        wanted=(model, version),
        code=unit["source"],
        installed=unit["installed"],
        training=dict(roles.iter_rows()),
        config=json.loads(unit["config"][0]),
        without=_not_fitted_on(rows.filter(pl.col("role") != PREVIOUS), found),
    )


def _not_fitted_on(members: pl.DataFrame, found: Ancestry) -> dict[str, list[str]]:
    """Return the rows of members' units that are no members, by role."""
    rows = found.units.select("table", "key", "row_hash").explode("row_hash").drop_nulls()
    of_units = members.select("role", "table", "key").unique().join(rows, on=["table", "key"])
    # A unit may have been read as it was before and after; only one that a member is of counts.
    others = of_units.join(members, on=["role", "table", "key", "row_hash"], how="anti")
    return {
        role: sorted(own["row_hash"].unique())
        for (role,), own in others.sort("role").group_by("role", maintain_order=True)
    }


def world_of_unit(ledger: Ledger, found: Ancestry, table: str, key: str) -> World:
    """Gather what a unit was made of.

    Parameters
    ----------
    found
        The ancestry of its rows.
    """
    (unit,) = found.units.filter((pl.col("table") == table) & (pl.col("key") == key)).to_dicts()
    return _gathered(ledger, found, {}, wanted=(table, key), code=unit["source"], installed=unit["installed"])


def _gathered(ledger: Ledger, found: Ancestry, versions: dict[str, str], **told: Any) -> World:
    if found.missing.height:
        table, key = found.missing.select("table", "key").row(0)
        raise LostHistoryError(f"{table} {key!r} was read, and its history is gone: pruned or forgotten")
    units = found.units
    sources: dict[str, Rows] = {}
    for table in ledger.tables:
        if not table.is_source or table in MODEL_TABLES:
            continue
        if any(column.dtype == ARRAYS for column in table.schema):
            raise SchemaError(f"{table.name} is put in with arrays, which cannot be put in again")
        names = list(table.schema.names)
        rows = rows_of(ledger, units, table, names)
        for row in rows.sort("key", "row_hash").iter_rows(named=True):
            values = {**{name: row[name] for name in names}, "origin": row["origin"]}
            sources.setdefault(table.name, {}).setdefault(row["key"], []).append(values)
    computed = [table.name for table in ledger.tables if not table.is_source]
    of_tables = units.filter(pl.col("table").is_in(computed)).sort("computed_at")
    last = of_tables.group_by("table").last().sort("table")
    return World(
        n_shards=ledger.home.n_shards,
        sources=sources,
        configs=_configs(ledger, last.select("table", "config_hash")),
        versions={**dict(last.select("table", "code_version").iter_rows()), **versions},
        applied=_applied(ledger, units),
        **told,
    )


def _configs(ledger: Ledger, last: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the settings of each table: of units that differ those of the one computed last."""
    configs = {}
    for table, digest in last.iter_rows():
        today = ledger.version(ledger.table(table))
        try:
            # Homes of before settings were stored have those of today alone.
            is_todays = digest == today.config_hash
            stored = today.config.model_dump(mode="json") if is_todays else ledger.objects.get_config(digest)
        except CorruptStoreError as error:
            raise LostHistoryError(f"the settings of {table} then: {error}") from error
        configs[table] = stored
    return configs


def _applied(ledger: Ledger, units: pl.DataFrame) -> dict[str, Applied]:
    names = list(PROMOTED_MODELS.schema.names)
    rows = rows_of(ledger, units, PROMOTED_MODELS, names).iter_rows(named=True)
    return {
        row["alias"]: Applied(
            {**{name: row[name] for name in names}, "origin": row["origin"]},
            world_of_model(ledger, row["model"], row["model_version"]),
        )
        for row in rows
    }


def _unit(ledger: Ledger, table: str, key: str, columns: Iterable[str]) -> dict[str, Any]:
    units = ledger.open(ledger.table(table)).units(["key", *columns]).filter(pl.col("key") == key).collect()
    if units.is_empty():
        raise LostHistoryError(f"{table} holds no unit {key!r}")
    return units.row(0, named=True)
