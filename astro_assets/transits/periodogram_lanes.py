"""Compiled loops of the Lomb-Scargle periodogram: samples spread on a grid, and the power of their spectra.

Only loops live here; which grid, and which frequencies, is decided in `periodogram`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.lanes import LANES, add, load, multiply, splat, store, subtract

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

#: A spectrum of less is that of no oscillation: a sine or cosine is the same at all samples.
_DEGENERATE: Final = 1e-9


@njit(cache=True, nogil=True)
def spread(places: Floats, signal: Singles, weight: Singles, kernel: Singles, grid: Singles) -> None:
    """Add samples to a grid, each to the eight points around it: 16 numbers, as each point has two.

    Parameters
    ----------
    places
        Of the samples on the grid, in points, increasing, from 3 on to 5 before its end, shape (n,).
    signal, weight
        What is added to the first and to the second number of points, shape (n,).
    kernel
        The part of each of the 16 numbers, for places from a point to the next, shape ((m + 1) * 16,).
    grid
        Two numbers a point, filled here, shape (n_points * 2,).
    """
    fine = kernel.size // LANES - 1
    is_signal, is_weight = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    is_signal[::2] = is_weight[1::2] = np.float32(1.0)
    firsts, seconds = load(is_signal, 0), load(is_weight, 0)
    # Samples between the same two points are summed before they are added.
    here, total = -1, splat(np.float32(0.0))
    for n in range(places.size):
        first = int(places[n])
        if first != here:
            if here >= 0:
                _add_to(grid, 2 * (here - 3), total)
            here, total = first, splat(np.float32(0.0))
        place = (places[n] - first) * fine
        entry = int(place)
        parts, after = load(kernel, entry * LANES), load(kernel, (entry + 1) * LANES)
        parts = add(parts, multiply(splat(np.float32(place - entry)), subtract(after, parts)))
        pair = add(multiply(splat(signal[n]), firsts), multiply(splat(weight[n]), seconds))
        total = add(total, multiply(pair, parts))
    if here >= 0:
        _add_to(grid, 2 * (here - 3), total)


@njit(cache=True, nogil=True)
def _add_to(grid: Singles, place: int, total: Any) -> None:
    store(grid, place, add(load(grid, place), total))


@njit(cache=True, nogil=True)
def fill_power(spectrum: Any, response: Floats, first: int, out: Floats) -> None:
    """Find the share of the variance that a sinusoid and a constant explain at each frequency.

    Zechmeister & Kuerster (2009), A&A 496, 577, equations 5 to 15.

    Parameters
    ----------
    spectrum
        Transform of the grid, the two numbers of a point as one complex one, shape (n_points,).
    response
        Transform of what a sample is spread with, shape (n,), from frequency 0 to half a cycle a grid point.
    first
        Number of the first frequency; twice the last is below half the points.
    out
        Filled here, shape (n_frequencies,).
    """
    n_points = spectrum.size
    per_number = (response.size - 1) / (n_points / 2)
    for n in range(out.size):
        number = first + n
        double = 2 * number
        there, back = spectrum[number], spectrum[n_points - number]
        scale = 0.5 / _between(response, number * per_number)
        signal_cosine, signal_sine = scale * (there.real + back.real), -scale * (there.imag - back.imag)
        cosine, sine = scale * (there.imag + back.imag), scale * (there.real - back.real)
        there, back = spectrum[double], spectrum[n_points - double]
        scale = 0.5 / _between(response, double * per_number)
        twice_cosine, twice_sine = scale * (there.imag + back.imag), scale * (there.real - back.real)
        cosines = 0.5 * (1 + twice_cosine) - cosine**2
        sines = 0.5 * (1 - twice_cosine) - sine**2
        mixed = 0.5 * twice_sine - cosine * sine
        determinant = cosines * sines - mixed**2
        power = sines * signal_cosine**2 + cosines * signal_sine**2 - 2 * mixed * signal_cosine * signal_sine
        out[n] = power / determinant if determinant > _DEGENERATE else 0.0


@njit(cache=True, nogil=True)
def _between(values: Floats, place: float) -> Any:
    before = min(int(place), values.size - 2)
    return values[before] + (place - before) * (values[before + 1] - values[before])
