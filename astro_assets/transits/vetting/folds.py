"""The samples of many candidates, one after the other in the same arrays, folded on their ephemerides.

How samples are laid out, and sums over a candidate's, live here; what they say about it does not. Sums are
made in the order of samples, so that a candidate's do not depend on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Folds:
    """Samples of m candidates, n in all.

    Parameters
    ----------
    period, epoch, duration
        Of each candidate, days, shape (m,).
    candidate
        Whose each sample is, 0 to m - 1, in order, shape (n,).
    time, dip, weight
        Days, relative flux below 1, and inverse variance of each sample, shape (n,).
    number, offset, distance
        Number of the nearest transit, counted from the epoch, and days and (positive) durations from its
        middle, shape (n,).
    """

    period: Floats
    epoch: Floats
    duration: Floats
    candidate: Indices
    time: Floats
    dip: Floats
    weight: Floats
    number: Indices
    offset: Floats
    distance: Floats

    @property
    def size(self) -> int:
        """How many candidates there are."""
        return self.period.size

    def where(self, chosen: NDArray[np.bool_]) -> Folds:
        """Return the samples that are chosen."""
        return Folds(
            self.period,
            self.epoch,
            self.duration,
            self.candidate[chosen],
            self.time[chosen],
            self.dip[chosen],
            self.weight[chosen],
            self.number[chosen],
            self.offset[chosen],
            self.distance[chosen],
        )

    def total(self, values: Floats) -> Floats:
        """Sum what each sample has over each candidate, shape (m,)."""
        return sums(self.candidate, values, self.size)

    def mean(self, chosen: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Return the weighted mean dip of chosen samples and its inverse variance, shapes (m,).

        NaN and 0 where none is chosen.
        """
        weight = np.where(chosen, self.weight, 0.0)
        total = self.total(weight)
        return divided(self.total(weight * self.dip), total), total


def fold(curves: Sequence[Curve], boxes: Sequence[Box]) -> Folds:
    """Fold the curve of each candidate.

    Parameters
    ----------
    curves
        Of each candidate, m of them.
    boxes
        Their ephemerides.

    Returns
    -------
    Folds
        All samples, in order of candidate and time.
    """
    time, flux, weight = (
        np.concatenate([np.empty(0), *values])
        for values in (
            [curve.time for curve in curves],
            [curve.flux for curve in curves],
            [curve.weight for curve in curves],
        )
    )
    candidate = np.repeat(np.arange(len(curves)), [curve.time.size for curve in curves]).astype(np.int64)
    period, epoch, duration = np.array([(b.period, b.epoch, b.duration) for b in boxes]).reshape(-1, 3).T
    since = time - epoch[candidate]
    number = np.floor(since / period[candidate] + 0.5)
    offset = since - number * period[candidate]
    return Folds(
        period=period,
        epoch=epoch,
        duration=duration,
        candidate=candidate,
        time=time,
        dip=1 - flux,
        weight=weight,
        number=number.astype(np.int64),
        offset=offset,
        distance=np.abs(offset) / duration[candidate],
    )


def sums(group: Indices, values: Floats, n_groups: int) -> Floats:
    """Sum the values of each group in their order, shape (n_groups,)."""
    return np.bincount(group, values, n_groups).astype(np.float64, copy=False)


def divided(values: Floats, by: Floats) -> Floats:
    """Divide, NaN where the divisor is not positive."""
    quotient = np.full(np.shape(by), np.nan)
    np.divide(values, by, out=quotient, where=by > 0)
    return quotient


def group_medians(group: Indices, values: Floats, n_groups: int) -> Floats:
    """Return the median of the values of each group, NaN for a group without any, shape (n_groups,).

    Parameters
    ----------
    group
        Of each value, 0 to ``n_groups`` - 1, in order, shape (n,).
    values
        Finite, shape (n,).
    n_groups
        Number of groups.
    """
    bounds = np.searchsorted(group, np.arange(n_groups + 1)).tolist()
    medians = [np.median(values[a:b]) if b > a else np.nan for a, b in pairwise(bounds)]
    return np.array(medians, np.float64)
