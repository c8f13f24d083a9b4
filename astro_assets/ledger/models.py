"""Models fitted on many units: versions, members, promotion.

A model is fitted on purpose and never by an update, so that nothing per target depends on all targets.
Tables that apply one read :data:`PROMOTED_MODELS` as a parent that ``equals`` a model's name and alias.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from astro_assets.ledger.circumstances import PINNED_THREADS, fit_threads, pinned
from astro_assets.ledger.code import code_version
from astro_assets.ledger.hashing import hash_json, hash_parts, merkle_root
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import LeftOut, left_out, rows_that_count
from astro_assets.ledger.members import member_rows
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS, PROMOTED_MODELS, TRAINED_ON
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Config, Table
from astro_assets.ledger.units import ORIGINS, least_real
from astro_assets.ledger.update import put_units
from astro_assets.ledger.worker import resolve_references, resolved_rows

#: The alias of the version that tables apply.
CHAMPION: Final = "champion"
#: Role of the version that was promoted when a continued model was fitted.
PREVIOUS: Final = "previous"


class TooFewRowsError(ValueError):
    """There are too few rows to fit a model on; more data may change that."""


@dataclass(frozen=True, slots=True)
class Training:
    """A table whose rows a model is fitted on.

    Parameters
    ----------
    keys
        The units that count; all of them by default.
    without
        Hashes of rows that do not count: of a unit that holds rows of many stars those of one left out.
    """

    table: Table
    columns: tuple[str, ...]
    role: str = "examples"
    keys: tuple[str, ...] | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found out about a version when it was fitted."""

    name: str
    passed: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How a model is made.

    Parameters
    ----------
    name
        ``wing/model``.
    fit
        ``fit(rows by role, config) -> (artefact bytes, metrics)``: pure. Raises :class:`TooFewRowsError`
        where there is too little to fit on.
    training
        The tables it is fitted on.
    is_continued
        Whether ``fit`` is given the promoted version, as the ``artefact`` (a path) of the one row of role
        ``previous``, or of none: so a new fit can keep the names that people know.
    is_resumed
        Whether ``fit`` is given a folder as third argument, the same whenever the same fit is tried again, to
        go on from what it left there; it is removed when the model is stored.
    judged
        What a version's metrics say of it, for an audit.
    """

    name: str
    fit: Callable[..., tuple[bytes, Mapping[str, Any]]]
    training: tuple[Training, ...]
    config: Config = field(default_factory=Config)
    is_continued: bool = False
    is_resumed: bool = False
    judged: Callable[[Mapping[str, Any]], Sequence[Judgement]] | None = None


def fit_model(ledger: Ledger, spec: ModelSpec, *, run_id: str = "") -> str:
    """Fit a model on today's rows and return its version; an equal recipe is not fitted again.

    Raises
    ------
    TooFewRowsError
        If there are too few rows to fit on.
    """
    # Opened once: the members recorded are the rows fitted on, whatever is committed meanwhile.
    handles = {training.role: ledger.open(training.table) for training in spec.training}
    omitted = left_out(ledger.home)
    members = _members(spec, handles, omitted)
    if members.is_empty():
        raise TooFewRowsError(f"{spec.name}: there are no rows to fit on")
    root = merkle_root(sorted(members["member_row_hash"]))
    champion = promoted(ledger, spec.name) if spec.is_continued else None
    if champion is not None:
        # What the champion itself was continued from: with that, today's rows may make it again.
        before = _previous(ledger, spec.name, champion["model_version"])
        if _recipe(spec, root, before)[:16] == champion["model_version"]:
            return str(champion["model_version"])
    previous = pl.DataFrame(
        [] if champion is None else [(PREVIOUS, PROMOTED_MODELS.name, champion["key"], champion["row_hash"])],
        schema=_MEMBER_COLUMNS,
        orient="row",
    )
    recipe = _recipe(spec, root, previous["member_row_hash"].to_list())
    version = recipe[:16]
    key = f"{spec.name}@{version}"
    if ledger.open(MODELS).units(["key"]).filter(pl.col("key") == key).collect().height:
        _record(ledger, spec.name, version)
        return version
    rows = {training.role: _training_rows(ledger, training, handles, omitted) for training in spec.training}
    if spec.is_continued:
        rows[PREVIOUS] = (
            [] if champion is None else [resolve_references(champion, PROMOTED_MODELS, ledger.objects)]
        )
    folder = ledger.home.root / "trainings" / version
    with pinned() as circumstances:
        artefact, metrics = spec.fit(rows, spec.config, *([folder] if spec.is_resumed else []))
    origin = least_real(members["origin"].unique().to_list())
    identity = {"model": spec.name, "model_version": version}
    of_members = pl.concat([members.drop("origin"), previous]).to_dicts()
    # Members first: a reader finds them through the model's row, which is committed last.
    put_units(
        ledger,
        MODEL_MEMBERS,
        {key: [{**identity, **row, "origin": origin} for row in of_members]},
        run_id=run_id,
    )
    circumstances["code_version"] = code_version(spec.fit)
    model = {
        **identity,
        "training_recipe": recipe,
        "training_root": root,
        "artefact": _put_artefact(ledger, artefact),
        **{f"trained_on_{name}": members.filter(pl.col("origin") == name).height for name in ORIGINS},
        "config": json.dumps(spec.config.model_dump(mode="json"), sort_keys=True),
        "metrics": json.dumps(dict(metrics), sort_keys=True),
        "circumstances": json.dumps(circumstances, sort_keys=True),
        "origin": origin,
    }
    put_units(ledger, MODELS, {key: [model]}, run_id=run_id)
    shutil.rmtree(folder, ignore_errors=True)
    _record(ledger, spec.name, version)
    return version


def _record(ledger: Ledger, model: str, version: str) -> None:
    """Keep what the version can be made again from, if it is not kept yet, or why that cannot be."""
    from astro_assets.ledger.records import keep_record

    keep_record(ledger, model, version)


def promoted(ledger: Ledger, model: str, *, alias: str = CHAMPION) -> dict[str, Any] | None:
    """Return the row of :data:`PROMOTED_MODELS` under an alias, with ``key`` and ``row_hash``, or None."""
    rows = ledger.open(PROMOTED_MODELS).rows(list(PROMOTED_MODELS.schema.names))
    found = rows.filter(pl.col("alias") == f"{model}:{alias}").collect()
    return found.row(0, named=True) if found.height else None


def promote(
    ledger: Ledger, model: str, version: str, *, alias: str = CHAMPION, why: str, run_id: str = ""
) -> None:
    """Make a version the one that tables apply under an alias; what applied another becomes stale.

    Raises
    ------
    ValueError
        If there is no such version.
    """
    counts = [column.name for column in TRAINED_ON]
    rows = ledger.open(MODELS).rows(["model", "model_version", "artefact", *counts])
    found = rows.filter((pl.col("model") == model) & (pl.col("model_version") == version)).collect()
    if found.is_empty():
        raise ValueError(f"{model} has no version {version!r}")
    row = {
        "alias": f"{model}:{alias}",
        "model": model,
        "model_version": version,
        "artefact": found["artefact"][0],
        **{name: found[name][0] for name in counts},
        "why": why,
        "origin": found["origin"][0],
    }
    put_units(ledger, PROMOTED_MODELS, {f"{model}:{alias}": [row]}, run_id=run_id)


def behind(ledger: Ledger, spec: ModelSpec, version: str) -> int | None:
    """Count the training rows that came, changed or went since a version was fitted.

    None for a version that was fitted on other tables.
    """
    of_model = member_rows(ledger, spec.name, version).filter(pl.col("role") != PREVIOUS)
    if set(of_model["table"]) - {training.table.name for training in spec.training}:
        return None
    handles = {training.role: ledger.open(training.table) for training in spec.training}
    today = _members(spec, handles, left_out(ledger.home))
    then = set(of_model.select("role", "key", "row_hash").iter_rows())
    now = set(today.select("role", "member_key", "member_row_hash").iter_rows())
    return len({(role, key) for role, key, _ in then ^ now})


def member_origins(ledger: Ledger, model: str, version: str) -> list[str]:
    """Return the origins that the rows a version was trained on have in their tables now, each once.

    Rows that are gone are not counted.
    """
    members = member_rows(ledger, model, version).filter(pl.col("role") != PREVIOUS)
    origins: set[str] = set()
    for (table,), of_table in members.group_by("table"):
        there = ledger.open(ledger.table(str(table))).rows([]).select("row_hash", "origin").collect()
        origins |= set(there.filter(pl.col("row_hash").is_in(of_table["row_hash"].implode()))["origin"])
    return sorted(origins)


def _recipe(spec: ModelSpec, root: str, previous: Sequence[str]) -> str:
    config = spec.config.model_dump(mode="json")
    reads = [(training.role, training.table.name, training.columns) for training in spec.training]
    parts = (spec.name, root, code_version(spec.fit), hash_json(config), hash_json(reads))
    # What is fitted on more threads is another version: it does not stand in the way of one that is pinned.
    n_threads = fit_threads()
    threads = [] if n_threads == PINNED_THREADS else [f"{n_threads} threads"]
    return hash_parts(*parts, *previous, *threads)


def _previous(ledger: Ledger, model: str, version: str) -> list[str]:
    """Return the hash of the promoted row that a version was continued from, if there was one."""
    return member_rows(ledger, model, version).filter(pl.col("role") == PREVIOUS)["row_hash"].to_list()


_MEMBER_COLUMNS: Final = dict.fromkeys(("role", "member_table", "member_key", "member_row_hash"), pl.String)


def _members(spec: ModelSpec, handles: Mapping[str, Handle], omitted: LeftOut) -> pl.DataFrame:
    frames = []
    for training in spec.training:
        rows = _rows(training, handles, [], omitted).select("key", "row_hash", "origin").collect()
        frames.append(
            rows.select(
                pl.lit(training.role).alias("role"),
                pl.lit(training.table.name).alias("member_table"),
                pl.col("key").alias("member_key"),
                pl.col("row_hash").alias("member_row_hash"),
                "origin",
            )
        )
    return pl.concat(frames).sort("role", "member_key", "member_row_hash")


def _training_rows(
    ledger: Ledger, training: Training, handles: Mapping[str, Handle], omitted: LeftOut
) -> Sequence[Mapping[str, Any]]:
    rows = _rows(training, handles, training.columns, omitted).sort("key", "row_hash").collect()
    seen = rows.select(*training.columns, "key", "origin").iter_rows(named=True)
    return resolved_rows(seen, training.table, ledger.objects)


def _rows(
    training: Training, handles: Mapping[str, Handle], columns: Sequence[str], omitted: LeftOut
) -> pl.LazyFrame:
    rows = rows_that_count(handles[training.role], columns, omitted, training.keys)
    return rows.filter(~pl.col("row_hash").is_in(list(training.without))) if training.without else rows


def _put_artefact(ledger: Ledger, artefact: bytes) -> str:
    digest = hashlib.sha256(artefact).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "artefact"
        path.write_bytes(artefact)
        ledger.objects.put_file(path, digest)
    return digest
