"""Lists of places on the sky: lines of names and positions, or tables in which these are columns.

Which columns are meant, and what their values say, is understood here; files are read in `position_tables`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from astro_assets.observations.cutouts import LONGEST_NAME, Place, PlaceError, places_listed
from astro_assets.observations.position_tables import (
    MOST_ROWS,
    PositionTable,
    PositionTableError,
    binary_table,
    text_of,
    text_table,
)
from astro_assets.observations.refusals import RefusalError

#: Of a file: ten thousand rows of 3 kB.
_MOST_BYTES: Final = 32 << 20
#: Columns that name a place, the first that is there, with what goes before a bare number.
_NAMES: Final = {
    "target_id": "", "target": "", "place": "", "name": "", "object": "", "objname": "", "main_id": "",
    "tic_id": "TIC ", "ticid": "TIC ", "tic": "TIC ", "kepid": "KIC ", "kic": "KIC ", "epic": "EPIC ",
    "source_id": "", "id": "",
}  # fmt: skip
#: Columns of right ascension and declination, equinox J2000 or ICRS: the first pair of which one is there.
_POSITIONS: Final = (
    ("ra_deg", "dec_deg"), ("ra_deg", "de_deg"), ("ra", "dec"), ("ra", "decl"), ("ra", "de"),
    ("_raj2000", "_dej2000"), ("raj2000", "dej2000"), ("raj2000", "decj2000"), ("ra_j2000", "dec_j2000"),
    ("ra_icrs", "de_icrs"), ("ra_icrs", "dec_icrs"),
)  # fmt: skip
_OF_POSITIONS: Final = frozenset(name for pair in _POSITIONS for name in pair)
#: Angles in parts: 08:51:23.3, 08 51 23.3, 8h51m23s.
_IN_PARTS: Final = re.compile(r"[+-]?\d+\s*[:hd°\s]\s*\d+.*")


def places_in(path: Path) -> list[Place]:
    """Return the places of a file.

    Parameters
    ----------
    path
        Lines of NAME or NAME,RA,DEC; or a table with a line of names (comma-separated), of FITS, VOTable or
        ECSV, with a column of names and, unless all are names of targets, of right ascensions and
        declinations: degrees, or the unit that it tells.

    Raises
    ------
    PlaceError
        If a file, column or row cannot be understood; the message names it.
    """
    if not path.is_file():
        raise PlaceError(f"{path}: there is no such file")
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    try:
        if len(data) > _MOST_BYTES:
            raise PositionTableError(f"more than {_MOST_BYTES} bytes; divide it")
        table = binary_table(data) or text_table(data, _is_header)
        return _placed(table) if table is not None else _bounded(places_listed(text_of(data)))
    except (PlaceError, RefusalError) as error:
        raise PlaceError(f"{path}: {str(error)[:300]}") from None


def _is_header(cells: Sequence[str]) -> bool:
    """Whether the first line of a text names columns: one of positions, or nothing but one of names."""
    known = {cell.lower() for cell in cells}
    return not known.isdisjoint(_OF_POSITIONS) or (bool(known) and known <= _NAMES.keys())


def _bounded(places: list[Place]) -> list[Place]:
    if len(places) > MOST_ROWS:
        raise PlaceError(f"more than {MOST_ROWS} places; divide it")
    return places


def _placed(table: PositionTable) -> list[Place]:
    by_name: dict[str, str] = {}
    for name in table.names:
        if by_name.setdefault(name.lower(), name) != name or table.names.count(name) > 1:
            raise PlaceError(f"two columns are named {name}")
    named = next((name for name in _NAMES if name in by_name), None)
    if named is None:
        told = ", ".join(table.names[:20])
        raise PlaceError(f"no column names the places ({', '.join(_NAMES)}); there are: {told}"[:300])
    names = table.values(by_name[named])
    numbers: tuple[list[Any], ...] = ([None] * len(names), [None] * len(names))
    units = ["", ""]
    if pair := _pair(by_name):
        numbers = (table.values(pair[0]), table.values(pair[1]))
        units = [table.units.get(column, "") for column in pair]
    scales = [_degrees_a(unit, column) for unit, column in zip(units, pair or ("", ""), strict=True)]
    places = []
    for row, name, *position in zip(table.rows, names, *numbers, strict=True):
        try:
            places.append(_place(_name(name, _NAMES[named]), position, scales))
        except PlaceError as error:
            raise PlaceError(f"{row}: {error}") from None
    return list(dict.fromkeys(places))


def _pair(by_name: dict[str, str]) -> tuple[str, str] | None:
    for ra, dec in _POSITIONS:
        if ra in by_name and dec in by_name:
            return by_name[ra], by_name[dec]
    if half := sorted(by_name.keys() & _OF_POSITIONS):
        raise PlaceError(f"a column {by_name[half[0]]}, and none with the other coordinate")
    return None


def _degrees_a(unit: str, column: str) -> float:
    """Return how many degrees a unit has.

    Raises
    ------
    PlaceError
        If it is no unit of one number for an angle.
    """
    from astropy import units

    if not unit:
        return 1.0
    try:
        return float(units.Unit(unit).to(units.deg))
    except (ValueError, TypeError):
        raise PlaceError(f"column {column} is in {unit[:40]!r}: degrees are understood, or radians") from None


def _name(value: Any, catalogue: str) -> str:
    if isinstance(value, bool | float) or value is None:
        raise PlaceError("there is no name" if value is None else f"{value!r} is no name")
    text = str(value).strip()
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        raise PlaceError(f"a name has 1 to {LONGEST_NAME} printable characters")
    return f"{catalogue}{text}" if text.isascii() and text.isdigit() else text


def _place(name: str, position: Sequence[Any], scales: Sequence[float]) -> Place:
    told = [value for value in position if value is not None and value != ""]
    if not told:
        return Place(name)
    if len(told) == 1:
        raise PlaceError(f"{name}: one coordinate without the other")
    ra, dec = (scale * _number(name, value) for value, scale in zip(told, scales, strict=True))
    if not (0 <= ra < 360 and -90 <= dec <= 90):
        raise PlaceError(f"{name}: there is no position {ra:g}, {dec:g} in degrees")
    return Place(name, (ra, dec))


def _number(name: str, value: Any) -> float:
    text = str(value).strip()
    if _IN_PARTS.fullmatch(text):
        raise PlaceError(
            f"{name}: {text[:40]!r} is in hours, or degrees, and minutes; degrees are understood"
        )
    try:
        number = float(text)
    except ValueError:
        raise PlaceError(f"{name}: {text[:40]!r} is no number of degrees") from None
    if not math.isfinite(number):
        raise PlaceError(f"{name}: {text[:40]!r} is no number of degrees")
    return number
