"""What people mean by FILE, TARGET or TABLE."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.history import every_unit
from astro_assets.ledger.impact import Impact, impact_of_target, impact_of_units
from astro_assets.ledger.ledger import Ledger, UnknownTableError
from astro_assets.ledger.lineage import UnknownUnitError
from astro_assets.observations.targets import TargetIdError, canonical_target_id

_HASH: Final = re.compile(r"[0-9a-f]{6,64}", re.IGNORECASE)


def impact_of(ledger: Ledger, text: str) -> tuple[str, Impact]:
    """Find what descends from what people name: a table, a target, a file by path, name or hash.

    Returns
    -------
    tuple of (str, Impact)
        What was meant, in words, and what descends from it.

    Raises
    ------
    UnknownUnitError
        If nothing here is called so, or several files are.
    """
    with suppress(UnknownTableError):
        table = ledger.table(text)
        keys = ledger.open(table).units(["key"]).select(pl.lit(table.name).alias("table"), "key")
        return f"the table {table.name}", impact_of_units(ledger, keys.collect())
    with suppress(TargetIdError):
        target = canonical_target_id(text)
        return f"the target {target}", impact_of_target(ledger, target)
    files = _files_called(ledger, text)
    if files.height == 1:
        return f"the file {files['key'][0]}", impact_of_units(ledger, files)
    if files.height:
        listed = ", ".join(key[:12] for key in files["key"][:5])
        raise UnknownUnitError(f"{files.height} files are called {text!r}: name one by its hash: {listed}")
    raise UnknownUnitError(f"{text!r} is no table, no target and no file that was taken in")


def _files_called(ledger: Ledger, text: str) -> pl.DataFrame:
    """Return the units of the files of a name or hash, of earlier versions as well: ``table``, ``key``."""
    path, wanted = Path(text), text.lower()
    is_hash = _HASH.fullmatch(text) is not None
    if not is_hash and path.is_file():
        wanted, is_hash = sha256_of(path), True
    frames = [pl.DataFrame(schema={"table": pl.String, "key": pl.String})]
    for table in ledger.tables:
        column = next(iter(table.schema.files), None)
        if not table.is_source or column is None or "file_name" not in table.schema.names:
            continue
        called = pl.col("file_name") == text
        if is_hash:
            called |= pl.col(column).str.starts_with(wanted)
        for units in every_unit(ledger.open(table), ["key", column, "file_name"]):
            rows = units.explode(column, "file_name").filter(called)
            frames.append(rows.select(pl.lit(table.name).alias("table"), "key"))
    return pl.concat(frames).unique(maintain_order=True)
