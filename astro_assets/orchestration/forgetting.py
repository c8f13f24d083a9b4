"""Taking a target out of a home for good, in steps that may be interrupted and are gone on with.

What is to go is written into a journal before, which is removed after it. How tables are rewritten is in the
ledger; that a target is left out from then on was decided before.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from astro_assets.ledger.forgetting_log import rewrite_log
from astro_assets.ledger.forgetting_tables import rewrite_table, table_folders, table_name
from astro_assets.ledger.history import every_unit
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import FORGOTTEN
from astro_assets.ledger.model_tables import MODEL_AUDITS, PROMOTED_MODELS
from astro_assets.ledger.objects import sha256_of
from astro_assets.ledger.page_names import report_folder
from astro_assets.ledger.trace import Trace
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.forgetting_journal import Journal
from astro_assets.orchestration.scrubbing import remove, scrub_file, scrub_folder

#: What of a home is treated by name; anything else that mentions the target is removed.
_KNOWN: Final = (
    "tables", "objects", "files", "sources", "environments", "dagster", "inbox", "home.toml", "config.toml",
    "mlflow.db", "mlflow_artifacts", "forgetting.json",
)  # fmt: skip
_MOST_BYTES: Final = 256 * 1024**2


@dataclass(slots=True)
class Gone:
    """What went."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def forget(ledger: Ledger, journal: Journal) -> Gone:
    """Take everything out that the journal names, leaving a tombstone; may be called again."""
    home, trace, gone = ledger.home, journal.trace, Gone()
    _demote(ledger, trace)
    # From here on the target is left out by its tombstone: the retraction goes with the rest.
    _put_tombstone(ledger, journal)
    declared = {table.name: table for table in ledger.tables}
    for folder in table_folders(home):
        name = table_name(folder)
        if name == FORGOTTEN.name:
            continue
        removed = rewrite_table(folder, declared.get(name), trace, journal.name)
        rewrite_log(folder, trace)
        gone.counts["rows"] += removed.rows
        gone.counts["files of tables"] += len(removed.files)
    _remove_stored(ledger, journal, gone)
    _remove_inbox(home, journal, gone)
    _scrub_tracking(home, journal, gone)
    gone.counts["logs and databases"] += scrub_folder(home.dagster, journal.replace)
    _remove_rest(home, trace, gone)
    return gone


def _demote(ledger: Ledger, trace: Trace) -> None:
    """Take aliases from models whose file goes: what applied them has nothing to apply."""
    rows = ledger.open(PROMOTED_MODELS).rows(["artefact"]).select("key", "artefact").collect()
    lost = [key for key, artefact in rows.iter_rows() if artefact in trace.artefacts]
    if lost:
        put_units(ledger, PROMOTED_MODELS, {}, remove=lost)


def _put_tombstone(ledger: Ledger, journal: Journal) -> None:
    trace = journal.trace
    counts = {"rows": len(trace.rows), "files": len(trace.files), "arrays": len(trace.arrays)}
    row = {
        "salt": journal.salt,
        "tombstone": journal.tombstone,
        "why": journal.why,
        "forgotten_at": journal.begun_at,
        "removed": json.dumps({**counts, "models": len(trace.artefacts)}),
        "models": list(trace.models),
    }
    put_units(ledger, FORGOTTEN, {journal.tombstone: [row]})


def _remove_stored(ledger: Ledger, journal: Journal, gone: Gone) -> None:
    trace, objects = journal.trace, ledger.objects
    for digest in trace.arrays:
        if (path := objects.array_path(digest)).exists():
            gone.counts["arrays"] += 1
            gone.counts["bytes"] += remove(path)
    for sha256 in (*trace.files, *trace.artefacts):
        if (path := objects.file_path(sha256)).exists():
            gone.counts["stored files"] += 1
            gone.counts["bytes"] += remove(path)
    _remove_audits(ledger, journal, gone)
    known = set(trace.shared_files)
    others = _files_of_others(ledger, trace)
    for path in sorted((ledger.home.root / "files").glob("*/*")):
        if path.name not in known and (path.name in others or not _mentioned(path, trace)):
            continue
        if journal.with_shared:
            gone.counts["stored files"] += 1
            gone.counts["bytes"] += remove(path)
            gone.notes.append(f"the file {path.name[:12]}, which told of other stars too, is removed")
        else:
            gone.notes.append(
                f"the file {path.name[:12]} tells of other stars too, and is kept; --purge-files removes it"
            )
    gone.counts["bytes"] += sum(remove(path) for path in (ledger.home.root / "trainings").glob("*"))


def _remove_audits(ledger: Ledger, journal: Journal, gone: Gone) -> None:
    """Remove the audits that tell of the target, of any time: those of today are made anew without it."""
    handle = ledger.open(MODEL_AUDITS)
    told = [
        line for units in every_unit(handle, ["key", "audit"]) for line in units.explode("audit").iter_rows()
    ]
    paths = {ledger.objects.file_path(sha256) for _, sha256 in told if sha256 is not None}
    for path in sorted(path for path in paths if path.exists() and _mentioned(path, journal.trace)):
        gone.counts["audits"] += 1
        gone.counts["bytes"] += remove(path)
    now = handle.rows(["audit"]).select("key", "audit").collect()
    lost = [key for key, sha256 in now.iter_rows() if not ledger.objects.file_path(sha256).exists()]
    if lost:
        put_units(ledger, MODEL_AUDITS, {}, remove=lost)


def _files_of_others(ledger: Ledger, trace: Trace) -> set[str]:
    """Return the files of which another star is told: they need not be read."""
    found: set[str] = set()
    for table in ledger.tables:
        star = table.star_column
        if star is not None and table.key in table.schema.names and table.target is None:
            rows = ledger.open(table).rows([star]).filter(pl.col(star).is_not_null()).collect()
            found |= set(rows.filter(pl.col(star) != trace.target)["key"])
    return found - set(trace.shared_files)


def _remove_inbox(home: Home, journal: Journal, gone: Gone) -> None:
    trace = journal.trace
    for path in sorted(home.inbox.rglob("*")) if home.inbox.is_dir() else ():
        if not path.is_file():
            continue
        is_its = path.name in trace.file_names or trace.mentions(path.name)
        if is_its or (path.stat().st_size <= _MOST_BYTES and sha256_of(path) in trace.files):
            gone.counts["files in the inbox"] += 1
            gone.counts["bytes"] += remove(path)
        elif path.suffix in (".csv", ".txt", ".json") and _mentioned(path, trace):
            gone.notes.append(f"{path} tells of it among others, and is yours to change")
    # A memory of the file system only: all is looked at again.
    for path in home.root.glob("inbox.sqlite*"):
        remove(path)


def _scrub_tracking(home: Home, journal: Journal, gone: Gone) -> None:
    trace = journal.trace
    for run in sorted((home.root / "mlflow_artifacts").glob("*")):
        files = [path for path in run.rglob("*") if path.is_file()]
        if any(sha256_of(path) in trace.artefacts or _mentioned(path, trace) for path in files):
            gone.counts["tracked runs without their files now"] += 1
            gone.counts["bytes"] += sum(map(remove, files))
    for path in home.root.glob("mlflow.db"):
        scrub_file(path, journal.replace)


def _remove_rest(home: Home, trace: Trace, gone: Gone) -> None:
    for top in sorted(home.root.iterdir()):
        if top.name in _KNOWN:
            continue
        if top == report_folder(home):
            gone.counts["bytes"] += remove(top)
            gone.notes.append("the report is removed; `astro-assets report` writes it again")
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and (trace.mentions(path.name) or _mentioned(path, trace)):
                gone.counts["bytes"] += remove(path)
                gone.notes.append(f"{path.relative_to(home.root)} named it, and is removed")


def _mentioned(path: Path, trace: Trace) -> bool:
    """Tell whether a file, unpacked where it is packed, mentions the target."""
    with suppress(OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile):
        if path.stat().st_size > _MOST_BYTES:
            return False
        return any(trace.mentions(data.decode("latin-1")) for data in _contents(path))
    return False


def _contents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:2] == b"PK":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name.encode() + b"\n" + archive.read(name)
    else:
        yield data
