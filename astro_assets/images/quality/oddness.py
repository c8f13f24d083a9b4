"""How unlike the other frames of its night a frame is, as a p-value.

Nothing is learned beforehand: real frames differ from simulated ones all alike, and so only a frame's own
night tells which of them is odd.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.robust import MAD_TO_SIGMA

Floats = NDArray[np.float64]

#: Of fewer frames nothing is said: the least p-value is one over their number.
FEWEST_FRAMES: Final = 20
#: Mean absolute deviation to standard deviation of a normal.
_MEAN_TO_SIGMA: Final = 1.2533
#: Columns that scatter by less than this part of their size are constant.
_CONSTANT: Final = 1e-9


def night_p_values(rows: Floats) -> Floats:
    """Return how many frames of the night are at least as far from all of it, over their number.

    Full conformal prediction (Vovk, Gammerman & Shafer 2005, chapter 2): the distance treats all frames alike
    and each is compared with all, so that of exchangeable frames a part of at most ``a`` has a p-value of
    ``a`` or less, whatever is measured and however few they are. Frames that do not come in any order, as at
    the ends of a night of slow drift, are rightly found odd. The distance is Mahalanobis's, with the shrunk
    covariance of Ledoit & Wolf (2004, Journal of Multivariate Analysis 88, 365), after a robust scaling that
    outliers hardly move.

    Parameters
    ----------
    rows
        Measures and features of frames of one night, shape (n, columns); NaN where unknown.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for nights of fewer than :data:`FEWEST_FRAMES`.
    """
    n = len(rows)
    if n < FEWEST_FRAMES:
        return np.full(n, np.nan)
    distances = _distances(_scaled(rows))
    at_least = n - np.searchsorted(np.sort(distances), distances, side="left")
    return np.asarray(at_least / n, np.float64)


def _scaled(rows: Floats) -> Floats:
    """Standardise columns by what most frames have; what is unknown lies in the middle."""
    told = np.where(np.isfinite(rows), rows, np.nan)
    known = told[:, np.isfinite(told).any(axis=0)]
    middle = np.nanmedian(known, axis=0)
    off = np.abs(known - middle)
    scale = MAD_TO_SIGMA * np.nanmedian(off, axis=0)
    # Where more than half of the frames have one value, the others tell the scale.
    scale = np.where(scale > 0, scale, _MEAN_TO_SIGMA * np.nanmean(off, axis=0))
    varies = scale > _CONSTANT * np.maximum(1.0, np.abs(middle))
    scaled: Floats = np.nan_to_num(np.arcsinh((known - middle)[:, varies] / scale[varies]))
    return scaled


def _distances(scaled: Floats) -> Floats:
    """Return squared Mahalanobis distances from the mean, shape (n,)."""
    n, width = scaled.shape
    off = scaled - scaled.mean(axis=0)
    if not off.any():
        return np.zeros(n)
    covariance = off.T @ off / n
    mean_variance = float(np.trace(covariance)) / width
    from_sphere = float(((covariance - mean_variance * np.eye(width)) ** 2).sum())
    of_rows = float(((off**2).sum(axis=1) ** 2).sum()) / n
    by_chance = (of_rows - float((covariance**2).sum())) / n
    weight = min(by_chance / from_sphere, 1.0) if from_sphere > 0 else 1.0
    shrunk = (1 - weight) * covariance + weight * mean_variance * np.eye(width)
    return np.asarray((off * np.linalg.solve(shrunk, off.T).T).sum(axis=1), np.float64)
