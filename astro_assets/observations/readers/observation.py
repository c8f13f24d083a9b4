"""What every reader returns: whose light curve a file is, and its cadences in one form.

Only the results' types and what all formats share live here; nothing is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.missions import Mission
from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astro_assets.observations.readers.contents import Contents

#: Cadences in use reach from 20 s (TESS) to 30 min; the bounds leave room and keep absurd ones out.
CADENCE_BOUNDS_S: Final = (1.0, 7200.0)
SECONDS_A_DAY: Final = 86400.0
#: BJD 2457000.0.
_BTJD_ZERO_DATE: Final = datetime(2014, 12, 8, 12)  # noqa: DTZ001  TDB, which is no time zone


@dataclass(frozen=True, slots=True)
class Cadences:
    """The cadences of a file as they are stored, nothing left out. All arrays have shape (n_rows,).

    Parameters
    ----------
    flux_column
        Name of the column that the flux comes from.
    time
        float64, BJD_TDB - 2457000 [d], NaN where unknown.
    flux, flux_err
        In any unit, NaN where unknown; all errors where the file has none.
    quality
        int64, quality bits of the mission; 0 where the file has none.
    cadence_number
        int64, increasing with time.
    centroid_column, centroid_row
        Pixels, NaN where unknown.
    n_repeated
        Rows left out here because an earlier one has the same time.
    """

    flux_column: str
    time: NDArray[np.float64]
    flux: NDArray[Any]
    flux_err: NDArray[Any]
    quality: NDArray[np.int64]
    cadence_number: NDArray[np.int64]
    centroid_column: NDArray[Any]
    centroid_row: NDArray[Any]
    n_repeated: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose light curve a file is.

    Parameters
    ----------
    mission, target_id, segment
        The segment is None where a table names none or holds several.
    cadence_s
        Time between cadences [s].
    start_btjd, end_btjd
        Bounds of the observation, BJD_TDB - 2457000 [d].
    n_rows
        Cadences in the file, good and bad.
    """

    mission: Mission
    target_id: str
    segment: int | None
    cadence_s: float
    start_btjd: float
    end_btjd: float
    n_rows: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A format.

    Parameters
    ----------
    product
        Its name in the tables.
    recognises
        Whether a file is of this format, by its content.
    identify
        Says whose light curve it is; puts what it finds into the mapping as it goes, so that a refusal can
        say what is known. Raises `RefusalError`.
    read
        Reads the cadences: with systematics removed if told so, else as measured; the same where the format
        has one flux only. Raises `RefusalError`.
    max_days
        The longest time that a file of this format can span [d].
    """

    product: str
    recognises: Callable[[Contents], bool]
    identify: Callable[[Contents, dict[str, Any]], Identity]
    read: Callable[[Contents, bool], Cadences]
    max_days: float = 200.0


def time_range(time: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return start, end and cadence [d, d, s] from the times themselves.

    The cadence is the median step, so that gaps do not count.

    Raises
    ------
    RefusalError
        If fewer than two times are finite or the cadence is absurd.
    """
    finite = time[np.isfinite(time)]
    if finite.size < 2:
        raise RefusalError(
            "no_finite_cadence", f"no finite cadence: {finite.size} of {time.size} times are finite"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        cadence_s = float(np.median(np.diff(finite))) * SECONDS_A_DAY
    return float(finite.min()), float(finite.max()), sane_cadence(cadence_s)


def sane_cadence(seconds: float) -> float:
    """Return the cadence [s] if it is within bounds.

    Raises
    ------
    RefusalError
        If it is not.
    """
    if not CADENCE_BOUNDS_S[0] <= seconds <= CADENCE_BOUNDS_S[1]:
        raise RefusalError("no_time_range", f"absurd cadence: {seconds:g} s")
    return seconds


def sane_dates(mission: Mission, start: float, end: float) -> None:
    """Check that times are of the years in which a mission observed.

    Parameters
    ----------
    start, end
        First and last time, BJD_TDB - 2457000 [d].

    Raises
    ------
    RefusalError
        If they are not.
    """
    if not (mission.first_btjd <= start and end <= mission.last_btjd):
        raise RefusalError(
            "dates_impossible",
            f"the times run from {_date(start)} to {_date(end)}, which is not within {mission.name}'s "
            f"{_date(mission.first_btjd)} to {_date(mission.last_btjd)}: is their time format right?",
        )


def _date(btjd: float) -> str:
    try:
        return (_BTJD_ZERO_DATE + timedelta(days=btjd)).date().isoformat()
    except (OverflowError, ValueError):
        return f"BTJD {btjd:.6g}"


def count_cadences(time: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return cadence numbers from the first time on; cadences without a time get 0."""
    start, end, cadence_s = time_range(time)
    if (end - start) * SECONDS_A_DAY / cadence_s >= 2**31:
        raise RefusalError(
            "no_time_range", f"the times span {end - start:.6g} d at a cadence of {cadence_s:g} s"
        )
    steps = np.where(np.isfinite(time), time - start, 0.0) * (SECONDS_A_DAY / cadence_s)
    return np.rint(steps).astype(np.int64)


def nothing(n: int) -> NDArray[np.float32]:
    """Return ``n`` unknown values."""
    return np.full(n, np.nan, dtype=np.float32)


def whole_numbers(values: NDArray[Any], name: str) -> NDArray[np.int64]:
    """Return a column of whole numbers as int64.

    Raises
    ------
    RefusalError
        If the column is of another type.
    """
    if values.dtype.kind not in "iu":
        raise RefusalError("no_column", f"column {name} does not hold whole numbers")
    return values.astype(np.int64)
