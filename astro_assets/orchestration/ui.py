"""What the Dagster UI shows of a table: its schema with units, what an update did, a picture.

Only the translation into Dagster's metadata lives here.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import dagster as dg

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.running import source_version
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Report

#: Shows a table as it is now, as a PNG or as Markdown; None where there is nothing to show.
Picture = Callable[[Ledger], bytes | str | None]
#: Each inline picture is stored several times by Dagster.
MAX_PICTURE_BYTES = 50_000
#: Metadata that says of which versions of tables, and by which code, each picture was drawn.
DRAWN_FROM: Final = "drawn_from"


def definition_metadata(table: Table) -> dict[str, Any]:
    """Return the metadata of an asset's definition: columns with type, unit and meaning."""
    columns = [
        dg.TableColumn(
            column.name,
            column.dtype,
            f"{column.description} [{column.unit}]" if column.unit else column.description,
            constraints=dg.TableColumnConstraints(nullable=column.nullable),
            tags={"unit": column.unit} if column.unit else {},
        )
        for column in table.schema
    ]
    return {"dagster/column_schema": dg.TableSchema(columns)}


def report_metadata(report: Report, uri: str) -> dict[str, Any]:
    """Return what an update did, for the whole of it."""
    return {
        "dagster/uri": uri,
        "table_version": report.version,
        "seconds": round(report.seconds, 3),
        "megabytes_of_arrays_written": round(report.bytes_written / 1e6, 3),
        **counts_metadata(sum(report.outcomes.values(), Counter())),
    }


def counts_metadata(counts: Counter[str]) -> dict[str, int]:
    """Return units by what became of them."""
    computed = counts["rows"] + counts["empty"] + counts["failed"]
    return {
        "units_computed": computed,
        "units_reused": counts["reused"],
        "units_empty": counts["empty"],
        "units_failed": counts["failed"],
        "units_removed": counts["removed"],
    }


@dataclass(frozen=True, slots=True)
class _Watched(Ledger):
    """A ledger that notes which versions of which tables are opened."""

    seen: dict[str, list[Any]] = field(default_factory=dict)

    def open(self, table: Table) -> Handle:
        handle = Ledger.open(self, table)
        self.seen[table.name] = list(handle.identity)
        return handle


def draw(
    pictures: Mapping[str, Picture],
    ledger: Ledger,
    warn: Callable[[str], None],
    before: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return pictures as inline metadata; one that fails or is too large is left out with a warning.

    A picture is for looking at: what it shows is committed already, and no step may fail for it.

    Parameters
    ----------
    before
        Metadata that this returned earlier: a picture of tables that did not change since is not drawn again.
    """
    drawn: dict[str, Any] = {}
    drawn_from: dict[str, Any] = {}
    for name, picture in pictures.items():
        watched = _Watched(ledger.home, ledger.tables, ledger.versions)
        try:
            if _is_as_it_was(name, before, ledger):
                drawn[name], drawn_from[name] = before[name], before[DRAWN_FROM].value[name]
                continue
            shown = picture(watched)
            source = source_version()
        except Exception as error:  # noqa: BLE001  whatever goes wrong in drawing
            warn(f"the picture {name!r} could not be drawn: {error}")
            continue
        if shown is not None and len(shown) > MAX_PICTURE_BYTES:
            warn(f"the picture {name!r} of {len(shown)} bytes is too large to keep with an event")
        elif isinstance(shown, bytes):
            data = base64.b64encode(shown).decode()
            drawn[name] = dg.MetadataValue.md(f"![{name}](data:image/png;base64,{data})")
        elif shown is not None:
            drawn[name] = dg.MetadataValue.md(shown)
        if name in drawn and watched.seen:
            drawn_from[name] = {
                "source": source,
                "tables": watched.seen,
                "shown": _digest(drawn[name]),
            }
    return drawn | ({DRAWN_FROM: dg.MetadataValue.json(drawn_from)} if drawn_from else {})


def _is_as_it_was(name: str, before: Mapping[str, Any], ledger: Ledger) -> bool:
    """Whether a picture would be drawn from the same versions of the same tables by the same code.

    One that was taken out of its event, as forgetting a star does, is not what was drawn.
    """
    said = before[DRAWN_FROM].value.get(name) if DRAWN_FROM in before else None
    if said is None or name not in before or said["shown"] != _digest(before[name]):
        return False
    if said["source"] != source_version():
        return False
    seen = said["tables"].items()
    return all(list(ledger.open(ledger.table(table)).identity) == identity for table, identity in seen)


def _digest(shown: dg.MarkdownMetadataValue) -> str:
    return hashlib.blake2b((shown.value or "").encode(), digest_size=16).hexdigest()
