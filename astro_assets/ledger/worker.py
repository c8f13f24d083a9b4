"""Computing units: the part that runs in a worker process, wherever that is.

A chunk of recipes goes in, units come out; arrays are read from and put into the home's store here.
Tables are not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.atomic import Flushing
from astro_assets.ledger.hashing import coerce, output_hash, row_hashes
from astro_assets.ledger.home import Home
from astro_assets.ledger.memory import VARIABLE, memory_bound
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore, StoredArrays
from astro_assets.ledger.running import require_source
from astro_assets.ledger.schema import ARRAYS, FILE, SchemaError
from astro_assets.ledger.table import TARGET, Config, Row, Table
from astro_assets.ledger.units import Outcome, Recipe, Unit, least_real
from astro_assets.redaction import without_secrets

#: Units sent to a worker at once: bounds its memory and the size of a lost piece of work. Stars are searched
#: in vectors of 16: a multiple of these.
CHUNK: Final = 96
#: Failures of the machine, not of the data: the run fails and the unit stays to be computed.
TRANSIENT: Final = (OSError, MemoryError, CorruptStoreError)
_REASON_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Task:
    """A recipe with the parent rows it is to be made from, references not yet read."""

    recipe: Recipe
    parents: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Order:
    """What all chunks of an update share.

    Parameters
    ----------
    source
        The package source with which the recipes were made; a worker that runs another refuses.
    rewrite
        Whether arrays that are already in store are written again.
    """

    table: Table
    config: Config
    home: Home
    source: str
    rewrite: bool = False


def compute_chunk(order: Order, tasks: Sequence[Task]) -> list[Unit]:
    """Compute some units.

    Raises
    ------
    SourceChangedError
        If this process runs other code than the one that ordered the work.
    OSError, MemoryError, CorruptStoreError
        Failures of the machine; all other exceptions make their unit ``failed`` with the reason, as does a
        MemoryError where this process may have only so much.
    """
    if order.table.compute is None:
        raise SchemaError(f"{order.table.name} is a source: its units are put in, not computed")
    require_source(order.source)
    at_once = len(tasks) if order.table.is_batched else 1
    batches = (tasks[first : first + at_once] for first in range(0, len(tasks), at_once))
    with Flushing() as flushing:
        objects = ObjectStore(order.home, order.rewrite, flushing)
        return [unit for batch in batches for unit in _compute(order, order.table.compute, objects, batch)]


def _compute(
    order: Order, compute: Callable[[Any, Any, Any], Any], objects: ObjectStore, tasks: Sequence[Task]
) -> list[Unit]:
    """Compute units with one call; one by one where it fails, so that only what is at fault fails."""
    table, keys = order.table, [task.recipe.key for task in tasks]
    results: Sequence[Sequence[Row]] | None = None
    parents = [
        {
            parent.role: resolved_rows(task.parents[parent.role], parent.table, objects)
            for parent in table.parents
        }
        for task in tasks
    ]
    try:
        if table.is_batched:
            results = compute(keys, parents, order.config)
        else:
            results = [compute(keys[0], parents[0], order.config)]
    except Exception as error:  # a star that fails must not sink its shard
        if _is_of_the_machine(error):
            raise
        reason = _reason(error)
    # Not where the error is handled, which holds what the computation held.
    if results is None and len(tasks) == 1:
        return [failed_unit(tasks[0].recipe, reason)]
    if results is None:
        return [unit for task in tasks for unit in _compute(order, compute, objects, [task])]
    return [_unit(table, task.recipe, rows, objects) for task, rows in zip(tasks, results, strict=True)]


def _unit(table: Table, recipe: Recipe, rows: Sequence[Row], objects: ObjectStore) -> Unit:
    try:
        return make_unit(table, recipe, rows, objects)
    except Exception as error:  # rows that do not fit are the star's failure as well
        if _is_of_the_machine(error):
            raise
        return failed_unit(recipe, _reason(error))


def _is_of_the_machine(error: Exception) -> bool:
    is_too_large = isinstance(error, MemoryError) and memory_bound() is not None
    return isinstance(error, TRANSIENT) and not is_too_large


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        megabytes = (memory_bound() or 0) // 10**6
        return (
            f"needs more than the {megabytes} MB that a worker may have; allow more by {VARIABLE} and run "
            "again with --retry-failed"
        )
    return without_secrets(f"{type(error).__name__}: {error}")[:_REASON_LENGTH]


def make_unit(table: Table, recipe: Recipe, rows: Sequence[Row], objects: ObjectStore) -> Unit:
    """Validate rows against the schema, store their arrays and hash them.

    Raises
    ------
    SchemaError
        If a row does not fit; nothing of the unit is kept then.
    """
    stored, written, origins = [], 0, [recipe.origin]
    for row in rows:
        values, n_bytes = _store(table, recipe, row, objects)
        origins.append(row.get("origin", recipe.origin))
        written += n_bytes
        stored.append(values | row_hashes(table.name, recipe.key, values, table.schema)._asdict())
    outcome: Outcome = "rows" if stored else "empty"
    recipe = replace(recipe, origin=least_real(origins))
    return Unit(
        recipe, outcome, "", output_hash(outcome, "", [r["row_hash"] for r in stored]), tuple(stored), written
    )


def failed_unit(recipe: Recipe, reason: str) -> Unit:
    """Return the unit of a key whose computation failed."""
    return Unit(recipe, "failed", reason, output_hash("failed", reason, []))


def _store(table: Table, recipe: Recipe, row: Row, objects: ObjectStore) -> tuple[dict[str, Any], int]:
    names = set(row) - {"origin"}
    if names != set(table.schema.names):
        missing, unknown = set(table.schema.names) - names, names - set(table.schema.names)
        raise SchemaError(f"{table.name}: row lacks {sorted(missing)} and has unknown {sorted(unknown)}")
    if recipe.target is not None and row.get(TARGET, recipe.target) != recipe.target:
        raise SchemaError(f"{table.name}: row of {row[TARGET]!r} in the unit of {recipe.target!r}")
    values, written = {}, 0
    for column in table.schema:
        value = row[column.name]
        if column.dtype == ARRAYS and value is not None:
            value, n_bytes = objects.put_arrays(value)
            written += n_bytes
        values[column.name] = coerce(value, column)
    return values, written


def resolved_rows(
    rows: Iterable[Mapping[str, Any]], table: Table, objects: ObjectStore
) -> list[dict[str, Any]]:
    """Replace the references of rows, as `resolve_references` does; a file of many rows is verified once."""
    verified: dict[str, Path] = {}
    return [resolve_references(row, table, objects, verified) for row in rows]


def resolve_references(
    row: Mapping[str, Any], table: Table, objects: ObjectStore, verified: dict[str, Path] | None = None
) -> dict[str, Any]:
    """Replace the references of a table's row by what they refer to; arrays are read when they are used.

    Parameters
    ----------
    verified
        Files that were found to be what was stored, by reference: not read again, and more are added.

    Raises
    ------
    CorruptStoreError
        If a file is missing or is not what was stored, with what mends that; arrays raise it when used.
    """
    remedy = "take the file in again" if table.is_source else f"restore it with --recompute {table.name}"
    resolved = dict(row)
    for column in table.schema:
        reference = row.get(column.name)
        if reference is None:
            continue
        if column.dtype == ARRAYS:
            resolved[column.name] = StoredArrays(objects, reference, remedy)
        elif column.dtype == FILE:
            known = {} if verified is None else verified
            try:
                if reference not in known:
                    known[reference] = objects.get_file(reference)
                resolved[column.name] = known[reference]
            except CorruptStoreError as error:
                raise CorruptStoreError(f"{error}; {remedy}") from error
    return resolved
