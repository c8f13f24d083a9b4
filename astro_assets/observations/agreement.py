"""Whether two light curves that claim one star and one time show the same star.

Pure comparison of arrays; what follows from the answer is decided in `selection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bins no shorter than this, so that cadences of seconds and of half an hour can be compared.
_BIN_DAYS: Final = 20 / 1440
#: Slower changes are instrumental as often as the star's, and every pipeline treats them differently.
_WINDOW_DAYS: Final = 0.5
_FEWEST_BINS: Final = 10


def agreement(
    first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]], cadence_days: float
) -> tuple[float, float]:
    """Return how far two curves of relative flux agree one to one, and the standard error of that.

    The concordance correlation coefficient (Lin 1989, Biometrics 45, 255) of the fluxes in common bins, each
    relative to its median in windows of half a day: 1 for equal curves, 0 for unrelated ones and nearly 0
    where one curve is the other much diluted, which Pearson's coefficient cannot tell from equal ones.

    Parameters
    ----------
    first, second
        ``time`` [d] and ``flux`` (relative), of shape (n,).
    cadence_days
        The longer of the two cadences [d].

    Returns
    -------
    coefficient, standard_error
        NaN and infinity if there are fewer than ten common bins or one curve is constant.
    """
    if min(len(first["time"]), len(second["time"])) < _FEWEST_BINS:
        return float("nan"), float("inf")
    width = max(_BIN_DAYS, cadence_days)
    # Centred on the samples of the coarser curve, so that each bin of the finer one holds what it saw.
    start = max((float(np.median(np.diff(c["time"]))), float(c["time"][0])) for c in (first, second))[1]
    bins, a = _binned(first, start, width)
    others, b = _binned(second, start, width)
    common, i, j = np.intersect1d(bins, others, assume_unique=True, return_indices=True)
    if common.size < _FEWEST_BINS:
        return float("nan"), float("inf")
    window = np.floor(common * width / _WINDOW_DAYS)
    x, y = _less_medians(a[i], window), _less_medians(b[j], window)
    spread = float(np.var(x) + np.var(y) + (x.mean() - y.mean()) ** 2)
    if not min(np.var(x), np.var(y)) > 0:
        return float("nan"), float("inf")
    covariance = float(np.mean((x - x.mean()) * (y - y.mean())))
    return 2 * covariance / spread, 1 / float(np.sqrt(common.size))


def _binned(
    curve: Mapping[str, NDArray[Any]], start: float, width: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    places = np.rint((curve["time"] - start) / width).astype(np.int64)
    bins, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
    return bins, np.bincount(inverse, curve["flux"].astype(np.float64)) / counts


def _less_medians(values: NDArray[np.float64], window: NDArray[np.float64]) -> NDArray[np.float64]:
    """Subtract the median of each window; windows are in order, as times are."""
    edges = np.flatnonzero(np.diff(window)) + 1
    return np.concatenate([part - np.median(part) for part in np.split(values, edges)])
