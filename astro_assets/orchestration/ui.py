"""What the Dagster UI shows of a table: its schema with units, what an update did, a picture.

Only the translation into Dagster's metadata lives here.
"""

import base64
from collections import Counter
from typing import Any

import dagster as dg

from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Report

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
        "megabytes_written": round(report.bytes_written / 1e6, 3),
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


def picture_metadata(png: bytes, alt: str) -> dg.MarkdownMetadataValue:
    """Return a PNG picture as inline metadata.

    Raises
    ------
    ValueError
        If it is larger than :data:`MAX_PICTURE_BYTES`.
    """
    if len(png) > MAX_PICTURE_BYTES:
        raise ValueError(f"a picture of {len(png)} bytes is too large to store with an event")
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{base64.b64encode(png).decode()})")
