"""The files that older versions of a table were made of, as its log tells. Reading only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from os.path import isfile
from typing import Any, Final
from urllib.parse import unquote

import polars as pl

from astro_assets.ledger.store import Handle
from astro_assets.ledger.units import unit_schema

_TIME: Final = pl.Datetime("ms", "UTC")
FILES: Final[Mapping[str, Any]] = {
    "path": pl.String, "added": pl.Int64, "removed": pl.Int64, "added_at": _TIME, "removed_at": _TIME,
}  # fmt: skip


def past_files(handle: Handle) -> pl.DataFrame:
    """List the files of versions before a handle's that it does not read itself, and that are still there.

    Returns
    -------
    polars.DataFrame
        ``path``, the versions that ``added`` it and that ``removed`` it, and when they were committed.
    """
    files = logged_files(handle)
    past = files.filter(pl.col("removed") <= handle.version)
    is_there = list(map(isfile, past["path"].to_list()))
    return past.filter(pl.Series(is_there, dtype=pl.Boolean))


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
        The columns, and the ``path`` of the file. A unit that several versions held may be there as often.
    """
    found = past_files(handle) if files is None else files
    known = unit_schema(handle.table.schema)
    schema = {name: known[name] for name in columns}
    if found.is_empty():
        return pl.LazyFrame(schema={**schema, "path": pl.String})
    return pl.scan_parquet(
        found["path"].to_list(),
        schema=schema,
        glob=False,
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
        include_file_paths="path",
    )


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
    root = handle.home.table_path(handle.table.name)
    added: dict[str, int] = {}
    removed: dict[str, int] = {}
    times: dict[int | None, int] = {}
    for commit in sorted((root / "_delta_log").glob("*.json")):
        if not commit.stem.isdigit():
            continue
        version = int(commit.stem)
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
        (f"{root}/{unquote(path)}", version, gone, times.get(version), times.get(gone))
        for path, version in added.items()
        for gone in [removed.get(path)]
    ]
    types = {**FILES, "added_at": pl.Int64, "removed_at": pl.Int64}
    return pl.DataFrame(lines, schema=types, orient="row").cast({"added_at": _TIME, "removed_at": _TIME})


def has_lost_files(handle: Handle) -> bool:
    """Tell whether files of older versions are there no longer: they were pruned."""
    return not all(map(isfile, logged_files(handle)["path"].to_list()))
