"""What all stars owe to where on the detector they stand: the flat field that the frames themselves show.

Stars that drift over the detector measure it together; no star takes part in the map that corrects it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.robust import MAD_TO_SIGMA

#: Stars are dealt into so many hands; each is corrected by what the others show.
N_FOLDS: Final = 5
#: Points this many scatters off do not count.
CLIP_SIGMA: Final = 4.0
#: Of a polynomial, the part that must be left without means of stars and frames.
LEAST_SEEN: Final = 0.05
#: Ratios of the map that are believed.
LEAST: Final = 0.5


def illumination(
    relative: Floats, weights: Floats, places: Floats, shape: tuple[int, int], highest_degree: int
) -> tuple[Floats, int]:
    """Fit one polynomial of the position to all comparison stars at once.

    The self-calibration of Padmanabhan et al. (2008), ApJ 674, 1217, for a night of relative fluxes: means of
    stars and frames are taken out of fluxes and polynomials alike. The degree is that with the smallest
    Bayesian information criterion (Schwarz 1978). A star's own dips cannot be eaten: it is corrected by the
    fit of other stars.

    Parameters
    ----------
    relative
        Fluxes over the artificial comparison star, near 1, NaN where not measured, shape (n_stars, n_frames).
    weights
        Of the comparison stars, shape (n_stars,).
    places
        Pixels of each frame, shape (n_stars, n_frames, 2).
    shape
        Rows and columns.
    highest_degree
        That is tried; 0 for no map.

    Returns
    -------
    map : ndarray of float64, shape (n_stars, n_frames)
        By which to divide, near 1; 1 where it was not found.
    degree : int
        Of the polynomial.
    """
    used = np.flatnonzero(weights > 0)
    nothing = np.ones_like(relative)
    if highest_degree == 0 or used.size < 2 * N_FOLDS:
        return nothing, 0
    scale = np.array([shape[1], shape[0]]) / 2
    all_columns, degrees = _polynomials(places / scale - 1, highest_degree)
    values = relative[used] - 1
    counted = np.isfinite(values) & np.isfinite(all_columns[0][used])
    weight = np.where(counted, weights[used, None], 0)
    # In units of what they would be if they were no means of stars and frames.
    all_columns /= np.sqrt(np.sum(weight * np.nan_to_num(all_columns[:, used]) ** 2, axis=(1, 2)))[
        :, None, None
    ]
    columns = np.stack([_centred(np.where(counted, one[used], 0), weight) for one in all_columns])
    target = _centred(np.where(counted, values, 0), weight)
    best, degree = np.inf, 0
    for tried in range(highest_degree + 1):
        chosen = columns[degrees <= tried]
        residual = target - _model(chosen, target, _inliers(chosen, target, weight))
        number = np.count_nonzero(weight)
        # A robust chi-squared: outliers count as much as the clip lets them.
        spread = np.minimum(weight * residual**2, CLIP_SIGMA**2 * _level(weight, residual))
        criterion = number * np.log(spread.sum() / number) + len(chosen) * np.log(number)
        if criterion < best - 1e-9:
            best, degree = criterion, tried
    if degree == 0:
        return nothing, 0
    return _by_others(
        columns[degrees <= degree], all_columns[degrees <= degree], target, weight, used
    ), degree


def _polynomials(places: Floats, highest: int) -> tuple[Floats, Floats]:
    """Legendre products of the positions, -1 to 1, without the constant; and their degrees."""
    x, y = (np.polynomial.legendre.legvander(places[..., axis], highest) for axis in (0, 1))
    powers = [(i, j) for i in range(highest + 1) for j in range(highest + 1) if 0 < i + j <= highest]
    return np.stack([x[..., i] * y[..., j] for i, j in powers]), np.array([i + j for i, j in powers])


def _centred(values: Floats, weight: Floats) -> Floats:
    """Take out weighted means of stars and of frames, in turn, until both are gone."""
    is_there = weight > 0
    for _ in range(10):
        for axis in (1, 0):
            total = np.maximum(weight.sum(axis=axis, keepdims=True), 1e-300)
            values = np.where(is_there, values - (weight * values).sum(axis=axis, keepdims=True) / total, 0)
    return values


def _level(weight: Floats, residual: Floats) -> float:
    """Typical weighted square."""
    return float((MAD_TO_SIGMA * np.median(np.abs(np.sqrt(weight) * residual)[weight > 0])) ** 2)


def _fit(columns: Floats, target: Floats, weight: Floats) -> Floats:
    flat = columns.reshape(len(columns), -1)
    weighted = flat * weight.ravel()
    strengths, directions = np.linalg.eigh(weighted @ flat.T)
    # Where stars only shift, slopes are means of stars and frames; what is hardly seen is not made up.
    seen = strengths > LEAST_SEEN**2
    part = directions.T @ (weighted @ target.ravel())
    coefficients: Floats = directions[:, seen] @ (part[seen] / strengths[seen])
    return coefficients


def _model(columns: Floats, target: Floats, weight: Floats) -> Floats:
    if not len(columns):
        return np.zeros_like(target)
    model: Floats = np.tensordot(_fit(columns, target, weight), columns, 1)
    return model


def _inliers(columns: Floats, target: Floats, weight: Floats) -> Floats:
    """Weights without the points that lie far off the fit."""
    kept = weight
    for _ in range(3):
        residual = target - _model(columns, target, kept)
        is_near: Booleans = weight * residual**2 < CLIP_SIGMA**2 * _level(weight, residual)
        kept = np.where(is_near, weight, 0)
    return kept


def _by_others(
    columns: Floats, all_columns: Floats, target: Floats, weight: Floats, used: NDArray[np.int64]
) -> Floats:
    """Correct each star by the fit of stars of other hands; those that take no part by that of all."""
    kept = _inliers(columns, target, weight)
    everyone = _fit(columns, target, kept)
    coefficients = np.broadcast_to(everyone, (all_columns.shape[1], len(everyone))).copy()
    hands = np.arange(used.size) % N_FOLDS
    for hand in range(N_FOLDS):
        others = np.where((hands != hand)[:, None], kept, 0)
        coefficients[used[hands == hand]] = _fit(columns, target, others)
    mapped = 1 + np.einsum("sk,ksf->sf", coefficients, all_columns)
    middle = np.nanmedian(mapped)
    mapped = mapped / middle
    return np.where(np.isfinite(mapped), np.clip(mapped, LEAST, 1 / LEAST), 1.0)
