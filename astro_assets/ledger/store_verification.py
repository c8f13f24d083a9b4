"""Whether the files of a table in an object store can be read, and hold what the hashes in them say.

There is no other record of their bytes there: writing does not read what Delta Lake writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote

import polars as pl

from astro_assets.ledger.checksums import LOG
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.store import Handle
from astro_assets.ledger.verification import UnitChecker

_UNUSABLE: Final = (ValueError, TypeError, LookupError, OverflowError)


def damages_in_store(ledger: Ledger, handle: Handle) -> Iterator[tuple[str, str]]:
    """Read the log and the files of all versions of a table again.

    Yields
    ------
    tuple of (str, str)
        The key of a file that is damaged, or missing from the version that the handle reads, and its problem.

    Raises
    ------
    StoreError
        If the object store does not answer.
    """
    sizes: dict[str, Any] = {}
    storage, current = handle.home.storage, set(handle.file_names())
    for version in range(handle.version + 1):
        key = f"{handle.key}/{LOG}/{version:020}.json"
        try:
            actions = [json.loads(line) for line in storage.read(key).splitlines()]
            sizes |= {unquote(of["add"]["path"]): of["add"]["size"] for of in actions if "add" in of}
            if not actions:
                yield key, "is damaged: it is empty"
        except FileNotFoundError:
            yield key, "is missing"
        except _UNUSABLE as error:
            yield key, f"cannot be read: {error}"
    for name in sorted(sizes.keys() | current):
        key = f"{handle.key}/{name}"
        try:
            data = storage.read(key)
        except FileNotFoundError:
            if name in current:  # else it was pruned
                yield key, "is missing"
        else:
            problem = _problem_of(ledger, handle, data, sizes.get(name, len(data)))
            if problem is not None:
                yield key, problem


def _problem_of(ledger: Ledger, handle: Handle, data: bytes, size: int) -> str | None:
    """Return the first thing that is the matter with a file of units."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if len(data) != size:
        return f"is damaged: it has {len(data)} bytes, and {size} were written"
    try:
        units = pl.DataFrame(pl.from_arrow(pq.ParquetFile(BytesIO(data)).read()))
        checker = UnitChecker(ledger, looks_up=False)
        for unit in units.iter_rows(named=True):
            for problem in checker.problems(handle.table, _whole(handle, unit)):
                if "cannot be hashed again" not in problem:
                    return f"is damaged: {unit['key']!r}: {problem}"
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, *_UNUSABLE) as error:
        return f"is damaged: {' '.join(str(error).split()) or type(error).__name__}"
    return None


def _whole(handle: Handle, unit: Mapping[str, Any]) -> dict[str, Any]:
    """Return a unit with nulls in the place of columns that its file, of an older version, lacks."""
    return {name: [None] * unit["n_rows"] for name in handle.table.schema.names} | dict(unit)
