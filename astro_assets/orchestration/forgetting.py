"""Taking a target out of a home for good, in steps that may be interrupted and are gone on with.

What is to go is written into a journal before, which is removed after it. How tables are rewritten is in the
ledger; that a target is left out from then on was decided before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final

import polars as pl

from astro_assets.ledger.checksums import drop_checksums, folder_of, renew_checksums
from astro_assets.ledger.forgetting_log import rewrite_log
from astro_assets.ledger.forgetting_tables import rewrite_table, table_names
from astro_assets.ledger.history import every_unit
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import FORGOTTEN
from astro_assets.ledger.model_names import SEPARATOR
from astro_assets.ledger.model_tables import MODEL_AUDITS, PROMOTED_MODELS
from astro_assets.ledger.records import record_key
from astro_assets.ledger.storage import Entry, Storage, local_file
from astro_assets.ledger.trace import Trace
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.forgetting_files import Gone, remove_inbox, remove_rest, remove_tracked
from astro_assets.orchestration.forgetting_journal import Journal
from astro_assets.orchestration.mentions import Mention, mention_in
from astro_assets.orchestration.scrubbing import remove, scrub_file, scrub_folder
from astro_assets.orchestration.scrubbing_postgres import history_address, scrub_database

_SHA256: Final = re.compile("[0-9a-f]{64}")


def forget(ledger: Ledger, journal: Journal) -> Gone:
    """Take everything out that the journal names, leaving a tombstone; may be called again."""
    home, trace, gone = ledger.home, journal.trace, Gone()
    storage = home.storage
    _demote(ledger, trace)
    # From here on the target is left out by its tombstone: the retraction goes with the rest.
    _put_tombstone(ledger, journal)
    declared = {table.name: table for table in ledger.tables}
    for name in table_names(storage):
        if name == FORGOTTEN.name:
            continue
        key = home.table_key(name)
        if (folder := folder_of(storage, key)) is not None:
            drop_checksums(folder)
        removed = rewrite_table(storage, name, declared.get(name), trace, journal.name)
        rewrite_log(storage, key, trace)
        if folder is not None:
            renew_checksums(folder, with_copies=name in declared and declared[name].is_source)
        gone.counts["rows"] += removed.rows
        gone.counts["files of tables"] += len(removed.files)
    others = _files_of_others(ledger, trace)
    # Those removed before an interruption count as well.
    gone.shared.update(trace.shared_files if journal.with_shared else ())
    remove_inbox(home, trace, others, gone)
    _remove_stored(ledger, journal, others, gone)
    remove_tracked(ledger, trace, gone)
    for path in home.root.glob("mlflow.db"):
        scrub_file(path, journal.replace)
    gone.counts["logs and databases"] += scrub_folder(home.dagster, journal.replace)
    if (address := history_address(home)) is not None:
        gone.counts["rows of the run history"] += scrub_database(address, journal.replace)
        gone.notes.append("PostgreSQL's write-ahead log and backups keep old rows until they are recycled")
    remove_rest(home, trace, gone)
    return gone


def _demote(ledger: Ledger, trace: Trace) -> None:
    """Take aliases from models whose file goes: what applied them has nothing to apply."""
    rows = ledger.open(PROMOTED_MODELS).rows(["artefact"]).select("key", "artefact").collect()
    lost = [key for key, artefact in rows.iter_rows() if artefact in trace.artefacts]
    if lost:
        put_units(ledger, PROMOTED_MODELS, {}, remove=lost)


def _put_tombstone(ledger: Ledger, journal: Journal) -> None:
    trace = journal.trace
    there = ledger.open(FORGOTTEN).units(["key"]).filter(pl.col("key") == journal.tombstone)
    if there.collect().height:  # interrupted after this, or forgotten before: files of it came in since
        return
    removed = {
        "rows": len(trace.rows),
        "files": len(trace.files),
        "arrays": len(trace.arrays),
        "models": len(trace.artefacts),
        # Their rows are gone: if they are to go later, nothing else tells which they are.
        "shared_files": list(trace.shared_files),
    }
    row = {
        "salt": journal.salt,
        "tombstone": journal.tombstone,
        "why": journal.why,
        "forgotten_at": journal.begun_at,
        "removed": json.dumps(removed),
        "models": list(trace.models),
    }
    put_units(ledger, FORGOTTEN, {journal.tombstone: [row]})


def _remove_stored(ledger: Ledger, journal: Journal, others: Collection[str], gone: Gone) -> None:
    trace, objects, storage = journal.trace, ledger.objects, ledger.home.storage
    for digest in trace.arrays:
        gone.remove("arrays", storage, objects.array_key(digest))
    for sha256 in (*trace.files, *trace.artefacts):
        gone.remove("stored files", storage, objects.file_key(sha256))
    _remove_audits(ledger, journal, gone)
    for entry in storage.entries("files/"):
        if _SHA256.fullmatch(entry.name) and entry.name not in others:
            _remove_shared(storage, entry, journal, gone)
    gone.counts["bytes"] += sum(remove(path) for path in (ledger.home.root / "trainings").glob("*"))
    for name in trace.models:
        gone.remove("records", storage, record_key(*name.split(SEPARATOR, 1)))


def _remove_shared(storage: Storage, entry: Entry, journal: Journal, gone: Gone) -> None:
    """Remove a stored file that tells of the target among others, where that is wanted."""
    is_known = entry.name in journal.trace.shared_files
    found = Mention.FOUND if is_known else mention_in(local_file(storage, entry.key), journal.trace)
    name = f"the stored file {entry.name[:12]}"
    if found is Mention.UNSURE:
        gone.left.append(f"{name} may tell of the star, and stays: look into it")
    elif found is Mention.FOUND and journal.with_shared:
        gone.remove("stored files", storage, entry.key)
        gone.shared.add(entry.name)
        gone.notes.append(f"{name}, which told of other stars too, is removed")
    elif found is Mention.FOUND:
        gone.left.append(f"{name} tells of other stars too, and is kept; --purge-files removes it")


def _remove_audits(ledger: Ledger, journal: Journal, gone: Gone) -> None:
    """Remove the audits that tell of the target, of any time: those of today are made anew without it."""
    handle = ledger.open(MODEL_AUDITS)
    told = [
        line for units in every_unit(handle, ["key", "audit"]) for line in units.explode("audit").iter_rows()
    ]
    objects = ledger.objects
    for sha256 in sorted(objects.held_files({sha256 for _, sha256 in told if sha256 is not None})):
        key = objects.file_key(sha256)
        if mention_in(local_file(objects.storage, key), journal.trace) is Mention.FOUND:
            gone.remove("audits", objects.storage, key)
    now = handle.rows(["audit"]).select("key", "audit").collect()
    held = objects.held_files(now["audit"])
    lost = [key for key, sha256 in now.iter_rows() if sha256 not in held]
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
