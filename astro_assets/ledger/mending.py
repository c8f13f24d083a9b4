"""Making a table readable again of which files are damaged or lost, by what its history still holds.

What comes back this way may be older than what was lost: the caller then computes the table again, or takes
the files in again that it lists. Damaged files are not deleted at once but renamed like the remains of a
killed writer, which pruning removes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.checksums import (
    FOLDER,
    LOG,
    all_damages,
    checksum_path,
    copy_of_entry,
    entry_path,
    folder_of,
    keep_again,
    keep_nothing,
    last_checkpoint,
    leave_out,
    renew_checksums,
    sound_copy,
    versions,
)
from astro_assets.ledger.creation import let_be_new
from astro_assets.ledger.history import logged_files
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.store import DamagedTableError, Handle, LostTableError
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import unit_schema

_ASIDE: Final = ".partial-damaged-"
_TABLE_ASIDE: Final = ".creating-damaged-"


def mend(ledger: Ledger, table: Table) -> list[str]:
    """Make a table readable.

    Returns
    -------
    list of str
        What was damaged and what became of it, for people; nothing where nothing was.

    Raises
    ------
    LostTableError
        If nothing is left of a table that nothing computes.
    """
    folder = folder_of(ledger.home.storage, ledger.home.table_key(table.name))
    try:
        ledger.open(table)
    except LostTableError as error:
        if table.is_source:
            raise
        _let_be_new(ledger, table, folder)
        return [f"{error.place} {error.problem}: made again"]
    except DamagedTableError:
        pass  # what of it is damaged is found below
    return [] if folder is None or not folder.exists() else _mend_folder(ledger, table, folder)


def _mend_folder(ledger: Ledger, table: Table, folder: Path) -> list[str]:
    notes = [f"{damage}: set aside" for damage in all_damages(folder)]
    if notes:
        damaged = {damage.path for damage in all_damages(folder)}
        first = _mend_log(folder, damaged, with_copies=table.is_source)
        if first == 0:
            _let_be_new(ledger, table, folder)
        elif first is not None:
            _go_back(folder, first)
    handle = ledger.open(table)
    if handle.delta is None:
        return notes
    for damage in list(all_damages(folder)):
        _restore_from_copy(folder, damage.path)
    damaged = {damage.path for damage in all_damages(folder)}
    files = [folder / name for name in handle.file_names()]
    lost = [path for path in files if path in damaged or not path.exists()]
    if lost:
        notes.append(_restore_shards(handle, folder, lost, damaged))
    for path in damaged - set(lost):
        _set_aside(path)
    leave_out(folder, [str(path.relative_to(folder)) for path in damaged])
    if notes and table.is_source:  # copies may have been what was damaged
        renew_checksums(folder, with_copies=True)
    return notes


def _restore_from_copy(folder: Path, path: Path) -> None:
    data = sound_copy(folder, str(path.relative_to(folder)))
    if data is not None:
        _set_aside(path)
        write_bytes(path, data)


def _mend_log(folder: Path, damaged: Collection[Path], *, with_copies: bool) -> int | None:
    """Put copies in the place of damaged entries; return the first commit that cannot be read without one.

    What a sound checkpoint holds can: of a lost entry before it, an empty file among the checksums says so.
    """
    log = folder / LOG
    bad = sorted(int(path.stem) for path in damaged if path.parent == log and path.stem.isdigit())
    lost = [version for version in bad if not _entry_restored(folder, version)]
    for path in damaged:
        if path.is_relative_to(folder / FOLDER):
            _set_aside(path)
        elif path.parent == log and not path.stem.isdigit():  # checkpoints only shorten the way
            _set_aside(path)
            (log / "_last_checkpoint").unlink(missing_ok=True)
    for version in versions(folder):
        if version not in lost and any(f"{version:020}" in path.name for path in damaged):
            keep_again(folder, version, with_copies=with_copies)
    checkpoint = last_checkpoint(folder)
    for version in lost:
        if version <= checkpoint:
            _set_aside(entry_path(folder, version))
            keep_nothing(folder, version)
    return min((version for version in lost if version > checkpoint), default=None)


def _entry_restored(folder: Path, version: int) -> bool:
    entry, copy = entry_path(folder, version), copy_of_entry(folder, version)
    if copy is None:
        return False
    _set_aside(entry)
    write_bytes(entry, copy)
    return True


def _let_be_new(ledger: Ledger, table: Table, folder: Path | None) -> None:
    """Let a table be made anew of which nothing can be read."""
    if folder is not None and folder.exists():
        folder.rename(_free(folder.with_name(f"{_TABLE_ASIDE}{folder.name}")))
    let_be_new(ledger.home, table)


def _go_back(folder: Path, lost: int) -> None:
    """Let a table be as it was before a commit of which nothing is left to read."""
    (folder / LOG / "_last_checkpoint").unlink(missing_ok=True)
    for version in range(lost, max([*versions(folder), *versions(folder, FOLDER)]) + 1):
        _set_aside(entry_path(folder, version))
        checksum_path(folder, version).unlink(missing_ok=True)


def _restore_shards(handle: Handle, folder: Path, lost: Collection[Path], damaged: Collection[Path]) -> str:
    """Put what the newest sound file of each shard holds in the place of a lost one; nothing without one."""
    files = logged_files(handle).sort("added", descending=True)["path"].to_list()
    shards = {int(path.parent.name.partition("=")[2]) for path in lost}
    schema = {name: dtype for name, dtype in unit_schema(handle.table.schema).items() if name != "shard"}
    found = [pl.DataFrame(schema=unit_schema(handle.table.schema))]
    for shard in shards:
        of_shard = (folder / name for name in files if name.startswith(f"shard={shard}/"))
        for path in of_shard:
            if path not in damaged and path.exists():
                held = pl.scan_parquet(
                    path, schema=schema, glob=False, hive_partitioning=False, missing_columns="insert",
                    extra_columns="ignore",
                )  # fmt: skip
                found.append(_in_order(held.collect(), shard, found[0].columns))
                break
    units = pl.concat(found)
    for path in lost:
        _set_aside(path)
    replace(handle, is_partial=True).commit(units, shards)  # it may have to read what it does not replace
    return (
        f"{handle.table.name}: {units.height} units of {len(shards)} shards are those of earlier versions "
        "until they are made again"
    )


def _in_order(units: pl.DataFrame, shard: int, columns: list[str]) -> pl.DataFrame:
    return units.with_columns(pl.lit(shard, dtype=pl.Int32).alias("shard")).select(columns)


def _set_aside(path: Path) -> None:
    if path.exists():
        path.rename(_free(path.with_name(f"{_ASIDE}{path.name}")))


def _free(path: Path) -> Path:
    return next(free for free in _names(path) if not free.exists())


def _names(path: Path) -> Iterator[Path]:
    yield path
    number = 1
    while True:
        yield path.with_name(f"{path.name}-{number}")
        number += 1
