"""What a Delta table's log says of its files, made to agree with files that were replaced in place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from astro_assets.ledger.atomic import replacing
from astro_assets.ledger.trace import Trace

_LAST: Final = "_last_checkpoint"


class BrokenHistoryError(RuntimeError):
    """The log of a table lacks commits, so that its history cannot be rewritten."""


def rewrite_log(folder: Path, trace: Trace) -> bool:
    """Make the log of a table agree with its files, and take the target out of its statistics.

    Returns
    -------
    bool
        Whether anything was changed.

    Raises
    ------
    BrokenHistoryError
        If commits are missing: the checkpoint that stands for them cannot be made again.
    """
    log = folder / "_delta_log"
    commits = sorted(path for path in log.glob("*.json") if path.stem.isdigit())
    if [int(path.stem) for path in commits] != list(range(len(commits))):
        raise BrokenHistoryError(f"{log} lacks commits: the history of this table cannot be rewritten")
    lines = {path: path.read_bytes().splitlines() for path in commits}
    new = {path: [_line(line, folder, trace) for line in of_path] for path, of_path in lines.items()}
    changed = [path for path in commits if new[path] != lines[path]]
    if not changed:
        return False
    # Checkpoints repeat the commits: they go before these change, and the pointer to the last goes before it.
    for path in (log / _LAST, *log.glob("*.checkpoint*.parquet")):
        path.unlink(missing_ok=True)
    for path in changed:
        _write(path, new[path])
    _checkpoint(folder)
    return True


def _checkpoint(folder: Path) -> None:
    from deltalake import DeltaTable

    DeltaTable(folder).create_checkpoint()


def _write(commit: Path, lines: list[bytes]) -> None:
    status = commit.stat()
    with replacing(commit, mode=status.st_mode & 0o777) as stream:
        stream.write(b"\n".join(lines) + b"\n")
        stream.flush()
        # What a table was at a time is found by the times of these files.
        os.utime(stream.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def _line(line: bytes, folder: Path, trace: Trace) -> bytes:
    action: dict[str, Any] = json.loads(line)
    for kind in ("add", "remove"):
        told = action.get(kind)
        if told is None:
            continue
        path = folder / unquote(told["path"])
        size = path.stat().st_size if path.is_file() else told.get("size")
        stats = json.loads(told.get("stats") or "{}")
        differs = size != told.get("size") or (path.is_file() and stats.get("numRecords") != _n_units(path))
        if differs or trace.mentions(told.get("stats") or "") or _has_hash(stats, trace):
            new = {"stats": json.dumps({"numRecords": _n_units(path)})} if "stats" in told else {}
            return json.dumps({kind: {**told, "size": size, **new}}, separators=(",", ":")).encode()
    return line


def _has_hash(stats: dict[str, Any], trace: Trace) -> bool:
    values = (*stats.get("minValues", {}).values(), *stats.get("maxValues", {}).values())
    return any(isinstance(value, str) and value in trace.hashes for value in values)


def _n_units(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows) if path.is_file() else 0
