"""Tables of text that say nothing of themselves: a line of a ``targets.csv`` says what their columns are.

Only what the cells of that line mean, and the text's form, live here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.xray.reading.assembly import Columns
from astro_assets.xray.reading.cards import SECONDS_A_DAY, TIME_UNITS, Bands, Clock, as_number
from astro_assets.xray.reading.fits_curves import rate_unit
from astro_assets.xray.reading.lines import lines_of
from astro_assets.xray.reading.told import Told
from astro_assets.xray.refusals import XrayRefusedError, one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astro_assets.xray.light_curve import Floats

DESCRIBED: Final = "described_text"
#: The cell by which a line is known to describe an X-ray light curve.
BAND: Final = "band_kev"
#: Cells that name columns.
_COLUMNS: Final = (
    "time", "width", "half_width", "width_plus", "width_minus", "rate", "rate_err", "rate_err_minus",
    "rate_err_plus", "counts",
)  # fmt: skip
_OTHERS: Final = (
    BAND, "time_unit", "width_s", "rate_unit", "mjd_reference", "time_system", "telescope", "instrument",
    "object_name", "target_id", "ra_deg", "dec_deg",
)  # fmt: skip
#: Cells that are numbers, with the least and the most of each.
_NUMBERS: Final = {
    "width_s": (0.0, math.inf), "mjd_reference": (-math.inf, math.inf), "ra_deg": (0.0, 360.0),
    "dec_deg": (-90.0, 90.0),
}  # fmt: skip
_BAND: Final = re.compile(r"(\d+(?:\.\d+)?) ?- ?(\d+(?:\.\d+)?)")
#: Ways to tell the lengths of bins, one of which is needed; and cells that say what another cell says.
_WIDTHS: Final = (("width",), ("half_width",), ("width_plus", "width_minus"), ("width_s",))
_ERRORS: Final = (("rate_err",), ("rate_err_minus", "rate_err_plus"))
#: What cells are separated by, tried in this order; None stands for any blanks.
_DELIMITERS: Final = (",", ";", None)


@dataclass(frozen=True, slots=True)
class _Table:
    """Columns by the cells that name them, NaN where is no number; and where the rate is an upper limit."""

    columns: Mapping[str, Floats]
    is_limit: NDArray[np.bool_]

    def one(self, name: str) -> Floats | None:
        return self.columns.get(name)


def read_described(path: Path, cells: Mapping[str, str]) -> Told:
    """Return what a table of text tells by its line in a ``targets.csv``.

    Parameters
    ----------
    cells
        Of that line, those that are not empty.

    Raises
    ------
    XrayRefusedError
        If a cell is unknown, lacks another, or names no column; or a time is no number.
    """
    _check(cells)
    table = _read(path, {name: cells[name] for name in _COLUMNS if name in cells})
    unit, begin = _time_unit(cells, table)
    time, width = (table.columns["time"] - begin) * unit, _width(cells, table, unit)
    if (plus := table.one("width_plus")) is not None and (minus := table.one("width_minus")) is not None:
        time += (np.abs(plus) - np.abs(minus)) / 2 * unit
    error = table.one("rate_err")
    columns = Columns(
        "the table",
        time,
        width,
        counts=table.one("counts"),
        rate=table.one("rate"),
        error_minus=_size(table.one("rate_err_minus") if error is None else error),
        error_plus=_size(table.one("rate_err_plus") if error is None else error),
        is_limit=table.is_limit,
    )
    reference = begin if _is_mjd(cells) else as_number(cells.get("mjd_reference"))
    return Told(
        DESCRIBED,
        Bands((_band(cells[BAND]),), are_told=True),
        Clock(unit, mjd_reference=reference, system=cells.get("time_system")),
        columns,
        telescope=cells.get("telescope"),
        instrument=cells.get("instrument"),
        object_name=cells.get("object_name"),
        ra_deg=as_number(cells.get("ra_deg")),
        dec_deg=as_number(cells.get("dec_deg")),
        rate_unit=rate_unit(cells.get("rate_unit"), "rate_unit of targets.csv"),
        is_net="rate" in cells,  # papers' rates are; of counts alone no background is told
    )


def _check(cells: Mapping[str, str]) -> None:
    if "" in cells:
        raise _invalid(one_line(cells[""]))
    if unknown := sorted(set(cells) - {*_COLUMNS, *_OTHERS}):
        raise _invalid(
            f"no column {one_line(unknown[0])!r}; of X-ray curves there are {', '.join(_OTHERS + _COLUMNS)}"
        )
    if "time" not in cells or not {"rate", "counts"} & set(cells):
        raise _invalid("time and rate, or time and counts, have to be named")
    if "rate" not in cells and any(name in cells for way in _ERRORS for name in way):
        raise _invalid("errors are those of rate, which is not named")
    for name, (least, most) in _NUMBERS.items():
        number = as_number(cells[name]) if name in cells else least
        if number is None or not least <= number <= most:
            raise _invalid(f"{name} is {one_line(cells[name])!r}, no number from {least:g} to {most:g}")
    for ways in (_WIDTHS, _ERRORS):
        told = [" and ".join(way) for way in ways if not set(way).isdisjoint(cells)]
        if len(told) > 1:
            raise _invalid(f"{told[0]} and {told[1]} say the same; tell one of them")
    if _is_mjd(cells) and "mjd_reference" in cells:
        raise _invalid("mjd_reference: times of the unit mjd have none")


def _is_mjd(cells: Mapping[str, str]) -> bool:
    return cells.get("time_unit", "").lower() == "mjd"


def _invalid(text: str) -> XrayRefusedError:
    return XrayRefusedError("description_invalid", f"targets.csv: {text}"[:300])


def _band(cell: str) -> tuple[float, float]:
    match = _BAND.fullmatch(cell.strip())
    if match is None or float(match[1]) >= float(match[2]):
        raise _invalid(f"{BAND} is {one_line(cell)!r}, not two energies such as 0.3-10")
    return float(match[1]), float(match[2])


def _time_unit(cells: Mapping[str, str], table: _Table) -> tuple[float, float]:
    """Return the unit of times in seconds, and what is taken from them first, in that unit."""
    told = cells.get("time_unit", "s").lower()
    if _is_mjd(cells):
        first = np.nanmin(table.columns["time"])
        return SECONDS_A_DAY, math.floor(first)
    if told not in TIME_UNITS:
        raise _invalid(f"time_unit is {one_line(told)!r}, not s, d or mjd")
    return TIME_UNITS[told], 0.0


def _width(cells: Mapping[str, str], table: _Table, unit: float) -> Floats:
    whole, half = table.one("width"), table.one("half_width")
    plus, minus = table.one("width_plus"), table.one("width_minus")
    if whole is not None:
        return whole * unit
    if half is not None:
        return 2 * half * unit
    if plus is not None and minus is not None:
        return (np.abs(plus) + np.abs(minus)) * unit
    if "width_s" not in cells:
        raise XrayRefusedError(
            "width_unknown",
            "targets.csv: width, half_width, width_plus and width_minus, or width_s is needed",
        )
    return np.full(table.columns["time"].size, float(cells["width_s"]))


def _size(error: Floats | None) -> Floats | None:
    """Return errors without the sign that those down may have."""
    return None if error is None else np.abs(error)


def _read(path: Path, wanted: Mapping[str, str]) -> _Table:
    are_numbers = all(cell.isdecimal() and len(cell) < 4 for cell in wanted.values())
    places = _places((), wanted) if are_numbers else None
    rows: list[list[float]] = []
    limits: list[bool] = []
    for number, line in lines_of(path):
        if places is None:
            places = _places(_cells(line.lstrip("#! ")), wanted)
            continue
        plain = line.split("#")[0].strip()
        cells = _cells(plain)
        is_title = are_numbers and not rows and _number(cells, places["time"]) is None
        if plain and not plain.startswith(("!", "@")) and not is_title:
            rows.append(_row(cells, places, number))
            limits.append(_is_limit(cells, places))
    if places is None:
        raise _invalid(f"no line names the columns {', '.join(map(one_line, wanted.values()))}"[:250])
    if not rows:
        raise XrayRefusedError("nothing_measured", "no row below the names of the columns")
    values = np.array(rows, dtype=np.float64)
    return _Table({name: values[:, place] for place, name in enumerate(places)}, np.array(limits))


def _cells(line: str) -> list[str]:
    delimiter = next((one for one in _DELIMITERS[:2] if one in line), None)
    return [cell.strip() for cell in line.split(delimiter)]


def _places(names: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int] | None:
    """Return where the wanted columns stand, by their numbers or among names; None if one is not there."""
    lowered = [name.lower() for name in names]
    found = {}
    for name, column in wanted.items():
        if column.isdecimal() and len(column) < 4:
            found[name] = int(column)
        elif column.lower() in lowered:
            found[name] = lowered.index(column.lower())
        else:
            return None
    return found


def _row(cells: Sequence[str], places: Mapping[str, int], number: int) -> list[float]:
    if _number(cells, places["time"]) is None:
        cell = one_line(cells[places["time"]])[:40] if places["time"] < len(cells) else "nothing"
        raise XrayRefusedError("time_unknown", f"line {number}: {cell!r} is no time; begin the line with #")
    values = [_number(cells, place) for place in places.values()]
    return [np.nan if value is None else value for value in values]


def _is_limit(cells: Sequence[str], places: Mapping[str, int]) -> bool:
    place = places.get("rate", len(cells))
    return place < len(cells) and cells[place].startswith("<")


def _number(cells: Sequence[str], place: int) -> float | None:
    return as_number(cells[place]) if place < len(cells) else None
