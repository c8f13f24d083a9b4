"""The files that older versions of a table were made of, as its log tells. Reading only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import polars as pl

from astro_assets.ledger.store import Handle

FILES: Final = {"path": pl.String, "added": pl.Int64, "removed": pl.Int64}


def past_files(handle: Handle) -> pl.DataFrame:
    """List the files of versions before a handle's that it does not read itself, and that are still there.

    Returns
    -------
    polars.DataFrame
        ``path``, and the versions that ``added`` it and that ``removed`` it.
    """
    files = logged_files(handle)
    past = files.filter(pl.col("removed") <= handle.version)
    is_there = [Path(path).is_file() for path in past["path"]]
    return past.filter(pl.Series(is_there, dtype=pl.Boolean))


def logged_files(handle: Handle) -> pl.DataFrame:
    """List every file that the log of a table names; ``removed`` is null for those of its latest version."""
    if handle.delta is None:
        return pl.DataFrame(schema=FILES)
    root = handle.home.table_path(handle.table.name)
    added: dict[str, int] = {}
    removed: dict[str, int] = {}
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
    lines = [(str(root / unquote(path)), version, removed.get(path)) for path, version in added.items()]
    return pl.DataFrame(lines, schema=FILES, orient="row")
