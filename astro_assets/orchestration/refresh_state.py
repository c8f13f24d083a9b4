"""What the sensor `stale_results` remembers between two looks: what it saw, and what waits for a change.

Everything here may be forgotten at any time: it is then found out again from the tables and the last runs.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import dagster as dg
from pydantic import BaseModel, ValidationError

from astro_assets.ledger.hashing import hash_parts
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.running import source_version
from astro_assets.orchestration.runs import ended_since

#: Runs that are looked at when nothing is remembered.
_LAST_RUNS: Final = 20
_CHECKS: Final = "__checks"


class State(BaseModel):
    """What is remembered.

    Attributes
    ----------
    looked
        The :func:`fingerprint` with which everything was found to be as it should, or waiting.
    again_at
        When to look again although nothing changed, in seconds since 1970.
    said
        What was found then.
    seen
        When the last run ended of those that were looked at.
    waiting
        Tables whose step failed by what it was given, with the :func:`basis` of that.
    """

    looked: str = ""
    again_at: float | None = None
    said: str = ""
    seen: float = 0.0
    waiting: dict[str, str] = {}


def remembered(cursor: str | None) -> State:
    """Return what a sensor's cursor holds; nothing where that is of another version."""
    try:
        return State.model_validate_json(cursor) if cursor else State()
    except ValidationError:
        return State()


def fingerprint(home: Home, names: Iterable[str]) -> str:
    """Hash what decides whether tables are up to date, without opening one: code, settings, commits.

    Returns
    -------
    str
        Empty where a table has just been written, which compares equal with nothing.

    Raises
    ------
    SourceChangedError
        If the package's files are not those that this process runs.
    """
    parts = [source_version(), *_settings(home)]
    for name in names:
        stamp = home.storage.stamp(f"{home.table_key(name)}/_delta_log/")
        if stamp == "":
            return ""
        parts.append(stamp or "")
    return hash_parts(*parts)


def _settings(home: Home) -> list[str]:
    try:
        return [hashlib.sha256(home.config_file.read_bytes()).hexdigest()]
    except FileNotFoundError:
        return [""]


def after_ended_runs(instance: dg.DagsterInstance, ledger: Ledger, state: State) -> State:
    """Take note of the runs that have ended since: which tables wait for a change now, and which do not.

    A table waits when its step, or that of its checks, failed by what it was given; until they succeed.
    """
    by_step = {name.replace("/", "__"): name for name in (table.name for table in ledger.tables)}
    waiting, seen = dict(state.waiting), state.seen
    for run in ended_since(instance, seen, limit=_LAST_RUNS):
        for step in run.succeeded:
            table = by_step.get(step.removesuffix(_CHECKS))
            if table is not None and (step.endswith(_CHECKS) or f"{step}{_CHECKS}" not in run.failed):
                waiting.pop(table, None)
        for step in run.failed:
            if table := by_step.get(step.removesuffix(_CHECKS)):
                waiting[table] = basis(ledger, table)
        seen = max(seen, run.at)
    looked = state.looked if seen == state.seen else ""
    return state.model_copy(update={"waiting": waiting, "seen": seen, "looked": looked})


def basis(ledger: Ledger, name: str) -> str:
    """Hash what a table's step is given: code, settings, and the versions of what it reads."""
    table = ledger.table(name)
    version = ledger.version(table)
    parents = [str(ledger.open(parent.table).identity) for parent in table.parents]
    return hash_parts(version.code_version, version.config_hash, *parents)


def divided(ledger: Ledger, waiting: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Divide tables that wait: those that wait still, and those that are given something else now."""
    still = {name for name, of in waiting.items() if basis(ledger, name) == of}
    return still, set(waiting) - still
