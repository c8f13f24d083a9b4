"""What a Delta table's log says of its files, made to agree with files that were replaced in place."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from astro_assets.ledger.storage import Storage
from astro_assets.ledger.trace import Trace

_LAST: Final = "_last_checkpoint"


class BrokenHistoryError(RuntimeError):
    """The log of a table lacks commits, so that its history cannot be rewritten."""


def rewrite_log(storage: Storage, key: str, trace: Trace) -> bool:
    """Make the log of a table agree with its files, and take the target out of its statistics.

    Parameters
    ----------
    key
        Of the table's folder. Where files are read from copies, the table gets another id: by that, whoever
        has some knows that they are not what they were.

    Returns
    -------
    bool
        Whether anything was changed.

    Raises
    ------
    BrokenHistoryError
        If commits are missing: the checkpoint that stands for them cannot be made again.
    """
    log = f"{key}/_delta_log/"
    there = [entry.key for entry in storage.entries(log)]
    commits = [of for of in there if _stem(of, log).isdigit() and of.endswith(".json")]
    if [int(_stem(of, log)) for of in commits] != list(range(len(commits))):
        place = storage.place(f"{key}/_delta_log")
        raise BrokenHistoryError(f"{place} lacks commits: the history of this table cannot be rewritten")
    rewriting = _Rewriting(storage, key, trace, str(uuid.uuid4()) if storage.has_copies else None)
    lines = {of: storage.read(of).splitlines() for of in commits}
    new = {of: [rewriting.line(line) for line in of_commit] for of, of_commit in lines.items()}
    changed = [of for of in commits if new[of] != lines[of]]
    if not changed:
        return False
    # Checkpoints repeat the commits: they go before these change, and the pointer to the last goes before it.
    storage.remove(log + _LAST)
    for of in there:
        if ".checkpoint" in of and of.endswith(".parquet"):
            storage.remove(of)
    for of in changed:
        storage.rewrite(of, b"\n".join(new[of]) + b"\n")
    _checkpoint(storage, key)
    return True


def _stem(key: str, log: str) -> str:
    return key.removeprefix(log).partition(".")[0]


def _checkpoint(storage: Storage, key: str) -> None:
    from deltalake import DeltaTable

    options = None if storage.options is None else dict(storage.options)
    with storage.reaching():
        DeltaTable(storage.place(key), storage_options=options).create_checkpoint()


@dataclass(slots=True)
class _Rewriting:
    """How lines of a log are made to agree with files."""

    storage: Storage
    key: str
    trace: Trace
    table_id: str | None
    _known: dict[str, tuple[int | None, int]] = field(default_factory=dict)

    def line(self, line: bytes) -> bytes:
        action: dict[str, Any] = json.loads(line)
        if self.table_id is not None and "metaData" in action:
            return _json({"metaData": {**action["metaData"], "id": self.table_id}})
        for kind in ("add", "remove"):
            told = action.get(kind)
            if told is None:
                continue
            there, n_units = self._file(unquote(told["path"]))
            size = told.get("size") if there is None else there
            stats = json.loads(told.get("stats") or "{}")
            differs = size != told.get("size") or (there is not None and stats.get("numRecords") != n_units)
            if differs or self.trace.mentions(told.get("stats") or "") or _has_hash(stats, self.trace):
                new = {"stats": json.dumps({"numRecords": n_units})} if "stats" in told else {}
                return _json({kind: {**told, "size": size, **new}})
        return line

    def _file(self, name: str) -> tuple[int | None, int]:
        """Return size and units of a file: None and no units where it is gone."""
        if name not in self._known:
            key = f"{self.key}/{name}"
            size = self.storage.size(key)
            self._known[name] = (size, 0 if size is None else self._n_units(key))
        return self._known[name]

    def _n_units(self, key: str) -> int:
        import pyarrow.parquet as pq

        with self.storage.open(key) as stream:
            return int(pq.read_metadata(stream).num_rows)


def _json(action: dict[str, Any]) -> bytes:
    return json.dumps(action, separators=(",", ":")).encode()


def _has_hash(stats: dict[str, Any], trace: Trace) -> bool:
    values = (*stats.get("minValues", {}).values(), *stats.get("maxValues", {}).values())
    return any(isinstance(value, str) and value in trace.hashes for value in values)
