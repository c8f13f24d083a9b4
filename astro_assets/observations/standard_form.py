"""The cadences of any format in one form: quality applied, checked, flux relative to its median.

Arrays in, arrays out or a refusal; which file they come from, and which settings hold, is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import polars as pl

from astro_assets.observations.missions import Mission
from astro_assets.observations.readers.observation import Cadences, sane_dates
from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Default of the share of unflagged cadences that can be used. Among 120 real files of Kepler, K2 and TESS
#: the smallest is 0.92.
LEAST_FINITE_FRACTION: Final = 0.5


@dataclass(frozen=True, slots=True)
class StandardForm:
    """The cadences that can be used.

    Parameters
    ----------
    arrays
        ``time`` float64 [d, BJD_TDB - 2457000], strictly increasing; ``flux``, ``flux_err`` float32, relative
        to the median, finite, the errors positive; ``centroid_column``, ``centroid_row`` float32 [pixel], NaN
        where unknown; ``cadence_number`` int32. All of shape (n_points,), n_points at least 1.
    n_flagged, n_not_finite
        Cadences dropped for their quality flags; unflagged ones whose time or flux is no number, or whose
        error is no positive one, as float32.
    median_flux
        What the flux was divided by, in the file's unit.
    has_errors
        Whether the errors are the file's own; else each is the scatter from point to point.
    """

    arrays: dict[str, NDArray[np.generic]]
    n_flagged: int
    n_not_finite: int
    median_flux: float
    has_errors: bool

    @property
    def finite_fraction(self) -> float:
        """Share of the unflagged cadences that are kept, above 0 to 1."""
        n_points = len(self.arrays["time"])
        return n_points / (n_points + self.n_not_finite)


def standard_form(cadences: Cadences, mission: Mission, bitmask: int, max_days: float) -> StandardForm:
    """Drop what is flagged or no number, check the rest, and divide by the median.

    Parameters
    ----------
    bitmask
        Quality bits that disqualify a cadence.
    max_days
        The longest time that the cadences may span [d].

    Raises
    ------
    RefusalError
        If nothing is left, the times are not the mission's or in disorder, or the median is not positive.
    """
    good = (cadences.quality & bitmask) == 0
    cadences, has_errors = _with_errors(cadences, good)
    kept, flux, error, median = _relative(cadences, good)
    time = cadences.time[kept]
    _check_times(time, cadences.cadence_number[kept], mission, max_days)
    arrays: dict[str, NDArray[Any]] = {
        "time": time,
        "flux": flux,
        "flux_err": error,
        "centroid_column": _finite_or_nan(cadences.centroid_column[kept]),
        "centroid_row": _finite_or_nan(cadences.centroid_row[kept]),
        "cadence_number": cadences.cadence_number[kept].astype(np.int32),
    }
    n_good = int(np.count_nonzero(good))
    return StandardForm(arrays, len(good) - n_good, n_good - len(time), median, has_errors)


def _with_errors(cadences: Cadences, good: NDArray[np.bool_]) -> tuple[Cadences, bool]:
    """Return cadences with the scatter of the flux as errors, if no good one has an error of its own."""
    usable = good & np.isfinite(cadences.time) & np.isfinite(cadences.flux)
    errors = cadences.flux_err[usable]
    if not errors.size or (np.isfinite(errors) & (errors > 0)).any():
        return cadences, True
    error = np.full(len(good), _scatter(cadences.flux[usable].astype(np.float64)))
    return replace(cadences, flux_err=error), False


def _scatter(flux: NDArray[np.float64]) -> float:
    """Return the white noise from the differences of neighbours: 1.4826 times their median size.

    Fluxes of few digits mostly repeat their neighbour: then it is the differences' standard deviation.
    """
    if flux.size < 2:
        return float("nan")
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite scatter is no positive error
        steps = np.diff(flux)
        return float((1.4826 * np.median(np.abs(steps)) or np.std(steps)) / np.sqrt(2))


@np.errstate(over="ignore", under="ignore")  # what does not fit float32 is looked for
def _relative(
    cadences: Cadences, good: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.float32], float]:
    """Return which cadences are kept, their flux and error relative to the median, and the median.

    A value that is finite and positive as float64 may be neither as float32; such cadences go, too.
    """
    kept = good & np.isfinite(cadences.time) & np.isfinite(cadences.flux)
    kept &= np.isfinite(cadences.flux_err) & (cadences.flux_err > 0)
    while kept.any():
        stored = cadences.flux[kept]
        median = _median(stored)
        flux = stored.astype(np.float64)
        if not 0 < median < np.inf:
            raise RefusalError(
                "flux_not_positive",
                f"the median of {cadences.flux_column} is {median:g}: a relative flux needs a positive one",
            )
        single = (flux / median).astype(np.float32)
        error = (cadences.flux_err[kept].astype(np.float64) / median).astype(np.float32)
        fits = np.isfinite(single) & np.isfinite(error) & (error > 0)
        if fits.all():
            return kept, single, error, median
        kept[kept] = fits
    n_flagged = len(good) - np.count_nonzero(good)
    raise RefusalError(
        "no_finite_cadence",
        f"no finite cadence: of {len(good)}, {n_flagged} are flagged, and of the others no "
        f"{cadences.flux_column}, its error and time are all finite and the error positive",
    )


def _median(values: NDArray[Any]) -> float:
    """Return the median of numbers as they are stored, the mean of two in double precision."""
    # A third of the time that NumPy's takes.
    return float(cast("float", pl.Series(values.astype(np.float64)).median()))


def _check_times(
    time: NDArray[np.float64], cadence_number: NDArray[np.int64], mission: Mission, max_days: float
) -> None:
    """Refuse times that a damaged file makes up: the search must not see a baseline of centuries."""
    sane_dates(mission, float(time.min()), float(time.max()))
    steps = np.diff(time)
    if (steps <= 0).any():
        raise RefusalError(
            "times_disordered", f"time does not increase at cadence {cadence_number[1:][steps <= 0][0]}"
        )
    span = time[-1] - time[0]
    if span > max_days:
        raise RefusalError(
            "no_time_range", f"the times span {span:.6g} d; a segment lasts at most {max_days:g} d"
        )


def _finite_or_nan(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))
