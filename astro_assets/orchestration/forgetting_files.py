"""The files of a home that tell of a target: those that this package wrote go, those of others are told.

Tables and the stores of a home are in `forgetting`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.history import every_unit
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS, TRACKED_RUNS
from astro_assets.ledger.storage import Storage, local_file
from astro_assets.ledger.trace import Trace
from astro_assets.orchestration.mentions import Mention, mention_in
from astro_assets.orchestration.scrubbing import remove

#: What this package writes that tells of no target, or is treated elsewhere, by its path below the home.
_OURS: Final = re.compile(
    r"(home|store)\.toml|forgetting\.json|inbox\.sqlite(-\w+)?|mlflow\.db(-\w+)?|(dagster|inbox|trainings|mlflow_artifacts)/.*"
    r"|tables/\w+/\w+/((_delta_log|_checksums)/.*|(shard=\w+/)?[^/]+\.parquet)|created/\w+/\w+|objects/[0-9a-f]{2}/[0-9a-f]+\.arrow"
    r"|files/[0-9a-f]{2}/[0-9a-f]{64}|sources/[0-9a-f]{64}\.zip|environments/[0-9a-f]+\.json|keys/\w+\.pem",
    re.DOTALL,
)
#: What this package writes of one model or one run: it goes where it mentions the target.
_RECORDS: Final = re.compile(r"records/[\w.-]+\.\w+|configs/[0-9a-f]+\.json")
_REPORT: Final = re.compile(
    r"report/(\.lock|pages\.json|(index|images|xray|(candidates|targets|refused)-\d+)\.html|static/[\w.]+\.(js|css)"
    r"|(models|targets|candidates|xray)/[\w.-]+\.html|\.audits/[\w.-]+\.json)"
)
_PARTIAL: Final = (".partial-", ".creating-")


@dataclass(slots=True)
class Gone:
    """What went, and what is left.

    Attributes
    ----------
    left
        A line for each file that tells of the target, or may, and stays.
    shared
        Hashes of files that told of other stars, too, and are removed.
    """

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)

    def remove(self, kind: str, storage: Storage, key: str) -> None:
        """Remove something from where tables and files lie, and count it if it was there."""
        if (n_bytes := storage.remove(key)) is not None:
            self.counts[kind] += 1
            self.counts["bytes"] += n_bytes


def remove_inbox(home: Home, trace: Trace, others: Collection[str], gone: Gone) -> None:
    """Remove the files in the inbox that were taken in as the target's, and the memory of the inbox.

    Parameters
    ----------
    others
        SHA-256 of files of which it is known that they are of other targets.
    """
    for path in sorted(home.inbox.rglob("*")) if home.inbox.is_dir() else ():
        sha256 = _sha256(path)
        if sha256 in trace.files:
            gone.counts["files in the inbox"] += 1
            gone.counts["bytes"] += remove(path)
        elif sha256 not in others:
            _tell(path, path.relative_to(home.root).as_posix(), trace, gone)
    # A memory of the file system only: all is looked at again.
    for path in home.root.glob("inbox.sqlite*"):
        remove(path)


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path) if path.is_file() else ""
    except PermissionError:
        return ""


def remove_tracked(ledger: Ledger, trace: Trace, gone: Gone) -> None:
    """Remove what MLflow keeps of models that were trained on the target, or mentions it in runs of ours."""
    home = ledger.home
    runs = _values(ledger, "tracked_run")
    models = _values(ledger, "artefact")
    for path in sorted((home.root / "mlflow_artifacts").glob("*")):
        files = {file: sha256_of(file) for file in sorted(path.rglob("*")) if file.is_file()}
        if set(files.values()) & set(trace.artefacts):
            gone.counts["tracked runs without their files now"] += 1
            # The model goes last: by it the run is known again.
            for file in sorted(files, key=lambda file: files[file] in trace.artefacts):
                gone.counts["bytes"] += remove(file)
            continue
        for file in (file for file, sha256 in files.items() if sha256 not in models):
            if path.name in runs and mention_in(file, trace) is Mention.FOUND:
                gone.counts["bytes"] += remove(file)
            else:
                _tell(file, file.relative_to(home.root).as_posix(), trace, gone)
    rows = (
        ledger.open(TRACKED_RUNS).rows(["tracked_run", "address"]).filter(pl.col("key").is_in(trace.models))
    )
    for run, address in rows.select("tracked_run", "address").collect().iter_rows():
        if address.startswith("http"):
            gone.left.append(
                f"the MLflow server at {address} keeps a model that was trained on the star as run {run}: "
                "delete it there, and run `mlflow gc`"
            )


def _values(ledger: Ledger, column: str) -> set[str]:
    table = next(table for table in (MODELS, TRACKED_RUNS) if column in table.schema.names)
    return {
        value
        for units in every_unit(ledger.open(table), [column])
        for value in units[column].explode().drop_nulls()
    }


def remove_rest(home: Home, trace: Trace, gone: Gone) -> None:
    """Remove the report, records that mention the target, what killed writers left; tell of all else."""
    n_pages = 0
    home.storage.clear_copies()
    for path in sorted(home.root.rglob("*")):
        place = path.relative_to(home.root)
        name = place.as_posix()
        if _OURS.fullmatch(name) or (path.is_dir() and not trace.mentions(path.name)):
            continue
        is_page = _REPORT.fullmatch(name) is not None
        is_record = _is_record(name, path, trace, gone)
        if is_page or is_record or any(part.startswith(_PARTIAL) for part in place.parts):
            gone.counts["records"] += is_record
            gone.counts["bytes"] += remove(path)
            n_pages += is_page
        else:
            _tell(path, name, trace, gone)
    if home.store is not None:
        _remove_rest_of_store(home.storage, trace, gone)
    if n_pages:
        gone.notes.append("the report is removed; `astro-assets report` writes it again")


def _remove_rest_of_store(storage: Storage, trace: Trace, gone: Gone) -> None:
    """Do the same where tables and files lie elsewhere."""
    for entry in storage.entries(""):
        if _OURS.fullmatch(entry.key):
            continue
        copy = local_file(storage, entry.key)
        if _is_record(entry.key, copy, trace, gone):
            gone.remove("records", storage, entry.key)
        else:
            _tell(copy, entry.key, trace, gone)
    storage.clear_copies()
    gone.notes.append("other machines may keep copies of files of the store: remove their folders of copies")


def _is_record(name: str, path: Path, trace: Trace, gone: Gone) -> bool:
    """Tell whether something is what this package recorded of the target, or of what is gone with it."""
    return _RECORDS.fullmatch(name) is not None and (
        mention_in(path, trace) is Mention.FOUND or _names(path, gone.shared)
    )


def _names(record: Path, files: Collection[str]) -> bool:
    """Tell whether a record is of what was made of files that are gone: its rows' hashes stand there, too."""
    data = record.read_bytes() if files else b""
    return any(sha256.encode() in data for sha256 in files)


def _tell(path: Path, name: str, trace: Trace, gone: Gone) -> None:
    """Take note of a file, or a folder by its name, that is not ours to change."""
    found = mention_in(path, trace) if path.is_file() or trace.mentions(path.name) else Mention.NONE
    if found is Mention.FOUND:
        gone.left.append(f"{name} mentions the star, and is yours: it stays")
    elif found is Mention.UNSURE:
        gone.left.append(f"{name} may tell of the star, and is yours: look into it")
