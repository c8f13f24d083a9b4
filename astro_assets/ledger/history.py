"""The files that older versions of a table were made of, as its log tells. Reading only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import polars as pl

from astro_assets.ledger.store import Handle
from astro_assets.ledger.units import unit_schema

_COMMIT: Final = re.compile(r"[0-9]{20}\.json")
_TIME: Final = pl.Datetime("ms", "UTC")
FILES: Final[Mapping[str, Any]] = {
    "path": pl.String, "added": pl.Int64, "removed": pl.Int64, "added_at": _TIME, "removed_at": _TIME,
}  # fmt: skip


def past_files(handle: Handle) -> pl.DataFrame:
    """List the files of versions before a handle's that it does not read itself, and that are still there.

    Returns
    -------
    polars.DataFrame
        ``path`` below the table's, the versions that ``added`` it and that ``removed`` it, and when they were
        committed.
    """
    files = logged_files(handle)
    past = files.filter(pl.col("removed") <= handle.version)
    return past.filter(pl.col("path").is_in(list(_there(handle, past))))


def _there(handle: Handle, files: pl.DataFrame) -> set[str]:
    keys = {f"{handle.key}/{path}": path for path in files["path"]}
    return {keys[key] for key in handle.home.storage.existing(keys)}


def past_units(handle: Handle, columns: Sequence[str], files: pl.DataFrame | None = None) -> pl.LazyFrame:
    """Scan units that older versions held, in the files that held them.

    Parameters
    ----------
    columns
        Columns wanted; null what a store of then lacks.
    files
        Some of :func:`past_files`; all by default.

    Returns
    -------
    polars.LazyFrame
        The columns, and the ``path`` of the file below the table's. A unit that several versions held may be
        there as often.
    """
    found = past_files(handle) if files is None else files
    known = unit_schema(handle.table.schema)
    schema = {name: known[name] for name in columns}
    if found.is_empty():
        return pl.LazyFrame(schema={**schema, "path": pl.String})
    names = found["path"].to_list()
    handle.check_files(names)
    folder = handle.local_folder(names)
    lines = pl.scan_parquet(
        [folder / name for name in names],
        schema=schema,
        glob=False,
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
        include_file_paths="path",
    )
    return lines.with_columns(pl.col("path").str.strip_prefix(f"{folder}/"))


def every_unit(handle: Handle, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield units as they are, then those of older versions."""
    yield handle.units(list(columns)).collect()
    yield past_units(handle, columns).drop("path").collect()


def live_at(files: pl.DataFrame, moments: pl.Series, *, added: str = "added_at") -> pl.DataFrame:
    """Return those of some files that a table was made of at any of some moments, or versions.

    Parameters
    ----------
    moments
        Times, or versions where ``added`` is ``added``.
    """
    ordered = moments.drop_nulls().unique().sort()
    n_before_removed, n_before_added = (
        ordered.search_sorted(files[name].cast(ordered.dtype), side="left")
        for name in (added.replace("added", "removed"), added)
    )
    return files.filter(n_before_removed > n_before_added)


def logged_files(handle: Handle) -> pl.DataFrame:
    """List every file that the log of a table names; ``removed`` is null for those of its latest version."""
    if handle.delta is None:
        return pl.DataFrame(schema=FILES)
    added: dict[str, int] = {}
    removed: dict[str, int] = {}
    times: dict[int | None, int] = {}
    for version, commit in logged_commits(handle).items():
        for line in commit.read_bytes().splitlines():
            # Most of a commit's bytes are statistics of files: only what is needed is taken out of it.
            action = json.loads(line)
            if "add" in action:
                added[action["add"]["path"]] = version
                removed.pop(action["add"]["path"], None)
            elif "remove" in action:
                removed[action["remove"]["path"]] = version
            elif "commitInfo" in action:
                times[version] = action["commitInfo"]["timestamp"]
    lines = [
        (unquote(path), version, gone, times.get(version), times.get(gone))
        for path, version in added.items()
        for gone in [removed.get(path)]
    ]
    types = {**FILES, "added_at": pl.Int64, "removed_at": pl.Int64}
    return pl.DataFrame(lines, schema=types, orient="row").cast({"added_at": _TIME, "removed_at": _TIME})


def has_lost_files(handle: Handle) -> bool:
    """Tell whether files of older versions are there no longer: they were pruned."""
    files = logged_files(handle)
    return len(_there(handle, files)) < files.height


def logged_commits(handle: Handle) -> dict[int, Path]:
    """Return where each commit of a table's log can be read, by version in order."""
    log = f"{handle.key}/_delta_log/"
    found = (entry.key.removeprefix(log) for entry in handle.home.storage.entries(log))
    versions = [int(name.removesuffix(".json")) for name in found if _COMMIT.fullmatch(name)]
    names = {version: f"_delta_log/{version:020}.json" for version in versions}
    folder = handle.local_folder(names.values())
    return {version: folder / name for version, name in names.items()}
