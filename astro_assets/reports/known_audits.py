"""Audits of all versions for the report: made anew only where what they were read from has changed.

Each is kept in the report's folder under a fingerprint of the tables it was read from, and of this package.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.audit import audit
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_AUDITS, MODELS
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.page_names import model_page_name, report_folder
from astro_assets.ledger.records import record_key
from astro_assets.ledger.running import source_version
from astro_assets.reports.page_store import fingerprint

#: Within the report's folder; no page.
_FOLDER: Final = ".audits"
#: Decisions and models: each of these tables may say something of any version.
_OF_MODELS: Final = "ledger/"
Audited = dict[str, Any]


def all_audits(ledger: Ledger, specs: Iterable[ModelSpec]) -> list[Audited]:
    """Audit every version of every model, in order; see :func:`~astro_assets.ledger.audit.audit`."""
    fitted = ledger.open(MODELS).rows(["model", "model_version"]).select("model", "model_version")
    named = fitted.collect().sort("model", "model_version").rows()
    folder = report_folder(ledger.home) / _FOLDER
    paths = {_path(folder, *names) for names in named}
    for path in folder.glob("*.json"):
        if path not in paths:
            path.unlink()
    tables, specs = _Tables(ledger), tuple(specs)
    return [_audit(ledger, tables, specs, _path(folder, *names), names) for names in named]


class _Tables:
    """The states of a home's tables, each looked up once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, list[Any]] = {}

    def of(self, name: str) -> list[Any]:
        """Return the version of a table, and when a file of it came or went: history may be pruned."""
        if name not in self._known:
            table = next((table for table in self._ledger.tables if table.name == name), None)
            identity = list(self._ledger.open(table).identity) if table is not None else []
            home = self._ledger.home
            files = home.storage.entries(f"{home.table_key(name)}/")
            self._known[name] = [*identity, [[entry.key, entry.modified] for entry in files]]
        return self._known[name]


def _audit(
    ledger: Ledger, tables: _Tables, specs: tuple[ModelSpec, ...], path: Path, names: tuple[str, str]
) -> Audited:
    try:
        kept = json.loads(path.read_text())
        if kept["read"] == _read_from(ledger, tables, kept["audit"]) and _is_held_as_told(
            ledger, kept["audit"]
        ):
            return dict(kept["audit"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # none yet, or damaged
        pass
    made = audit(ledger, *names, specs).to_json()
    write_bytes(path, json.dumps({"read": _read_from(ledger, tables, made), "audit": made}).encode())
    return made


def _read_from(ledger: Ledger, tables: _Tables, made: Mapping[str, Any]) -> str:
    """Hash the states of what an audit was read from."""
    of_models = {table.name for table in ledger.tables if table.name.startswith(_OF_MODELS)}
    read = {line["table"] for line in (*made["tables"], *made["members"])} | of_models
    states = {name: tables.of(name) for name in sorted(read - {MODEL_AUDITS.name})}
    return fingerprint(source_version(), states, list(_records(ledger, made)))


def _records(ledger: Ledger, made: Mapping[str, Any]) -> Iterator[tuple[str, int, float]]:
    """Yield name, size and time of what is recorded of a version beside the tables."""
    stem = record_key(made["model"], made["version"]).rpartition(".")[0]
    for entry in ledger.home.storage.entries("records/"):
        if entry.key.startswith(stem):
            yield entry.name, entry.n_bytes, entry.modified


def _is_held_as_told(ledger: Ledger, made: Mapping[str, Any]) -> bool:
    """Tell whether the files that an audit names are there, or lost, as they were."""
    files = [*made["files"], made["artefact"]]
    held = ledger.objects.held_files(line["sha256"] for line in files)
    return all((line["sha256"] in held) == line["is_held"] for line in files)


def _path(folder: Path, model: str, version: str) -> Path:
    return folder / f"{Path(model_page_name(model, version)).stem}.json"
