"""Swift-XRT's light curves as its online tools write them: text with a line of names, or JSON by column.

Only their form and what their columns mean live here (Evans et al. 2007, A&A 469, 379).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.xray.reading.assembly import MOST_BINS, Columns
from astro_assets.xray.reading.cards import SECONDS_A_DAY, Bands, Clock
from astro_assets.xray.reading.lines import check_size, lines_of
from astro_assets.xray.reading.told import Told
from astro_assets.xray.refusals import XrayRefusedError, one_line

if TYPE_CHECKING:
    from astro_assets.xray.light_curve import Floats

SWIFT_TEXT: Final = "swift_xrt_text"
SWIFT_JSON: Final = "swift_xrt_json"
#: XRT's band where a file tells none.
_BAND_KEV: Final = (0.3, 10.0)
#: Names of columns in text and in JSON, in small letters.
_NAMES: Final = {
    "time": "time", "mjd": "mjd", "t_+ve": "time_plus", "timepos": "time_plus", "t_-ve": "time_minus",
    "timeneg": "time_minus", "rate": "rate", "ratepos": "plus", "rateneg": "minus", "flux": "flux",
    "fluxpos": "plus", "fluxneg": "minus", "fracexp": "part", "bgrate": "background",
    "bgerr": "background_error", "corrfact": "correction", "ctsinsrc": "counts",
    "exposure": "exposure",
}  # fmt: skip
_EPOCH: Final = re.compile(r"= (\d{4} [A-Z][a-z]{2} \d{1,2}) at (\d{1,2}):(\d\d):(\d\d(?:\.\d+)?) UT")
_COVERS: Final = re.compile(r"Data covers (\d+(?:\.\d+)?) ?- ?(\d+(?:\.\d+)?) ?keV")
_OBJECT: Final = re.compile(r"name: (.+)")
#: By which a bin may be exposed longer than it is: the ends of bins are printed with three decimals.
_ROUNDING: Final = 0.01
_MJD_ZERO: Final = datetime(1858, 11, 17, tzinfo=UTC)


def read_text(path: Path) -> Told:
    """Return what a text tells whose columns are named ``T_+ve`` and ``T_-ve``.

    Raises
    ------
    XrayRefusedError
        If no line names such columns, or a line below lacks numbers; it names the line.
    """
    names: tuple[str, ...] = ()
    rows: list[list[float]] = []
    said: list[str] = []
    for number, line in lines_of(path):
        plain = line.strip().lstrip("#!").strip()
        cells = plain.split()
        if not names and {"t_+ve", "t_-ve"} <= {cell.lower() for cell in cells}:
            names = tuple(_NAMES.get(cell.lower(), "") for cell in cells)
        elif line.lstrip().startswith(("#", "!")) or not cells or cells[0].upper() in ("READ", "NO"):
            said.append(plain[:200])
            del said[50:]
        else:
            rows.append(_numbers(cells, names, number))
    if not names:
        raise XrayRefusedError("no_light_curve", "no line names columns T_+ve and T_-ve, as Swift-XRT's do")
    if not rows:
        raise XrayRefusedError("nothing_measured", "no line below the names of the columns")
    table = np.array(rows, dtype=np.float64)
    named = {name: table[:, place] for place, name in enumerate(names) if name}
    return _told(named, SWIFT_TEXT, "the table", said)


def _numbers(cells: list[str], names: tuple[str, ...], number: int) -> list[float]:
    if not names:
        raise XrayRefusedError("no_light_curve", f"line {number}: numbers before a line that names columns")
    if len(cells) < sum(map(bool, names)):
        raise XrayRefusedError(
            "damaged", f"line {number}: {len(cells)} values, {len(names)} columns are named"
        )
    row = []
    for place, name in enumerate(names):
        try:
            row.append(float(cells[place]) if name else np.nan)
        except (ValueError, IndexError):
            cell = one_line(cells[place])[:40] if place < len(cells) else "nothing"
            raise XrayRefusedError("damaged", f"line {number}: {cell!r} is no number ({name})") from None
    return row


def read_json(path: Path) -> Told:
    """Return what a JSON object of columns tells, each an object of numbers by row.

    Raises
    ------
    XrayRefusedError
        If it is anything else.
    """
    check_size(path)
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise XrayRefusedError("damaged", f"no JSON: {one_line(error)}") from error
    if not isinstance(told, dict) or not isinstance(told.get("Time"), dict):
        raise XrayRefusedError("no_light_curve", "no JSON object with a column Time, as Swift-XRT's are")
    rows = list(told["Time"])
    if not 1 <= len(rows) <= MOST_BINS:
        raise XrayRefusedError("nothing_measured" if not rows else "too_large", f"{len(rows)} rows")
    named = {}
    for name, column in told.items():
        if (known := _NAMES.get(str(name).lower())) is not None:
            named[known] = _column(str(name), column, rows)
    return _told(named, SWIFT_JSON, "the object", [])


def _column(name: str, column: object, rows: list[str]) -> Floats:
    if not isinstance(column, dict) or list(column) != rows:
        raise XrayRefusedError("damaged", f"column {one_line(name)} has not the rows of Time")
    for row, value in column.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise XrayRefusedError("damaged", f"column {one_line(name)}, row {one_line(row)}: no number")
    return np.array([np.nan if value is None else value for value in column.values()], dtype=np.float64)


def _told(named: Mapping[str, Floats], form: str, where: str, said: list[str]) -> Told:
    lacking = {"time_plus", "time_minus", "plus", "minus"} - set(named)
    is_flux = "rate" not in named
    if lacking or named.keys().isdisjoint({"rate", "flux"}) or named.keys().isdisjoint({"time", "mjd"}):
        raise XrayRefusedError("no_column", f"{where}: no column for {', '.join(sorted(lacking)) or 'rates'}")
    days = "mjd" in named
    unit = SECONDS_A_DAY if days else 1.0
    # Days are counted from the first, so that seconds keep their digits.
    begin = float(np.floor(np.nanmin(named["mjd"]))) if days and np.isfinite(named["mjd"]).any() else 0.0
    time = (named["mjd"] - begin if days else named["time"]) * unit
    plus, minus = named["time_plus"] * unit, named["time_minus"] * unit
    width = plus - minus
    rate = named["flux" if is_flux else "rate"]
    columns = Columns(
        where,
        time + (plus + minus) / 2,
        width,
        rate=rate,
        error_minus=np.abs(named["minus"]),
        error_plus=named["plus"],
        is_limit=(named["minus"] == 0) & (named["plus"] == 0),
        **({} if is_flux else _counted(named, width, where)),
    )
    text = "\n".join(said)
    covers, called = _COVERS.search(text), _OBJECT.search(text)
    band = (float(covers[1]), float(covers[2])) if covers else _BAND_KEV
    return Told(
        form,
        Bands((band,), are_told=covers is not None),
        Clock(unit, mjd_reference=begin if days else _epoch(text), system="UTC"),
        columns,
        telescope="SWIFT",
        instrument="XRT",
        object_name=one_line(called[1])[:80] if called else None,
        rate_unit="erg / (s cm2)" if is_flux else "ct / s",
    )


def _counted(named: Mapping[str, Floats], width: Floats, where: str) -> dict[str, Floats]:
    """Return counts, exposure and background of bins.

    The factor by which rates were corrected, for the part of the aperture that lies on bad columns, beside
    the chip or beyond its radius, is a loss of exposure. Of the background only its rate in the source's
    aperture and the error of that are told, R and E in an exposure t: those of ``(R / E)**2`` counts in an
    aperture that the source's is ``R t / (R / E)**2`` of.
    """
    part = named.get("part")
    if "exposure" in named:
        part = named["exposure"] / width
    if part is not None:
        if (longer := part > 1 + _ROUNDING).any():
            row = int(longer.argmax())
            told = f"{where}, row {row + 1}: exposed for {part[row]:.4g} of its length"
            raise XrayRefusedError("values_impossible", told)
        part = np.minimum(part, 1.0)
        if "correction" in named:
            part /= np.maximum(named["correction"], 1.0)
    found = {} if part is None else {"fractional_exposure": part}
    if not {"counts", "background", "background_error", "exposure"} <= named.keys():
        return found
    rate, error, exposure = named["background"], named["background_error"], named["exposure"]
    with np.errstate(divide="ignore", invalid="ignore"):
        background = np.where((rate > 0) & (error > 0), np.rint((rate / error) ** 2), 0.0)
        ratio = np.where(background > 0, rate * exposure / background, 0.0)
    return found | {"counts": named["counts"], "background_counts": background, "background_ratio": ratio}


def _epoch(text: str) -> float | None:
    """Return the MJD in UTC from which the times of a burst are counted; None where it is not told."""
    match = _EPOCH.search(text)
    if match is None:
        return None
    try:
        day = datetime.strptime(match[1], "%Y %b %d").replace(tzinfo=UTC)
    except ValueError:
        return None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 + float(match[4])
    return (day - _MJD_ZERO) / timedelta(days=1) + seconds / SECONDS_A_DAY
