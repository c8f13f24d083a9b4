"""A Table Access Protocol service over tables in memory, as the NASA Exoplanet Archive runs one.

It understands the queries that are asked: columns, one table, a list of values in ``where``, ``order by``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from astro_assets_tests.archives.serving import Answer, Request

_QUERY = re.compile(
    r"select (?P<columns>.+?) from (?P<table>[\w.]+)(?: where (?P<column>\w+) (?P<how>=|in) (?P<values>.+?))?"
    r"(?: order by (?P<order>[\w, ]+))?\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d+(\.\d*)?([eE][-+]?\d+)?")


@dataclass(slots=True)
class ServedTable:
    """One table of the archive.

    Parameters
    ----------
    rows
        Text by column, as in the files that people download; an empty one is null. The first row names the
        columns.
    units
        By column.
    """

    rows: list[dict[str, str]]
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Names in order."""
        return list(self.rows[0])


class TapService:
    """Handles ``/TAP/sync`` for some tables.

    Attributes
    ----------
    tables
        By name; a test may change their rows.
    edit
        Changes the rows of an answer and says what its ``QUERY_STATUS`` is.
    """

    def __init__(self, tables: Mapping[str, ServedTable]) -> None:
        self.tables = dict(tables)
        self.edit: Callable[[list[dict[str, str]]], tuple[list[dict[str, str]], str]] = lambda rows: (
            rows,
            "OK",
        )

    def __call__(self, request: Request) -> Answer:
        """Answer a query."""
        if not request.path.endswith("/sync"):
            return Answer(b"only /sync is here", "text/plain", 404)
        query = " ".join(request.fields["QUERY"].split())
        match = _QUERY.fullmatch(query)
        if match is None:
            return _refusal(f"this service does not understand: {query}")
        table = self._schema(match["table"]) or self.tables.get(match["table"])
        if table is None:
            return _refusal(f"there is no table {match['table']}")
        columns = match["columns"].split(",") if match["columns"] != "*" else table.columns
        names = [name.strip() for name in columns]
        if match["columns"].lower() == "count(*)":
            return _votable([{"count": str(len(_chosen(table, match)))}], ["count"], {}, "OK")
        if unknown := [name for name in names if name not in table.columns]:
            return _refusal(f'"{unknown[0]}": invalid identifier')
        rows = [{name: row.get(name, "") for name in names} for row in _chosen(table, match)]
        is_data = match["table"] in self.tables
        rows, status = self.edit(rows) if is_data else (rows, "OK")
        return _votable(rows, names, table.units, status)

    def _schema(self, name: str) -> ServedTable | None:
        if name == "TAP_SCHEMA.tables":
            return ServedTable([{"table_name": table} for table in ("TAP_SCHEMA.tables", *self.tables)])
        if name == "TAP_SCHEMA.columns":
            return ServedTable(
                [
                    {
                        "table_name": table,
                        "column_name": column,
                        "unit": served.units.get(column, ""),
                        "description": f"the {column}",
                    }
                    for table, served in self.tables.items()
                    for column in served.columns
                ]
            )
        return None


def _chosen(table: ServedTable, match: re.Match[str]) -> list[dict[str, str]]:
    rows = list(table.rows)
    if match["column"]:
        values = {value.strip(" '()") for value in match["values"].split(",")}
        rows = [row for row in rows if row[match["column"]] in values]
    for name in reversed([name.strip() for name in (match["order"] or "").split(",") if name.strip()]):
        rows.sort(key=lambda row: (float(row[name]) if _NUMBER.fullmatch(row[name]) else 0.0, row[name]))
    return rows


def _votable(
    rows: Sequence[Mapping[str, str]], names: list[str], units: Mapping[str, str], status: str
) -> Answer:
    """Write an answer with astropy, each column as text, whole or real numbers as its values are."""
    from astropy.io.votable import from_table, writeto
    from astropy.io.votable.tree import Info
    from astropy.table import MaskedColumn, Table

    table = Table(masked=True)
    for name in names:
        texts = [row[name] for row in rows]
        there = [text for text in texts if text]
        kind: Any = float if there and all(_NUMBER.fullmatch(text) for text in there) else str
        if kind is float and all(re.fullmatch(r"-?\d+", text) for text in there):
            kind = int
        empty = {float: float("nan"), int: -999, str: ""}[kind]
        values = [kind(text) if text else empty for text in texts]
        table[name] = MaskedColumn(values, mask=[not text for text in texts], dtype=kind if rows else str)
        if units.get(name):
            table[name].unit = units[name]
    document = from_table(table)
    document.resources[0].infos.append(Info(name="QUERY_STATUS", value=status))
    document.resources[0].type = "results"
    file = io.BytesIO()
    writeto(document, file)
    return Answer(file.getvalue(), "application/x-votable+xml")


def _refusal(why: str) -> Answer:
    body = (
        '<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        f'<RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">{why}</INFO></RESOURCE></VOTABLE>'
    )
    return Answer(body.encode(), "application/x-votable+xml", 400)
