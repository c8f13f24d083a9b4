"""Bringing a world about again, in a home of its own: from what was put in to a model or a unit's rows.

Runs where the code of that world runs; how it is given its code, its process and its threads is elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from astro_assets.ledger.compute import Compute
from astro_assets.ledger.hashing import hash_json, merkle_root
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger, table_code_version
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import ModelSpec, fit_model
from astro_assets.ledger.objects import ObjectStore
from astro_assets.ledger.plan import Version
from astro_assets.ledger.table import Config, Table
from astro_assets.ledger.update import put_units, update
from astro_assets.ledger.worlds import World

#: Called with what is being made, and the units of it done and to do.
Said = Callable[[str, int, int], None]


class EnactmentError(RuntimeError):
    """A world cannot be brought about; the message says what is missing or failed."""


@dataclass(frozen=True, slots=True)
class Enacted:
    """What a world came to.

    Attributes
    ----------
    roots
        Of each table the Merkle root of its rows' hashes, sorted.
    artefact
        Of a model the sha256 of its file.
    version
        Of a model its version.
    rows
        Of a unit its rows, without what lies in stores.
    config
        Of a model the settings of its fit.
    models
        What the worlds of the models that were applied came to, by alias.
    """

    roots: dict[str, str]
    artefact: str | None = None
    version: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    models: dict[str, Enacted] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where worlds are brought about.

    Parameters
    ----------
    tables, specs
        Of the code that runs.
    files
        The store whose raw files are read.
    root
        Folder below which each world gets a home.
    known
        Files of models by the digest of the world that makes them: what is known is not fitted again.
    keys
        Units of each table whose rows count for its root; all where none are told.
    """

    tables: tuple[Table, ...]
    specs: tuple[ModelSpec, ...]
    files: ObjectStore
    root: Path
    known: Mapping[str, Path] = field(default_factory=dict)
    keys: Mapping[str, Collection[str]] = field(default_factory=dict)
    compute: Compute | None = None
    said: Said = lambda _what, _done, _to_do: None

    def enact(self, world: World) -> Enacted:
        """Bring a world about.

        Raises
        ------
        EnactmentError
            If the code has no such table or model, or what is wanted does not come of it.
        CorruptStoreError
            If a raw file is missing or damaged.
        """
        ledger = self._home(world)
        self._put_sources(ledger, world)
        there = set(ledger.open(PROMOTED_MODELS).units(["key"]).collect()["key"])
        # Worlds that differ in their models alone share a home: no model stays of another.
        put_units(ledger, PROMOTED_MODELS, {}, remove=there - world.applied.keys())
        models = {alias: self._apply(ledger, alias, of.row, of.world) for alias, of in world.applied.items()}
        enacted = self._fitted(ledger, world) if world.is_model else self._computed(ledger, world)
        return replace(enacted, models={alias: found for alias, found in models.items() if found is not None})

    def _home(self, world: World) -> Ledger:
        home = open_home(self.root / world.ground[:16], n_shards=world.n_shards, store="")
        ledger = open_ledger(home, self.tables)
        for table in ledger.tables:
            config = _config_of(table, world.configs.get(table.name, {}))
            config_hash = hash_json(config.model_dump(mode="json"))
            ledger.versions[table.name] = Version(table_code_version(table), config_hash, config)
        return ledger

    def _put_sources(self, ledger: Ledger, world: World) -> None:
        for name, rows in world.sources.items():
            table = _table(ledger, name)
            for of_key in rows.values():
                for row in of_key:
                    for column in table.schema.files:
                        ledger.objects.put_file(self.files.get_file(row[column]), row[column])
            known = {*table.schema.names, "origin"}
            fitting = {
                key: [{name: value for name, value in row.items() if name in known} for row in of_key]
                for key, of_key in rows.items()
            }
            put_units(ledger, table, fitting)

    def _apply(self, ledger: Ledger, alias: str, row: dict[str, Any], world: World) -> Enacted | None:
        """Make a model, or take its file where that is known, and promote it."""
        path = self.known.get(world.digest)
        enacted = None
        if path is None:
            enacted = self.enact(world)
            made = open_home(self.root / world.ground[:16], store="")
            path = ObjectStore(made).get_file(str(enacted.artefact))
            row = {**row, "model_version": enacted.version}
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        ledger.objects.put_file(path, sha256)
        put_units(ledger, PROMOTED_MODELS, {alias: [{**row, "artefact": sha256}]})
        return enacted

    def _fitted(self, ledger: Ledger, world: World) -> Enacted:
        spec = self._spec(world)
        for training in spec.training:
            self._update(ledger, _needed(ledger, training.table))
        version = fit_model(ledger, spec)
        row = ledger.open(MODELS).rows(["model_version", "artefact"])
        (artefact,) = row.filter(pl.col("model_version") == version).collect()["artefact"]
        config = spec.config.model_dump(mode="json")
        return Enacted(self._roots(ledger), artefact, version, config=config)

    def _spec(self, world: World) -> ModelSpec:
        spec = next((spec for spec in self.specs if spec.name == world.wanted[0]), None)
        if spec is None or world.training is None:
            raise EnactmentError(f"the code of then makes no model {world.wanted[0]!r}")
        by_role = {training.role: training for training in spec.training}
        trainings = []
        for role, name in world.training.items():
            if role not in by_role:
                raise EnactmentError(f"the code of then trains {spec.name} on nothing in the role {role!r}")
            table = next((table for table in self.tables if table.name == name), None)
            if table is None:
                raise EnactmentError(f"the code of then has no table {name!r}")
            without = frozenset(world.without.get(role, ()))
            trainings.append(replace(by_role[role], table=table, keys=None, without=without))
        # A role without a row then has its place in the recipe all the same.
        if {training.table.name for training in spec.training} >= set(world.training.values()):
            by_role |= {training.role: training for training in trainings}
            trainings = list(by_role.values())
        config = _validated(spec.config, world.config or {})
        return replace(spec, training=tuple(trainings), config=config)

    def _computed(self, ledger: Ledger, world: World) -> Enacted:
        name, key = world.wanted
        table = _table(ledger, name)
        self._update(ledger, _needed(ledger, table))
        plain = [column.name for column in table.schema if not column.is_reference]
        rows = ledger.open(table).rows(plain).filter(pl.col("key") == key).select(plain).collect()
        return Enacted(self._roots(ledger), rows=rows.to_dicts())

    def _roots(self, ledger: Ledger) -> dict[str, str]:
        roots = {}
        for table in ledger.tables:
            rows = ledger.open(table).rows([]).select("key", "row_hash").collect()
            if table.name in self.keys:
                rows = rows.filter(pl.col("key").is_in(list(self.keys[table.name])))
            if rows.height and not table.is_source:
                roots[table.name] = merkle_root(sorted(rows["row_hash"]))
        return roots

    def _update(self, ledger: Ledger, tables: Iterable[Table]) -> None:
        for table in tables:
            update(ledger, table, compute=self.compute, progress=partial(self.said, table.name))


def _table(ledger: Ledger, name: str) -> Table:
    found = next((table for table in ledger.tables if table.name == name), None)
    if found is None:
        raise EnactmentError(f"the code of then has no table {name!r}")
    return found


def _needed(ledger: Ledger, table: Table) -> list[Table]:
    """Return the computed tables above a table, and this one, parents first."""
    needed, waiting = {table.name}, [table]
    while waiting:
        for parent in waiting.pop().parents:
            if parent.table.name not in needed:
                needed.add(parent.table.name)
                waiting.append(parent.table)
    return [of for of in ledger.tables if of.name in needed and not of.is_source]


def _config_of(table: Table, settings: Mapping[str, Any]) -> Config:
    return _validated(table.config, settings)


def _validated(default: Config, settings: Mapping[str, Any]) -> Config:
    """Return settings; those that the code does not know are left out, those not told are its defaults."""
    known = type(default).model_fields
    kept = {name: value for name, value in settings.items() if name in known}
    return type(default).model_validate({**default.model_dump(mode="json"), **kept})
