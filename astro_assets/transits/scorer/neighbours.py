"""How unlike everything that was trained on an event's folded views are: its distance from its neighbours.

The distance from the k-th nearest training event (Ramaswamy et al. 2000, ACM SIGMOD; as a guard of networks
Sun et al. 2022, ICML), in measures of the views that are made normally distributed one by one. A network has
no such doubt: it puts whatever it sees on one side of what it learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

#: Which neighbour: one training event as strange is not enough, three are a kind.
_NEIGHBOUR: Final = 3
#: Training events kept at most.
_MOST: Final = 5000
_N_KNOTS: Final = 200
#: Of the normal distribution: values beyond all that was seen are put here.
_FARTHEST: Final = 5.0


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What events are compared with.

    Attributes
    ----------
    knots
        Quantiles of each measure, evenly spaced in probability, shape (200, k), float32.
    points
        Training events, their measures made normal, shape (n, k), float32; NaN where missing.
    folds
        In which fold the star of each was held out, shape (n,).
    """

    knots: Floats32
    points: Floats32
    folds: NDArray[np.int64]

    def distance(self, measures: Floats, held_out_in: NDArray[np.int64]) -> Floats:
        """Return the distance of events from their third neighbours.

        Parameters
        ----------
        measures
            Shape (m, k), NaN where missing: what either of two events lacks is left out of their distance.
        held_out_in
            Fold of each event's star, shape (m,): events of that fold are not its neighbours; -1 for a star
            that is in none.

        Returns
        -------
        ndarray
            Root of the mean squared difference of the measures, shape (m,); one does not depend on the
            others. NaN where nothing was measured.
        """
        found = np.full(len(measures), np.nan)
        for row, event in enumerate(_normal(measures, self.knots)):
            squares = np.square(self.points[self.folds != held_out_in[row]] - event)
            n_known = np.count_nonzero(~np.isnan(squares), axis=1)
            means = np.nansum(squares, axis=1)[n_known > 0] / n_known[n_known > 0]
            if means.size:
                nth = min(_NEIGHBOUR, means.size) - 1
                found[row] = np.sqrt(np.partition(means, nth)[nth])
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def fit_neighbours(measures: Floats, folds: NDArray[np.int64]) -> Neighbours:
    """Keep training events to compare with, evenly spread over those given.

    Parameters
    ----------
    measures
        Shape (n, k), NaN where missing.
    folds
        Shape (n,).
    """
    with np.errstate(all="ignore"):
        known = np.where(np.isfinite(measures).any(axis=0), measures, 0.0).astype(np.float32)
        knots = np.nanquantile(known, np.linspace(0, 1, _N_KNOTS), axis=0).astype(np.float32)
    kept = np.unique(np.linspace(0, len(measures) - 1, min(len(measures), _MOST)).round().astype(int))
    # safetensors writes the memory as it lies, whatever the order of the axes.
    arrays = knots, _normal(measures[kept], knots), folds[kept]
    return Neighbours(*(np.ascontiguousarray(one) for one in arrays))


def neighbours_of(arrays: Mapping[str, NDArray[np.generic]]) -> Neighbours:
    """Make them of their arrays.

    Raises
    ------
    ValueError
        If they do not belong together.
    """
    knots, points = (np.asarray(arrays[name], np.float32) for name in ("knots", "points"))
    folds = np.asarray(arrays["folds"], np.int64)
    is_whole = knots.ndim == points.ndim == 2 and folds.shape == points.shape[:1] and points.size
    if not is_whole or knots.shape[1] != points.shape[1]:
        raise ValueError(f"neighbours of shape {points.shape} with quantiles of shape {knots.shape}")
    return Neighbours(knots, points, folds)


def _normal(measures: Floats, knots: Floats32) -> Floats32:
    """Bring each measure to the normal distribution that it would have if it were a training event's."""
    from scipy.special import ndtri

    share = np.linspace(0, 1, len(knots))
    values = measures.astype(np.float32)  # as the knots are: what equals one must not miss it by rounding
    found = np.full(measures.shape, np.nan)
    for column in range(measures.shape[1]):
        # Of equal knots interpolation takes the last one, backwards the first: the middle is wanted.
        up = np.interp(values[:, column], knots[:, column], share)
        down = 1 - np.interp(-values[:, column], -knots[::-1, column], share)
        found[:, column] = (up + down) / 2
    normal: Floats32 = np.clip(ndtri(found), -_FARTHEST, _FARTHEST).astype(np.float32)
    return normal
