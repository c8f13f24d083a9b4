"""Records of models: what each version was made of and came to, kept beside the tables.

A version can be made again from its record, the raw files and the code, when tables and models are gone.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.hashing import hash_json, merkle_root
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.members import member_rows
from astro_assets.ledger.model_names import SEPARATOR, UnknownModelError, resolve
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION, PREVIOUS
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.page_names import page_name
from astro_assets.ledger.retraction import forgotten_models
from astro_assets.ledger.storage import Storage
from astro_assets.ledger.store import LostTableError
from astro_assets.ledger.table import Table
from astro_assets.ledger.worlds import LostHistoryError, World, world_of_model

FORMAT: Final = "astro_assets record 1"
_RECORD: Final = ".json"
#: In place of a record, why there is none.
_LOST: Final = ".lost"


class RecordError(RuntimeError):
    """A record is missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a version came to.

    Attributes
    ----------
    artefact
        The sha256 of the model's file.
    entries
        Where that is a zip archive, the sha256 of each entry.
    config
        Settings of the fit.
    roots
        Of each computed table the Merkle root of the hashes of the rows that lead to the model.
    keys
        The units of each table that these rows are of.
    """

    artefact: str
    entries: dict[str, str]
    config: dict[str, Any]
    roots: dict[str, str]
    keys: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Record:
    """How a version was made, and what it came to.

    Attributes
    ----------
    out_of_date
        Units that were stale when the version was fitted, as ``table key``.
    elsewhere
        Tables whose units were computed with other libraries or instructions than those of the fit, and how
        many: made again they are all computed with these.
    circumstances
        As :func:`astro_assets.ledger.circumstances.pinned` tells them.
    environment
        Installed versions.
    """

    model: str
    version: str
    world: World
    expected: Expected
    out_of_date: list[str]
    circumstances: dict[str, Any]
    environment: dict[str, str]
    elsewhere: list[str] = field(default_factory=list)
    format: str = FORMAT

    @property
    def why_not_reproducible(self) -> list[str]:
        """Why the version may not come out the same; empty where nothing is known against it."""
        reasons = list(self.circumstances.get("why_not", ["its circumstances were not recorded"]))
        if self.out_of_date:
            some = ", ".join(self.out_of_date[:3])
            reasons.append(f"{len(self.out_of_date)} units were out of date when it was fitted: {some}")
        return [*reasons, *self.elsewhere]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def record_key(model: str, version: str) -> str:
    """Return where the record of a version lies in a home's storage, or would."""
    return f"records/{page_name(f'{model}{SEPARATOR}{version}')}{_RECORD}"


def keep_record(ledger: Ledger, model: str, version: str) -> None:
    """Record a version, if it is not recorded yet; where some of it is gone, keep what."""
    storage, key = ledger.home.storage, record_key(model, version)
    if storage.size(key) is not None:
        return
    why = _why_key(key)
    try:
        write_record(ledger, model, version)
    except (LostHistoryError, CorruptStoreError) as error:
        storage.write(why, f"{error}\n".encode())
    else:
        storage.remove(why)


def why_not_reproducible(home: Home, model: str, version: str) -> list[str]:
    """Return why a version may not come out the same, or cannot be made again at all."""
    key = record_key(model, version)
    if home.storage.size(key) is not None:
        try:
            return read_record(home.storage, key).why_not_reproducible
        except RecordError as error:
            return [str(error)]
    return [f"it has no record: {_why_lost(home.storage, key)}"]


def _why_key(key: str) -> str:
    return key.removesuffix(_RECORD) + _LOST


def _why_lost(storage: Storage, key: str) -> str:
    try:
        return storage.read(_why_key(key)).decode().strip()
    except FileNotFoundError:
        return "it was fitted before records were kept"


def write_record(ledger: Ledger, model: str, version: str) -> Record:
    """Record a version as it was fitted.

    Raises
    ------
    LostHistoryError
        If some of what it was made of is gone already.
    """
    world = world_of_model(ledger, model, version)
    environment = ledger.objects.get_environment(world.installed)
    rows = member_rows(ledger, model, version).filter(pl.col("role") != PREVIOUS)
    units = ancestry(ledger, rows.drop("role")).units
    expected, out_of_date = _expected(ledger, model, version, world, units)
    elsewhere = list(_elsewhere(ledger, units, environment))
    told = ledger.open(MODELS).rows(["circumstances"]).filter(pl.col("key") == f"{model}{SEPARATOR}{version}")
    circumstances = json.loads(told.collect()["circumstances"][0] or "{}")
    record = Record(model, version, world, expected, out_of_date, circumstances, environment, elsewhere)
    written = record.to_json()
    data = json.dumps({**written, "checksum": hash_json(written)}, sort_keys=True).encode()
    ledger.home.storage.write(record_key(model, version), data)
    return record


def _expected(
    ledger: Ledger, model: str, version: str, world: World, units: pl.DataFrame
) -> tuple[Expected, list[str]]:
    key = f"{model}{SEPARATOR}{version}"
    computed = [table for table in ledger.tables if not table.is_source and table.parents]
    roots, keys, stale = {}, {}, []
    for table in computed:
        # A unit that was computed again and came out the same may have been read before and after.
        of_table = units.filter(pl.col("table") == table.name).unique(["key", "row_hash"], keep="last")
        if of_table.is_empty():
            continue
        roots[table.name] = merkle_root(sorted(of_table["row_hash"].explode().drop_nulls()))
        keys[table.name] = sorted(set(of_table["key"]))
        stale += [f"{table.name} {unit}" for unit in _out_of_date(ledger, table, of_table)]
    artefact = ledger.open(MODELS).rows(["artefact"]).filter(pl.col("key") == key).collect()["artefact"][0]
    held = ledger.objects.held_file(artefact)
    entries = {} if held is None else entries_of(held)
    return Expected(artefact, entries, world.config or {}, roots, keys), sorted(stale)


def _out_of_date(ledger: Ledger, table: Table, units: pl.DataFrame) -> list[str]:
    """Return the units that today's code and settings did not make, and have not made again the same."""
    now = ledger.version(table)
    fits = (pl.col("code_version") == now.code_version) & (pl.col("config_hash") == now.config_hash)
    others = units.filter(~fits).select("key", "row_hash")
    if others.is_empty():
        return []
    made = ledger.open(table).units(["key", "row_hash", "code_version", "config_hash"]).filter(fits).collect()
    again = dict(made.select("key", "row_hash").iter_rows())
    return [key for key, hashes in others.iter_rows() if again.get(key) != hashes]


def _elsewhere(ledger: Ledger, units: pl.DataFrame, environment: Mapping[str, str]) -> Iterator[str]:
    """Tell of units that were computed with other libraries, or other instructions, than what is here."""
    instructions = {}
    for installed in units["installed"].unique().drop_nulls():
        with suppress(CorruptStoreError):
            instructions[installed] = ledger.objects.get_environment(installed).get("instruction-set")
    others = [name for name, level in instructions.items() if level != environment.get("instruction-set")]
    for table in ledger.tables:
        own = units.filter(pl.col("table") == table.name)
        if table.is_source or own.is_empty():
            continue
        if n := own.filter(pl.col("environment") != ledger.environment(table)).height:
            yield f"{n} units of {table.name} were computed with other versions of its libraries"
        if n := own.filter(pl.col("installed").is_in(others)).height:
            yield f"{n} units of {table.name} were computed with other instructions of the processor"


def entries_of(path: Path) -> dict[str, str]:
    """Return the sha256 of each entry of a zip archive; nothing of any other file."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in sorted(archive.namelist())}


def read_record(storage: Storage, key: str) -> Record:
    """Read a record.

    Raises
    ------
    RecordError
        If it is none.
    """
    path = storage.place(key)
    try:
        told = json.loads(storage.read(key))
        if told.get("format") != FORMAT:
            raise RecordError(f"{path} is not a record of this form, {FORMAT!r}")
        if told.pop("checksum", None) not in (None, hash_json(told)):
            raise RecordError(f"{path} is damaged: its contents do not match its checksum")
        parts = {"world": World.from_json(told["world"]), "expected": Expected(**told["expected"])}
        return Record(**{**told, **parts})
    except FileNotFoundError:
        raise RecordError(f"there is no record {path}: {_why_lost(storage, key)}") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RecordError(f"{path} is damaged: {error}") from error


def find_record(ledger: Ledger, text: str) -> Record:
    """Find the record of ``MODEL[@VERSION]`` among those that are kept, whether or not there are tables.

    Raises
    ------
    UnknownModelError
        If there is no such version, or several.
    RecordError
        If it has no record, or one that cannot be read.
    LostHistoryError
        If it was of a version that was trained on what was forgotten since.
    """
    name, separator, wanted = text.strip().partition(SEPARATOR)
    versions = {}
    with suppress(LostTableError):  # a version can be named without its alias
        promoted = ledger.open(PROMOTED_MODELS).rows(["alias", "model_version"]).collect()
        versions = dict(promoted.select("alias", "model_version").iter_rows())
    found = []
    storage = ledger.home.storage
    for entry in storage.entries("records/"):
        if not entry.name.endswith(_RECORD):
            continue
        record = read_record(storage, entry.key)
        if name not in (record.model, record.model.partition("/")[2]):
            continue
        alias = versions.get(f"{record.model}:{wanted if separator else CHAMPION}")
        if alias == record.version or (alias is None and record.version.startswith(wanted)):
            found.append(record)
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{record.model}@{record.version}" for record in found)
        raise UnknownModelError(f"several records fit {text!r}; name one: {listed}")
    for key, lost in forgotten_models(ledger).items():
        model, _, version = key.partition(SEPARATOR)
        if name in (model, model.partition("/")[2]) and version.startswith(wanted):
            raise LostHistoryError(f"{key} {lost}")
    try:
        model, version = resolve(ledger, text)
    except LostTableError as error:
        raise UnknownModelError(f"no model {text!r} among the records, and {error}") from error
    raise RecordError(f"{model}@{version} has no record: {_why_lost(storage, record_key(model, version))}")
