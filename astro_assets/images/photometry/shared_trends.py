"""What stars owe to place on the detector, focus, sky and airmass in a way that they share.

All comparison stars tell it together, and no star takes part in what corrects it, so that dips stay; what a
star owes on its own is left to whoever fits a dip along with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.robust import MAD_TO_SIGMA, going_together

#: Stars are dealt into so many hands; each is corrected by what the others show.
N_FOLDS: Final = 5
#: Points this many scatters off do not count.
CLIP_SIGMA: Final = 4.0
#: Of a column, the part that must be left without means of stars and frames.
LEAST_SEEN: Final = 0.05
#: Ratios of the map that are believed.
LEAST: Final = 0.5


@dataclass(frozen=True, slots=True)
class SharedTrends:
    """By which to divide relative fluxes, shape (n_stars, n_frames), near 1; and which terms are in it."""

    ratio: Floats
    terms: tuple[str, ...]


def shared_trends(
    relative: Floats,
    weights: Floats,
    places: Floats,
    brightness: Floats,
    frames: Mapping[str, Floats],
    shape: tuple[int, int],
    highest_degree: int,
) -> SharedTrends:
    """Fit one model to all comparison stars at once.

    The self-calibration of Padmanabhan et al. (2008), ApJ 674, 1217, for a night of relative fluxes: means
    of stars and frames are taken out of fluxes and columns alike. The columns are polynomials of the position
    (degree by degree), the sky over the star's light, focus by brightness and by place, and airmass by place.
    Groups are taken one after another as long as the Bayesian information criterion (Schwarz 1978) falls, in
    which points that go together in time count once. A star's own dips cannot be eaten: it is corrected by
    the fit of other stars.

    Parameters
    ----------
    relative
        Fluxes over the artificial comparison star, near 1, NaN where not measured, shape (n_stars, n_frames).
    weights
        Of the comparison stars, shape (n_stars,).
    places
        Pixels of each frame, shape (n_stars, n_frames, 2).
    brightness
        Counts, shape (n_stars,).
    frames
        ``fwhm``, ``background``, ``airmass`` of each frame, shape (n_frames,).
    shape
        Rows and columns.
    highest_degree
        Of the polynomials; 0 for nothing at all.

    Returns
    -------
    SharedTrends
        1 where it is not known.
    """
    used = np.flatnonzero(weights > 0)
    nothing = SharedTrends(np.ones_like(relative), ())
    if highest_degree == 0 or used.size < 2 * N_FOLDS:
        return nothing
    names, columns = _columns(
        2 * places / np.array([shape[1], shape[0]]) - 1, brightness, frames, highest_degree
    )
    values = relative[used] - 1
    weight = np.where(np.isfinite(values) & np.isfinite(columns[:, used]).all(axis=0), weights[used, None], 0)
    is_there = weight > 0
    # In units of what they would be if they were no means of stars and frames.
    size = np.sqrt(np.sum(weight * np.where(is_there, columns[:, used], 0) ** 2, axis=(1, 2)))
    columns = columns / np.where(size > 0, size, 1)[:, None, None]
    centred = np.stack([_centred(np.where(is_there, one[used], 0), weight) for one in columns])
    target = _centred(np.where(is_there, values, 0), weight)
    kept = _inliers(centred, target, weight)
    taken = _chosen(names, centred, target, kept)
    if not taken:
        return nothing
    rows = np.isin(names, taken)
    return SharedTrends(_by_others(centred[rows], columns[rows], target, kept, used), tuple(taken))


def _columns(
    places: Floats, brightness: Floats, frames: Mapping[str, Floats], highest: int
) -> tuple[NDArray[np.str_], Floats]:
    """Make columns, shape (n_columns, n_stars, n_frames), and the names of their groups."""
    x, y = (np.polynomial.legendre.legvander(places[..., axis], highest) for axis in (0, 1))
    # A place of the star's own, that of a typical frame.
    own = np.nan_to_num(np.nanmedian(np.where(np.isfinite(places), places, 0), axis=1))[:, None, :]
    light = np.log10(np.maximum(np.nan_to_num(brightness, nan=1.0), 1.0))[:, None]
    fwhm, background, airmass = (_standard(frames[name]) for name in ("fwhm", "background", "airmass"))
    made = [
        (f"position {i + j}", x[..., i] * y[..., j])
        for i in range(highest + 1)
        for j in range(highest + 1)
        if 0 < i + j <= highest
    ]
    made += [
        ("background", background / 10**light),
        ("fwhm by brightness", fwhm * light),
        ("fwhm by brightness", fwhm * light**2),
        ("airmass by place", airmass * own[..., 0]),
        ("airmass by place", airmass * own[..., 1]),
    ]
    made += [
        ("fwhm by place", fwhm * own[..., 0] ** i * own[..., 1] ** j)
        for i in range(3)
        for j in range(3)
        if 0 < i + j <= 2
    ]
    full = [np.broadcast_to(column, places.shape[:2]) for _, column in made]
    return np.array([name for name, _ in made]), np.stack(full)


def _standard(term: Floats) -> Floats:
    finite = term[np.isfinite(term)]
    if not finite.size or np.ptp(finite) == 0:
        return np.zeros_like(term)
    return np.where(np.isfinite(term), (term - finite.mean()) / finite.std(), 0.0)


def _chosen(names: NDArray[np.str_], columns: Floats, target: Floats, weight: Floats) -> list[str]:
    """Take groups one after another as long as the information criterion falls."""
    flat = columns.reshape(len(columns), -1)
    normal, right = (flat * weight.ravel()) @ flat.T, (flat * weight.ravel()) @ target.ravel()
    square = float(np.sum(weight * target**2))
    residual = target - np.tensordot(_solved(normal, right), columns, 1)
    number = np.count_nonzero(weight) / going_together(residual, weight)
    taken: list[str] = []
    best = number * np.log(square)
    while True:
        tries = []
        for name in dict.fromkeys(names.tolist()):
            rows = np.isin(names, [*taken, name])
            if name not in taken:
                left = square - right[rows] @ _solved(normal[np.ix_(rows, rows)], right[rows])
                tries.append((number * np.log(max(float(left), 1e-12)) + rows.sum() * np.log(number), name))
        if not tries or min(tries)[0] >= best:
            return taken
        best, name = min(tries)
        taken.append(name)


def _centred(values: Floats, weight: Floats) -> Floats:
    """Take out weighted means of stars and of frames, in turn, until both are gone."""
    is_there = weight > 0
    for _ in range(10):
        for axis in (1, 0):
            total = np.maximum(weight.sum(axis=axis, keepdims=True), 1e-300)
            values = np.where(is_there, values - (weight * values).sum(axis=axis, keepdims=True) / total, 0)
    return values


def _fit(columns: Floats, target: Floats, weight: Floats) -> Floats:
    flat = columns.reshape(len(columns), -1)
    weighted = flat * weight.ravel()
    return _solved(weighted @ flat.T, weighted @ target.ravel())


def _solved(normal: Floats, right: Floats) -> Floats:
    """Solve normal equations in the directions that the stars see.

    Where stars only shift, slopes are means of stars and frames; what is hardly seen is not made up.
    """
    strengths, directions = np.linalg.eigh(normal)
    seen = strengths > LEAST_SEEN**2
    solution: Floats = directions[:, seen] @ ((directions.T @ right)[seen] / strengths[seen])
    return solution


def _inliers(columns: Floats, target: Floats, weight: Floats) -> Floats:
    """Weights without the points that lie far off the fit."""
    kept = weight
    for _ in range(3):
        residual = target - np.tensordot(_fit(columns, target, kept), columns, 1)
        size = np.sqrt(weight) * np.abs(residual)
        is_near: Booleans = size < CLIP_SIGMA * MAD_TO_SIGMA * np.median(size[weight > 0])
        kept = np.where(is_near, weight, 0)
    return kept


def _by_others(
    centred: Floats, columns: Floats, target: Floats, weight: Floats, used: NDArray[np.int64]
) -> Floats:
    """Correct each star by the fit of stars of other hands; those that take no part by that of all."""
    coefficients = np.tile(_fit(centred, target, weight), (columns.shape[1], 1))
    hands = np.arange(used.size) % N_FOLDS
    for hand in range(N_FOLDS):
        others = np.where((hands != hand)[:, None], weight, 0)
        coefficients[used[hands == hand]] = _fit(centred, target, others)
    ratio = 1 + np.einsum("sk,ksf->sf", coefficients, columns)
    # Of each star, for it is a star's own mean that is not known.
    middle = np.nanmedian(np.where(np.isfinite(ratio), ratio, np.nan), axis=1, keepdims=True)
    ratio = ratio - np.nan_to_num(middle, nan=1.0) + 1
    return np.where(np.isfinite(ratio), np.clip(ratio, LEAST, 1 / LEAST), 1.0)
