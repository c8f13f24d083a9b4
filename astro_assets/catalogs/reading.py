"""Reading a catalogue file: recognised by its columns, every line checked, one row an entry in our columns.

Bytes in, plain rows out. What the columns of each catalogue mean is declared in `formats`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from astro_assets.catalogs.columns import Number, is_same_unit
from astro_assets.catalogs.format import DELIVERY, Format
from astro_assets.catalogs.formats import FORMATS
from astro_assets.catalogs.names import Identity
from astro_assets.catalogs.text_tables import MAX_BYTES, CatalogError, Line, TextTable, parse

#: Our columns that catalogues fill, in the order of the tables; the others say who and what.
VALUES: Final = tuple(dict.fromkeys(name for form in FORMATS.values() for name in form.readings))


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalogue file that was read.

    Attributes
    ----------
    name
        Which catalogue it is.
    date
        When it was made by its own account, ISO 8601.
    rows
        One dict an entry: ``catalog``, ``entry``, ``star``, ``target_id``, ``alias``, ``disposition``,
        ``listed_disposition``, ``line_number`` and :data:`VALUES`; None where it lists nothing.
    """

    name: str
    date: str | None
    rows: Sequence[Mapping[str, Any]]


def read_catalog(path: Path) -> Catalog:
    """Read a catalogue file.

    Raises
    ------
    CatalogError
        If it is none that is understood, states another unit than expected, or a line cannot be used; the
        message names line and column.
    """
    with path.open("rb") as file:
        table = parse(file.read(MAX_BYTES + 1))
    form = recognised(table)
    _check_units(table, form)
    return Catalog(form.name, table.date, list(_rows(table, form)))


def recognised(table: TextTable) -> Format:
    """Return which catalogue a file is, by its columns.

    Raises
    ------
    CatalogError
        If it is none, naming what the nearest would need.
    """
    columns = set(table.columns)
    for form in FORMATS.values():
        if form.required <= columns and table.lines[0].text(DELIVERY) in (form.delivery, None):
            return form
    nearest = min(FORMATS.values(), key=lambda form: len(form.required - columns) / len(form.required))
    known, lacking = ", ".join(FORMATS), ", ".join(sorted(nearest.required - columns))
    raise CatalogError(f"this is none of {known}; {nearest.name} would need the columns {lacking}")


def _check_units(table: TextTable, form: Format) -> None:
    for reading in form.readings.values():
        if isinstance(reading, Number) and reading.unit:
            stated = table.units.get(reading.column, reading.unit)
            if not is_same_unit(stated, reading.unit):
                raise CatalogError(f"column {reading.column} is in [{stated}], not in [{reading.unit}]")


def _rows(table: TextTable, form: Format) -> Iterator[dict[str, Any]]:
    seen: dict[str, list[int]] = {}
    for line in table.lines:
        disposition = _disposition(line, form)
        values = {name: form.readings[name].read(line) if name in form.readings else None for name in VALUES}
        for identity in form.identify(line):
            before = seen.setdefault(identity.entry, [])
            if before and not form.repeats:
                raise CatalogError(f"line {line.number}: {identity.entry} is in line {before[0]} already")
            before.append(line.number)
            entry = identity.entry if len(before) == 1 else f"{identity.entry} ({len(before)})"
            said = dict.fromkeys(values) if identity.is_name else values
            yield {**_identity(form, identity, entry), **disposition, "line_number": line.number, **said}


def _identity(form: Format, identity: Identity, entry: str) -> dict[str, Any]:
    return {
        "catalog": form.name,
        "entry": entry,
        "star": identity.star,
        "target_id": identity.target_id,
        "alias": identity.alias,
    }


def _disposition(line: Line, form: Format) -> dict[str, str | None]:
    """Return what the catalogue says the entry is, in our words and in its own."""
    listed = line.text(form.disposition_column) if form.disposition_column else ""
    if listed is None:
        return {"disposition": "unknown", "listed_disposition": None}
    word = listed.partition(" (")[0]
    if form.dispositions and word not in form.dispositions:
        known = ", ".join(form.dispositions)
        raise line.error(form.disposition_column, f"{listed[:40]!r} is none of {known}")
    return {"disposition": form.dispositions.get(word), "listed_disposition": listed or None}
