"""A Table Access Protocol service over tables in memory, as the NASA Exoplanet Archive runs one.

It understands the queries that are asked: columns or aggregates, one table, equal or one of some values.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from astro_assets_tests.archives.serving import Answer, Request

_QUERY = re.compile(
    r"select (?P<columns>.+?) from (?P<table>[\w.]+)(?: where (?P<where>.+))?\s*", re.IGNORECASE
)
_CONDITION = re.compile(r"(?P<column>\w+)\s*(?:=|in)\s*(?P<values>.+)", re.IGNORECASE)
_AGGREGATE = re.compile(r"(?P<what>count|max)\((?P<column>[*\w]+)\) as (?P<name>\w+)", re.IGNORECASE)
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
        names = [name.strip() for name in match["columns"].split(",")]
        chosen = _chosen(table, match["where"])
        if all(map(_AGGREGATE.fullmatch, names)):
            found = [_aggregated(chosen, name) for name in names]
            return _votable([dict(found)], [name for name, _ in found], {}, "OK")
        if unknown := [name for name in names if name not in table.columns]:
            return _refusal(f'"{unknown[0]}": invalid identifier')
        rows = [{name: row.get(name, "") for name in names} for row in chosen]
        rows, status = self.edit(rows) if match["table"] in self.tables else (rows, "OK")
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


def _chosen(table: ServedTable, where: str | None) -> list[dict[str, str]]:
    rows = list(table.rows)
    for text in where.split(" and ") if where else []:
        condition = _CONDITION.fullmatch(text.strip())
        assert condition is not None, text
        values = {value.strip(" '()") for value in condition["values"].split(",")}
        rows = [row for row in rows if row[condition["column"]] in values]
    return rows


def _aggregated(rows: list[dict[str, str]], name: str) -> tuple[str, str]:
    aggregate = _AGGREGATE.fullmatch(name)
    assert aggregate is not None
    if aggregate["what"] == "count":
        return aggregate["name"], str(len(rows))
    return aggregate["name"], max((row[aggregate["column"]] for row in rows), default="")


def _votable(
    rows: Sequence[Mapping[str, str]], names: list[str], units: Mapping[str, str], status: str
) -> Answer:
    """Write an answer with astropy, each column as text, whole or real numbers as its values are."""
    from astropy.io.votable import from_table, writeto
    from astropy.io.votable.tree import Info
    from astropy.table import MaskedColumn, Table

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the archive's units are not those of the standard
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
