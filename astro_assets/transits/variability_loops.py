"""Compiled loops of the period search: samples summed in bins of phase, and harmonics fitted to the sums.

Only loops live here; which periods and harmonics are tried is decided in `variability`. The terms of a fit
are a constant, then a sine and a cosine for each harmonic.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]

#: Keeps empty phases of sparse curves from being filled with nonsense.
_DAMPING: Final = 1e-6


@compiled
def fold(time: Floats, values: Floats, weight: Floats, frequency: float, baseline: float, out: Any) -> None:
    """Sum weighted values, and weights, in bins of phase, for each of equal parts of the time.

    Parameters
    ----------
    time, values, weight
        Times from 0 to ``baseline``, shape (n,).
    frequency
        Cycles in a unit of time.
    out
        Filled here: sums of weighted values and of weights, shape (2, n_parts, n_bins).
    """
    out[:] = 0.0
    _, n_parts, n_bins = out.shape
    for n in range(time.size):
        cycles = frequency * time[n]
        place = min(int((cycles - np.floor(cycles)) * n_bins), n_bins - 1)
        part = min(int(time[n] / baseline * n_parts), n_parts - 1)
        out[0, part, place] += weight[n] * values[n]
        out[1, part, place] += weight[n]


@compiled
def fill_moments(folded: Any, waves: Floats, out: Any) -> None:
    """Multiply folded curves with waves and sum over phase.

    Parameters
    ----------
    folded
        Shape (2, n_parts, n_bins).
    waves
        A constant, then sine and cosine of each harmonic at the bins, shape (n_bins, n_waves).
    out
        Filled here, shape (2, n_parts, n_waves).
    """
    out[:] = 0.0
    for kind in range(2):
        for part in range(folded.shape[1]):
            for place in range(folded.shape[2]):
                if folded[1, part, place] == 0:
                    continue
                for wave in range(waves.shape[1]):
                    out[kind, part, wave] += folded[kind, part, place] * waves[place, wave]


@compiled
def fit_trials(
    moments: Any, offsets: Floats, baseline: float, harmonics: Any, explained: Any, coefficients: Any
) -> None:
    """Fit harmonics at frequencies near the one that was folded at, by turning the parts against each other.

    Parameters
    ----------
    moments
        Of the parts, to twice the harmonics that are fitted, shape (2, n_parts, n_waves).
    offsets
        Trial frequencies less that of the fold, shape (n_trials,).
    baseline
        Length of all parts together.
    harmonics
        Numbers of harmonics, increasing.
    explained
        Weighted variance that the fit explains, filled here, shape (n_trials, n_numbers).
    coefficients
        Of each fit, filled here, shape (n_trials, n_numbers, n_terms).
    """
    n_parts, n_terms = moments.shape[1], coefficients.shape[2]
    turned = np.empty((2, moments.shape[2]))
    normal, right = np.empty((n_terms, n_terms)), np.empty(n_terms)
    for trial in range(offsets.size):
        turned[:] = 0.0
        for part in range(n_parts):
            if moments[1, part, 0] == 0:
                continue
            turn = 2 * np.pi * offsets[trial] * baseline * (part + 0.5) / n_parts
            _add_turned(moments[:, part], turn, turned)
        _fill_normal(turned[1], normal)
        _decompose(normal)
        for number in range(len(harmonics)):
            size = 2 * harmonics[number] + 1
            right[:size] = turned[0, :size]
            _solve(normal, right[:size])
            # The sum of fit times (2 values - fit), by the equations that the coefficients solve.
            total = 0.0
            for term in range(size):
                total += right[term] * (turned[0, term] + _DAMPING * right[term])
                coefficients[trial, number, term] = right[term]
            explained[trial, number] = total


@compiled
def _add_turned(moments: Any, turn: float, out: Any) -> None:
    """Add moments as they are when all phases are larger by an angle."""
    step_cosine, step_sine = np.cos(turn), np.sin(turn)
    cosine, sine = 1.0, 0.0
    for kind in range(2):
        out[kind, 0] += moments[kind, 0]
    for wave in range(1, moments.shape[1], 2):
        cosine, sine = cosine * step_cosine - sine * step_sine, sine * step_cosine + cosine * step_sine
        for kind in range(2):
            of_sine, of_cosine = moments[kind, wave], moments[kind, wave + 1]
            out[kind, wave] += of_sine * cosine + of_cosine * sine
            out[kind, wave + 1] += of_cosine * cosine - of_sine * sine


@compiled
def _fill_normal(moments: Floats, normal: Floats) -> None:
    """Fill the lower half of the matrix of weighted products of terms, each a sum of two waves."""
    for row in range(normal.shape[0]):
        for column in range(row + 1):
            high, low = (row + 1) // 2, (column + 1) // 2
            both, apart = high + low, high - low
            row_is_sine, column_is_sine = row % 2 == 1, column % 2 == 1
            if row_is_sine == column_is_sine:
                sign = -1.0 if row_is_sine else 1.0
                total = _cosine(moments, apart) + sign * _cosine(moments, both)
            else:
                sign = 1.0 if row_is_sine else -1.0
                total = _sine(moments, both) + sign * _sine(moments, apart)
            normal[row, column] = 0.5 * total
        normal[row, row] += _DAMPING


@compiled
def _cosine(moments: Floats, harmonic: int) -> Any:
    return moments[2 * harmonic]


@compiled
def _sine(moments: Floats, harmonic: int) -> Any:
    return moments[2 * harmonic - 1] if harmonic else 0.0


@compiled
def _decompose(normal: Floats) -> None:
    """Put Cholesky's factor in the place of the lower half of a matrix: of each leading part, that part's."""
    for row in range(normal.shape[0]):
        for column in range(row + 1):
            total = normal[row, column]
            for k in range(column):
                total -= normal[row, k] * normal[column, k]
            if row == column:
                normal[row, row] = np.sqrt(max(total, _DAMPING))
            else:
                normal[row, column] = total / normal[column, column]


@compiled
def _solve(factor: Floats, right: Floats) -> None:
    """Solve the leading equations in place."""
    for row in range(right.size):
        for k in range(row):
            right[row] -= factor[row, k] * right[k]
        right[row] /= factor[row, row]
    for row in range(right.size - 1, -1, -1):
        for k in range(row + 1, right.size):
            right[row] -= factor[k, row] * right[k]
        right[row] /= factor[row, row]
