"""Whether every file of a home is still what was written, and is there: all of them are read again.

Nothing is mended here; each finding names the file and what restores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import polars as pl
from deltalake.exceptions import DeltaError

from astro_assets.ledger.checksums import all_damages, folder_of
from astro_assets.ledger.history import every_unit
from astro_assets.ledger.home import read_anew
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.records import RecordError, read_record
from astro_assets.ledger.schema import ARRAYS
from astro_assets.ledger.storage import StoreError
from astro_assets.ledger.store import DamagedTableError
from astro_assets.ledger.store_verification import damages_in_store
from astro_assets.ledger.table import Table

_MADE_WITH: Final = ("config_hash", "source", "installed", "environment")
_AGAIN: Final = "astro-assets run --recompute {}"
_TAKE_IN: Final = "take the file in again: astro-assets run --observations PATH, or catalogs add FILE"
_PAST: Final = "copy it from a backup; only older versions of tables refer to it"
_UNUSED: Final = "remove it; no table refers to it"
_BACKUP: Final = "copy it from a backup"
_COPY: Final = "copy it from a backup; results are not touched, their lineage lacks it"


@dataclass(frozen=True, slots=True)
class Finding:
    """A file of a home that is missing or not what was written.

    Attributes
    ----------
    remedy
        What restores it.
    """

    place: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Stored:
    """Something in a store that is there, or that tables name: what reads it, and what restores it."""

    key: str
    read: Callable[[], Any]
    remedy: str


def verify_home(
    ledger: Ledger, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[int, list[Finding]]:
    """Read everything again that a home holds of tables, arrays, raw files, code, settings and records.

    Parameters
    ----------
    progress
        Called with the number of files read and to read; those of tables are not counted.

    Returns
    -------
    tuple of (int, list of Finding)
        Files of the stores that were read, and what was found.

    Raises
    ------
    StoreError
        If the object store does not answer.
    """
    with read_anew(ledger.home) as home:
        return _verified(replace(ledger, home=home), progress)


def _verified(ledger: Ledger, progress: Callable[[int, int], None]) -> tuple[int, list[Finding]]:
    of_tables = {table.name: list(_of_table(ledger, table)) for table in ledger.tables}
    findings = [finding for of_table in of_tables.values() for finding in of_table]
    named: dict[str, _Stored] = {}
    for table in reversed(ledger.tables):  # the first that refers to something is the one that made it
        if not of_tables[table.name]:
            try:
                of_table = list(_named(ledger, table))
            except pl.exceptions.PolarsError as error:  # of a home of before: it has no checksums
                place = ledger.home.storage.place(ledger.home.table_key(table.name))
                remedy = _AGAIN.format(table.name)
                findings.append(Finding(place, f"cannot be read: {_line(error)}", remedy))
                continue
            for stored in of_table:
                if stored.remedy != _PAST or stored.key not in named:
                    named[stored.key] = stored
    stores = {stored.key: stored for stored in _present(ledger)} | named
    for done, (key, stored) in enumerate(sorted(stores.items()), 1):
        try:
            stored.read()
        except (CorruptStoreError, RecordError) as error:
            place = ledger.home.storage.place(key)
            findings.append(Finding(place, str(error).removeprefix(f"{place} "), stored.remedy))
        except StoreError:
            raise
        except OSError as error:
            place = ledger.home.storage.place(key)
            findings.append(Finding(place, f"cannot be read: {error.strerror or error}", stored.remedy))
        progress(done, len(stores))
    return len(stores), findings


def _of_table(ledger: Ledger, table: Table) -> Iterator[Finding]:
    home, remedy = ledger.home, _AGAIN.format(table.name)
    folder = folder_of(home.storage, home.table_key(table.name))
    found = list(all_damages(folder)) if folder is not None and folder.exists() else []
    yield from (Finding(str(damage.path), damage.problem, remedy) for damage in found)
    if not found:
        yield from _unreadable(ledger, table, remedy if folder is not None else _in_store(ledger, table))


def _unreadable(ledger: Ledger, table: Table, remedy: str) -> Iterator[Finding]:
    """Yield what of a table is found by reading it: all that can be found where nobody kept checksums."""
    storage, key = ledger.home.storage, ledger.home.table_key(table.name)
    try:
        handle = ledger.open(table)
        lost = ((f"{key}/{name}", "is missing") for name in handle.missing_files())
        for of, problem in lost if handle.folder is not None else damages_in_store(ledger, handle):
            yield Finding(storage.place(of), problem, remedy)
    except DamagedTableError as error:
        yield Finding(error.place, error.problem, error.remedy)
    except DeltaError as error:
        yield Finding(storage.place(f"{key}/_delta_log"), f"cannot be read: {_line(error)}", remedy)


def _in_store(ledger: Ledger, table: Table) -> str:
    if table.is_source:
        return _BACKUP
    place = ledger.home.storage.place(f"{ledger.home.table_key(table.name)}/")
    return f"remove all below {place}, then {_AGAIN.format(table.name)}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _named(ledger: Ledger, table: Table) -> Iterator[_Stored]:
    """Yield what the rows of a table refer to, whether it is there or not."""
    handle, objects = ledger.open(table), ledger.objects
    again = _TAKE_IN if table.is_source else _AGAIN.format(table.name)
    columns = [column for column in table.schema if column.is_reference]
    names = [*(column.name for column in columns), *_MADE_WITH]
    lines, *past = every_unit(handle, names)
    for units, remedy in [(units, _PAST) for units in past] + [(lines, again)]:
        for column in columns:
            for digest in _distinct(units[column.name].explode()):
                if column.dtype == ARRAYS:
                    yield _Stored(objects.array_key(digest), partial(objects.get_arrays, digest), remedy)
                else:
                    yield _Stored(objects.file_key(digest), partial(objects.get_file, digest), remedy)
    made = pl.concat([units.select(_MADE_WITH) for units in (lines, *past)])
    for digest in _distinct(made["config_hash"]):
        yield _Stored(f"configs/{digest}.json", partial(objects.get_config, digest), _COPY)
    for digest in _distinct(made["source"]):
        yield _Stored(f"sources/{digest}.zip", partial(objects.get_source, digest), _COPY)
    for digest in _distinct(pl.concat([made["installed"], made["environment"]])):
        yield _Stored(f"environments/{digest}.json", partial(objects.get_environment, digest), _COPY)


def _distinct(values: pl.Series) -> list[str]:
    return [value for value in values.drop_nulls().unique() if value]


def _present(ledger: Ledger) -> Iterator[_Stored]:
    """Yield what lies in the stores, whether something refers to it or not."""
    storage, objects = ledger.home.storage, ledger.objects
    kinds: tuple[tuple[str, Callable[[str], Any], str], ...] = (
        ("objects/", objects.get_arrays, _UNUSED),
        ("files/", objects.get_file, _UNUSED),
        ("sources/", objects.get_source, _COPY),
        ("environments/", objects.get_environment, _COPY),
        ("configs/", objects.get_config, _COPY),
    )
    for prefix, read, remedy in kinds:
        for entry in storage.entries(prefix):
            if not entry.name.startswith("."):
                yield _Stored(entry.key, partial(read, entry.name.partition(".")[0]), remedy)
    for entry in storage.entries("records/"):
        if entry.name.endswith(".json"):
            remedy = "copy it from a backup, or train the model again"
            yield _Stored(entry.key, partial(read_record, storage, entry.key), remedy)
