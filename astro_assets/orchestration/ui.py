"""What the Dagster UI shows of a table: its schema with units, what an update did, a picture.

Only the translation into Dagster's metadata lives here.
"""

import base64
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Report

#: Shows a table as it is now, as a PNG or as Markdown; None where there is nothing to show.
Picture = Callable[[Ledger], bytes | str | None]
#: Each inline picture is stored several times by Dagster.
MAX_PICTURE_BYTES = 50_000


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


def draw(pictures: Mapping[str, Picture], ledger: Ledger, warn: Callable[[str], None]) -> dict[str, Any]:
    """Return pictures as inline metadata; one that fails or is too large is left out with a warning.

    A picture is for looking at: what it shows is committed already, and no step may fail for it.
    """
    drawn = {}
    for name, picture in pictures.items():
        try:
            shown = picture(ledger)
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
    return drawn
