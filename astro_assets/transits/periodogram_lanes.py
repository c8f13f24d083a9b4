"""Compiled loops of the Lomb-Scargle periodogram: samples spread on a grid, and the power of their spectra.

Only loops live here; which grid, and which frequencies, is decided in `periodogram`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled, compiled_with
from astro_assets.transits.lanes import LANES, add, load, multiply, splat, store

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

#: Sums of many samples may be made in any order: it is the same for a curve whatever its company.
_ANY_ORDER: Final[Any] = {"reassoc", "nsz"}
#: A spectrum of less is that of no oscillation: a sine or cosine is the same at all samples.
_DEGENERATE: Final = 1e-9


@compiled
def spread(
    time: Floats, flux: Floats, flux_err: Floats, points_a_day: float, kernel: Singles, grid: Singles
) -> None:
    """Add samples to a grid, each to the eight points around it: 16 numbers, as each point has two.

    The first is the weighted deviation from the mean, in standard deviations; the second the weight. All
    weights together are 1.

    Parameters
    ----------
    time, flux, flux_err
        Days, increasing; flux, not constant; standard deviations; shape (n,).
    points_a_day
        The first sample is at the fourth point; the last at least 5 before the end.
    kernel
        The part of each of the 16 numbers, for places between two points, shape (m * 16,).
    grid
        Two numbers a point, filled here, shape (n_points * 2,).
    """
    total, mean, deviation = _moments(flux, flux_err)
    scale = 1 / deviation
    fine = kernel.size // LANES
    is_signal, is_weight = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    is_signal[::2] = is_weight[1::2] = np.float32(1.0)
    firsts, seconds = load(is_signal, 0), load(is_weight, 0)
    # Samples between the same two points are summed before they are added.
    here, around = -1, splat(np.float32(0.0))
    for n in range(time.size):
        at = (time[n] - time[0]) * points_a_day + 3
        first = int(at)
        if first != here:
            if here >= 0:
                _add_to(grid, 2 * (here - 3), around)
            here, around = first, splat(np.float32(0.0))
        parts = load(kernel, int((at - first) * fine) * LANES)
        weight = 1 / (flux_err[n] * flux_err[n] * total)
        signal = weight * (flux[n] - mean) * scale
        pair = add(multiply(splat(np.float32(signal)), firsts), multiply(splat(np.float32(weight)), seconds))
        around = add(around, multiply(pair, parts))
    if here >= 0:
        _add_to(grid, 2 * (here - 3), around)


@compiled_with(fastmath=_ANY_ORDER)
def _moments(flux: Floats, flux_err: Floats) -> Any:
    """Return the sum of the weights, the weighted mean and standard deviation."""
    total = sum_ = squares = 0.0
    for n in range(flux.size):
        weight = 1 / (flux_err[n] * flux_err[n])
        since_first = flux[n] - flux[0]
        total += weight
        sum_ += weight * since_first
        squares += weight * since_first * since_first
    mean = sum_ / total
    return total, flux[0] + mean, np.sqrt(squares / total - mean * mean)


@compiled
def _add_to(grid: Singles, place: int, total: Any) -> None:
    store(grid, place, add(load(grid, place), total))


@compiled
def fill_power(spectrum: Any, correction: Floats, first: int, out: Floats) -> None:
    """Find the share of the variance that a sinusoid and a constant explain at each frequency.

    Zechmeister & Kuerster (2009), A&A 496, 577, equations 5 to 15.

    Parameters
    ----------
    spectrum
        Transform of the grid, the two numbers of a point as one complex one, shape (n_points,).
    correction
        One over the transform of what a sample is spread with, from frequency 0 to half a cycle a grid point,
        shape (n,).
    first
        Number of the first frequency; twice the last is below half the points.
    out
        Filled here, shape (n_frequencies,).
    """
    n_points = spectrum.size
    per_number = (correction.size - 1) / (n_points / 2)
    for n in range(out.size):
        number = first + n
        double = 2 * number
        there, back = spectrum[number], spectrum[n_points - number]
        scale = 0.5 * _between(correction, number * per_number)
        signal_cosine, signal_sine = scale * (there.real + back.real), -scale * (there.imag - back.imag)
        cosine, sine = scale * (there.imag + back.imag), scale * (there.real - back.real)
        there, back = spectrum[double], spectrum[n_points - double]
        scale = 0.5 * _between(correction, double * per_number)
        twice_cosine, twice_sine = scale * (there.imag + back.imag), scale * (there.real - back.real)
        cosines = 0.5 * (1 + twice_cosine) - cosine**2
        sines = 0.5 * (1 - twice_cosine) - sine**2
        mixed = 0.5 * twice_sine - cosine * sine
        determinant = cosines * sines - mixed**2
        power = sines * signal_cosine**2 + cosines * signal_sine**2 - 2 * mixed * signal_cosine * signal_sine
        out[n] = power / determinant if determinant > _DEGENERATE else 0.0


@compiled
def _between(values: Floats, place: float) -> Any:
    before = min(int(place), values.size - 2)
    return values[before] + (place - before) * (values[before + 1] - values[before])
