"""Whether a version of a model comes out the same when it is made again, and if not, why.

Made again it is in :mod:`astro_assets.ledger.enacting`; here what came of it is compared with the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from astro_assets.ledger.circumstances import as_then
from astro_assets.ledger.enacting import Enactor, Made, artefact_of
from astro_assets.ledger.enactment import EnactmentError, Said
from astro_assets.ledger.needs import needs_of
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.records import Record, entries_of


@dataclass(frozen=True, slots=True)
class Comparison:
    """Something that was made again.

    Attributes
    ----------
    then, now
        Hashes.
    """

    name: str
    then: str
    now: str | None

    @property
    def is_same(self) -> bool:
        """Whether it came out the same."""
        return self.then == self.now


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A version made again.

    Attributes
    ----------
    artefact
        Where the model's file lies now.
    compared
        The model's file, its parts, and each table.
    causes
        What is not as it was then and may be why something differs.
    """

    artefact: Path
    compared: list[Comparison]
    causes: list[str]

    @property
    def is_same(self) -> bool:
        """Whether everything came out the same."""
        return all(comparison.is_same for comparison in self.compared)


def rebuild(
    record: Record,
    enactor: Enactor,
    into: Path,
    said: Said = lambda _what, _done, _to_do: None,
) -> Rebuilt:
    """Make a version again from its record, raw files and code.

    Parameters
    ----------
    into
        Folder for the homes of it and of the models it goes on from.

    Raises
    ------
    CorruptStoreError, EnactmentError
        If it cannot be made: what is missing or failed.
    """
    needs = needs_of(record.world, enactor.tables)
    needs.require(enactor.home)
    as_pinned = replace(enactor, deciding=as_then(record.circumstances.get("pins", {})))
    try:
        made = as_pinned.make(record.world, into, keys=record.expected.keys, said=said)
    except (CorruptStoreError, EnactmentError) as error:
        if names := needs.named_in(str(error)):
            raise type(error)(f"{error}: it is {names}") from error
        raise
    artefact = artefact_of(into, made.enacted)
    compared = list(_compared(record, made, artefact))
    differs = not all(comparison.is_same for comparison in compared)
    return Rebuilt(artefact, compared, list(_causes(record, made, compared)) if differs else [])


def _compared(record: Record, made: Made, artefact: Path) -> Iterator[Comparison]:
    expected = record.expected
    yield Comparison(record.model, expected.artefact, made.enacted.artefact)
    now = entries_of(artefact)
    for name, sha256 in expected.entries.items():
        yield Comparison(f"{record.model}: {name}", sha256, now.get(name))
    for table, root in expected.roots.items():
        yield Comparison(table, root, made.enacted.roots.get(table))


def _causes(record: Record, made: Made, compared: list[Comparison]) -> Iterator[str]:
    """Name what differs between then and now, that which decides most first."""
    yield from _differences("setting", record.expected.config, made.enacted.config)
    then, now = (told.get("pins", {}) for told in (record.circumstances, made.circumstances))
    yield from _differences("pinned", then, now)
    yield from _differences("library", record.environment, made.environment)
    yield from record.why_not_reproducible
    hardware = [told.get("hardware", {}) for told in (record.circumstances, made.circumstances)]
    yield from _differences("machine", *({"processor": of.get("processor")} for of in hardware))
    yield from _differences("threads of", *(of.get("threads", {}) for of in hardware))
    if first := next((c.name for c in compared if not c.is_same and c.name in record.expected.roots), None):
        yield f"the first table that differs is {first}"


def _differences(what: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield f"{what} {name}: {_told(then.get(name))} then, {_told(now.get(name))} now"


def _told(value: Any) -> str:
    return "none" if value is None else str(value)
