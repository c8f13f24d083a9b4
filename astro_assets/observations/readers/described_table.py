"""Plain Parquet and text tables, which say nothing of themselves: an entry in a ``targets.csv`` does.

The entry comes with the file, see `astro_assets.orchestration.ingest`; what its cells mean is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.missions import BTJD_ZERO_BJD, K2, MISSIONS, Mission
from astro_assets.observations.readers.contents import Contents, read_table
from astro_assets.observations.readers.observation import (
    Cadences,
    Identity,
    Reader,
    count_cadences,
    nothing,
    time_range,
)
from astro_assets.observations.readers.text import is_list
from astro_assets.observations.readers.units import refuse_magnitudes
from astro_assets.observations.refusals import RefusalError
from astro_assets.observations.targets import TargetIdError, canonical_target_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Zero of each time format [JD]. bkjd and btjd are BJD_TDB by definition; jd and mjd leave that open.
_ZERO_JD: Final = {"bkjd": 2454833.0, "btjd": 2457000.0, "jd": 0.0, "mjd": 2400000.5}
_OPEN_FORMATS: Final = ("jd", "mjd")
_SCALES: Final = ("tdb", "tt", "tai", "utc")
#: Units of the flux that an entry can tell; magnitudes are converted.
_MAGNITUDE: Final = "mag"
_LINEAR: Final = ("relative", "electron/s", "e-/s")
#: No star is as faint: 99.999 and its likes stand for no measurement.
_NO_MAGNITUDE: Final = 50.0
#: Times from mid-transit lie about zero, or begin there; dates do so only as K2's btjd of December 2014.
_FOLDED_WITHIN: Final = 100.0
#: A phase is within one of zero.
_PHASE_WITHIN: Final = 1.01
#: Names that phases have. In degrees they reach this far.
_FOLDED_NAMES: Final = ("phase", "fold")
_PHASE_DEGREES: Final = 360.0
#: Other names that lists have for the columns of an entry.
_OTHER_NAMES: Final = {"scale": "time_scale", "reference": "time_reference"}
#: Rows with the time of another row: more are no slips of a pen, but several light curves in one table.
_MOST_REPEATED: Final = 0.1
#: What stands in an entry where its list cannot be read; see `astro_assets.orchestration.descriptions`.
_LIST_ERROR: Final = ""


def _recognises(contents: Contents) -> bool:
    return not contents.is_fits


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    if is_list(contents.names):
        raise RefusalError(
            "not_an_observation", "not an observation: a targets.csv, which describes other files"
        )
    if contents.description is None:
        _refuse_folded(read_table(contents, [0])[0], contents.names[0])
        raise RefusalError(
            "not_described", "not described: no targets.csv beside or above the table names it"
        )
    entry = _entry(contents)
    if _LIST_ERROR in entry:
        raise RefusalError("description_invalid", entry[_LIST_ERROR])
    known["mission"] = mission = _mission(entry)
    told = _cell(entry, "target_id")
    try:
        target = canonical_target_id(f"{mission.catalogue} {told}" if told.isdecimal() else told)
    except TargetIdError as error:
        raise RefusalError("identity_unclear", f"identity unclear: targets.csv: {error}") from error
    if not target.startswith(f"{mission.catalogue} "):
        raise RefusalError(
            "identity_unclear", f"identity unclear: targets.csv has {target} in a file of {mission.name}"
        )
    known["target_id"] = target
    segment = entry.get("segment")
    if segment is not None and not (segment.isascii() and segment.isdecimal() and len(segment) < 6):
        raise _invalid(f"segment is {segment!r}, no number")
    time = _times(contents, entry)
    known["n_rows"] = n_rows = len(time)
    start, end, cadence_s = time_range(time[_order(time)])
    return Identity(mission, target, int(segment) if segment else None, cadence_s, start, end, n_rows)


def _entry(contents: Contents) -> dict[str, str]:
    """Return the cells of the entry under their own names."""
    told = contents.description or {}
    return {_OTHER_NAMES[name]: cell for name, cell in told.items() if name in _OTHER_NAMES} | dict(told)


def _mission(entry: Mapping[str, str]) -> Mission:
    told = _cell(entry, "mission")
    for name, mission in MISSIONS.items():
        if name.lower() == told.lower():
            return mission
    raise _invalid(f"mission is {told!r}, not one of {', '.join(MISSIONS)}")


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  one flux only
    entry = _entry(contents)
    time = _times(contents, entry)
    order = _order(time)
    n_repeated, time = len(time) - len(order), time[order]
    place = _place(contents, entry, "flux")
    unit = _flux_unit(contents, entry, place)
    flux = read_table(contents, [place])[0][order]
    error = None
    if "flux_err" in entry:
        error = read_table(contents, [_place(contents, entry, "flux_err")])[0][order]
    if unit == _MAGNITUDE:
        flux, error = _from_magnitudes(flux, error)
    unknown = nothing(len(time))
    return Cadences(
        contents.names[place],
        time,
        flux,
        unknown if error is None else error,
        np.zeros(len(time), dtype=np.int64),
        count_cadences(time),
        unknown,
        unknown,
        n_repeated,
    )


def _times(contents: Contents, entry: Mapping[str, str]) -> NDArray[np.float64]:
    """Return the times as BJD_TDB - 2457000 [d]."""
    form = _cell(entry, "time_format").lower()
    if form not in _ZERO_JD:
        raise RefusalError(
            "time_system_unknown",
            f"time system unknown: time_format is {form!r}, not one of {', '.join(_ZERO_JD)}",
        )
    scale = _scale(form, entry)
    place = _place(contents, entry, "time")
    (time,) = read_table(contents, [place])
    # Of the formats and missions only K2's btjd passes zero.
    may_be_dates = (form, _mission(entry)) == ("btjd", K2)
    _refuse_folded(time, contents.names[place], may_be_dates=may_be_dates)
    since_zero = time + (_ZERO_JD[form] - BTJD_ZERO_BJD)
    return since_zero if scale == "tdb" else since_zero + _tdb_minus(scale, since_zero)


def _scale(form: str, entry: Mapping[str, str]) -> str:
    """Return the time scale; times that are not known to be barycentric are refused."""
    if form not in _OPEN_FORMATS:
        return "tdb"
    scale, reference = entry.get("time_scale", "").lower(), entry.get("time_reference", "").lower()
    if scale not in _SCALES:
        raise RefusalError(
            "time_system_unknown",
            f"time system unknown: {form} needs a time_scale ({', '.join(_SCALES)}), there is {scale!r}",
        )
    if reference not in ("barycenter", "barycentric", "solarsystem"):
        raise RefusalError(
            "time_system_unknown",
            f"time system unknown: {form} needs the time_reference barycenter, there is {reference!r}: "
            "times at an observatory or at the Sun cannot be corrected without its place",
        )
    return scale


def _tdb_minus(scale: str, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return TDB less the scale [d]; near 69 s for utc since 2017."""
    from astropy.time import Time

    seconds = np.full(len(time), np.nan)
    usable = np.abs(time) < 20000  # 55 years about 2014: no telescope of ours is older
    dates = Time(np.full(usable.sum(), float(BTJD_ZERO_BJD)), time[usable], format="jd", scale=scale)
    converted = dates.tdb
    seconds[usable] = (converted.jd1 - dates.jd1) + (converted.jd2 - dates.jd2)
    return seconds


def _place(contents: Contents, entry: Mapping[str, str], role: str) -> int:
    """Return the position of the time, flux or flux_err column: a name, or else a number from 0."""
    told = entry.get(role)
    if told is None:
        code = "no_flux_column" if role == "flux" else "description_invalid"
        raise RefusalError(code, f"no {role} column: the entry in targets.csv names none")
    if contents.has_names and told in contents.names:
        return contents.names.index(told)
    alike = [place for place, name in enumerate(contents.names) if name.lower() == told.lower()]
    if contents.has_names and len(alike) == 1:
        return alike[0]
    if told.isascii() and told.isdecimal() and int(told[:6]) < len(contents.names):
        return int(told[:6])
    code = "no_flux_column" if role == "flux" else "description_invalid"
    raise RefusalError(code, f"no {role} column {told!r}; there are {', '.join(contents.names)[:200]}")


def _refuse_folded(time: NDArray[np.float64], name: str, *, may_be_dates: bool | None = None) -> None:
    """Refuse phases, and times from mid-transit, by their name or range.

    Parameters
    ----------
    may_be_dates
        Whether dates of the kind that is told may lie near zero, which phases then differ from in being
        uneven; None if nothing is told.
    """
    finite = time[np.isfinite(time)]
    if not finite.size or np.abs(finite).max() > _PHASE_DEGREES:
        return
    finite = np.unique(finite)
    if finite.size < 2:
        return
    first, last = float(finite[0]), float(finite[-1])
    furthest = max(-first, last)
    is_named = any(word in name.lower() for word in _FOLDED_NAMES)
    begins_at_zero = furthest < _FOLDED_WITHIN and first < 0.1 * last
    if furthest <= _PHASE_WITHIN:
        is_like = True
    elif may_be_dates or (may_be_dates is None and first >= 0):
        is_like = begins_at_zero and not _are_even(finite)
    else:
        is_like = begins_at_zero
    counts_rows = bool((finite == np.rint(finite)).all())
    if is_named or (is_like and not counts_rows):
        raise RefusalError(
            "phase_folded",
            f"phase-folded: column {name} runs from {first:.4g} to {last:.4g}: phases or times from "
            "mid-transit, not dates",
        )


def _are_even(times: NDArray[np.float64]) -> bool:
    """Whether most steps are equal, as those between dates are."""
    steps = np.diff(times)
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.mean(np.abs(steps / np.median(steps) - 1) < 0.01) >= 0.5)


def _order(time: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the rows in the order of time, of those with one time the first, those without a time last.

    Raises
    ------
    RefusalError
        If more times are repeated than by a slip.
    """
    order = np.argsort(time, kind="stable")
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = time[order][1:] != time[order][:-1]
    n_repeated = np.count_nonzero(~is_new)
    if n_repeated > _MOST_REPEATED * len(order):
        raise RefusalError(
            "times_disordered",
            f"{n_repeated} of {len(order)} rows have the time of an earlier row: one table is to hold one "
            "light curve, with times as precise as its cadence",
        )
    first: NDArray[np.intp] = order[is_new]
    return first


def _flux_unit(contents: Contents, entry: Mapping[str, str], place: int) -> str | None:
    """Return the unit that the entry tells; without one, a column named like magnitudes is refused."""
    unit = entry["flux_unit"].lower() if "flux_unit" in entry else None
    if unit is None:
        refuse_magnitudes(contents.names[place])
    elif unit not in (_MAGNITUDE, *_LINEAR):
        raise _invalid(f"flux_unit is {entry['flux_unit']!r}, not one of {', '.join((_MAGNITUDE, *_LINEAR))}")
    return unit


def _from_magnitudes(
    magnitude: NDArray[np.float64], error: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return fluxes relative to that of the median magnitude, and their errors (Pogson's ratio)."""
    magnitude = np.where(np.abs(magnitude) < _NO_MAGNITUDE, magnitude, np.nan)
    finite = magnitude[np.isfinite(magnitude)]
    flux = 10 ** (-0.4 * (magnitude - (np.median(finite) if finite.size else 0.0)))
    return flux, None if error is None else 0.4 * np.log(10) * flux * error


def _cell(entry: Mapping[str, str], name: str) -> str:
    if name not in entry:
        raise _invalid(f"no {name}")
    return entry[name]


def _invalid(text: str) -> RefusalError:
    return RefusalError("description_invalid", f"the entry in targets.csv is invalid: {text}")


#: Four years of Kepler, or all of TESS so far.
DESCRIBED_TABLE = Reader("table", _recognises, _identify, _read, max_days=4000.0)
