"""Exact box least squares of many stars: astropy's statistic on any list of periods, 16 stars a vector.

A drop-in for ``astropy.timeseries.BoxLeastSquares`` where stars were observed at the same times; loops are in
``exact_lanes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astro_assets.transits.search.aligned import aligned_zeros
from astro_assets.transits.search.engine import Floats

_LANES: Final = 16
#: Bins are counted in single precision.
_MOST_BINS: Final = 2**24


@dataclass(frozen=True, slots=True)
class ExactPeriodogram:
    """The best box of each star at each period, as astropy names it; arrays of shape (stars, periods).

    Parameters
    ----------
    period, duration, transit_time
        Days; ``period`` has shape (periods,); durations are whole bins; the transit time is on the scale of
        the samples.
    power
        The objective: ``depth_snr`` or ``log_likelihood``; -inf where no box is a dip.
    depth, depth_err, depth_snr, log_likelihood
        Of the box, in the unit of the flux; NaN where no box is a dip.
    """

    period: Floats
    power: Floats
    depth: Floats
    depth_err: Floats
    duration: Floats
    transit_time: Floats
    depth_snr: Floats
    log_likelihood: Floats


def exact_periodogram(
    time: Floats,
    flux: Floats,
    flux_err: ArrayLike,
    periods: Floats,
    durations: ArrayLike,
    objective: Literal["snr", "likelihood"] = "likelihood",
    oversample: int = 10,
) -> ExactPeriodogram:
    """Search stars for the best box at each period (Kovacs, Zucker & Mazeh 2002, A&A 391, 369).

    Equal to ``astropy.timeseries.BoxLeastSquares(time, flux, flux_err).power(periods, durations,
    objective=objective, method="fast", oversample=oversample)`` of each star to single precision, bins and
    their padding included.

    Parameters
    ----------
    time
        Days, in any order, shape (n,).
    flux
        Shape (stars, n), or (n,) for one star.
    flux_err
        Standard deviations, the same for all stars: a number, or shape (n,).
    periods, durations
        Days. Every duration is shorter than every period.
    objective
        What is maximised at each period.
    oversample
        Bins of the shortest duration.

    Raises
    ------
    ValueError
        If shapes do not fit, values are not finite, errors, periods or durations are not positive, a duration
        is not shorter than a period, or there are too many bins.
    """
    stars = np.atleast_2d(np.asarray(flux, dtype=np.float64))
    errors = np.broadcast_to(np.asarray(flux_err, dtype=np.float64), time.shape)
    widths_days = np.atleast_1d(np.asarray(durations, dtype=np.float64))
    _require(time, stars, errors, periods, widths_days)
    # Imported here because compiling takes a while.
    from astro_assets.transits.search.exact_lanes import exact_block

    weight = errors**-2.0
    total = float(weight.sum())
    mean = np.sum(stars * weight, axis=1, keepdims=True) / total
    n_vectors = -(-stars.shape[0] // _LANES)
    lanes = aligned_zeros(n_vectors, time.size + 1, _LANES)
    for vector in range(n_vectors):
        some = slice(vector * _LANES, (vector + 1) * _LANES)
        residual = (stars[some] - mean[some]) * (weight / np.sqrt(total))
        lanes[vector, :-1, : len(residual)] = residual.T
    bin_width = float(widths_days.min()) / oversample
    widths = np.floor(widths_days / bin_width + 0.5).astype(np.int64)
    if widths.size * (periods.max() / bin_width + oversample + 2) > _MOST_BINS:
        raise ValueError("too many bins: choose fewer or longer durations, or a smaller oversample")
    shape = n_vectors, periods.size, _LANES
    dips, shares = np.zeros(shape), np.zeros(shape)
    width, place = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    exact_block(
        time - time.min(), lanes, weight / total, total, periods, widths,
        bin_width, oversample, objective == "likelihood", dips, shares, width, place,
    )  # fmt: skip
    dip, share, of_width, first = (
        values.transpose(0, 2, 1).reshape(-1, periods.size)[: stars.shape[0]]
        for values in (dips, shares, width, place)
    )
    return _named(time, periods, widths, bin_width, total, objective, (dip, share, of_width, first))


def _named(
    time: Floats,
    periods: Floats,
    widths: NDArray[np.int64],
    bin_width: float,
    total: float,
    objective: str,
    best: tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]],
) -> ExactPeriodogram:
    """Return what is known of the best boxes under astropy's names."""
    dip, share, width, first = best
    with np.errstate(divide="ignore", invalid="ignore"):
        found = dip > 0
        spread = share * (1 - share)
        depth = np.where(found, dip / np.sqrt(total) / spread, np.nan)
        depth_err = np.where(found, 1 / np.sqrt(total * spread), np.nan)
        likelihood = np.where(found, 0.5 * dip**2 / (share * (1 - share) ** 2), np.nan)
    power = likelihood if objective == "likelihood" else depth / depth_err
    duration = (bin_width * widths[width]).astype(np.float64)
    middle = (first * bin_width + 0.5 * duration) % periods
    return ExactPeriodogram(
        period=periods,
        power=np.where(found, power, -np.inf),
        depth=depth,
        depth_err=depth_err,
        duration=duration,
        transit_time=float(time.min()) + middle,
        depth_snr=depth / depth_err,
        log_likelihood=likelihood,
    )


def _require(time: Floats, stars: Floats, errors: Floats, periods: Floats, durations: Floats) -> None:
    if time.ndim != 1 or time.size == 0 or stars.shape[1:] != time.shape:
        raise ValueError(f"flux of shape {stars.shape} does not fit times of shape {time.shape}")
    if not (np.isfinite(time).all() and np.isfinite(stars).all()):
        raise ValueError("times and fluxes must be finite")
    if not (np.isfinite(errors).all() and (errors > 0).all()):
        raise ValueError("errors of the flux must be finite and positive")
    if periods.size == 0 or durations.size == 0 or not (periods.min() > 0 and durations.min() > 0):
        raise ValueError("periods and durations must be positive, one of each at least")
    if durations.max() >= periods.min():
        raise ValueError("every duration must be shorter than every period")
