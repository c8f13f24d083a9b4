"""Eleven numbers of a light curve and clusters of them by density: what is done where curves are short.

The numbers are those in use for irregular light curves of few points; each is free of how bright a source is,
but for what noise does to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.clusters import clusters_of
from astro_assets.xray.autoencoder.preparation import FEATURES, N_BANDS, Prepared

Floats = NDArray[np.float64]

#: In order; rates are those of all bands together.
STATISTICS: Final = (
    "excess_variance",  # normalised by the mean (Vaughan et al. 2003, MNRAS 345, 1271)
    "largest_excess",  # over the median, in standard errors: the amplitude of Buchner et al. (2022)
    "largest_deficit",
    "interquartile_range",
    "median_absolute_deviation",
    "von_neumann_ratio",  # of successive differences (von Neumann 1941)
    "stetson_k",  # kurtosis by absolute residuals (Stetson 1996, PASP 108, 851)
    "skewness",
    "trend",  # along the bins, in standard errors
    "soft_hardness_ratio",
    "hard_hardness_ratio",
)
#: Which neighbour's distance tells how strange a curve is.
_NEIGHBOUR: Final = 5
_FARTHEST: Final = 8.0


@dataclass(frozen=True, slots=True)
class KnownStatistics:
    """Statistics of known sources, brought to a common scale.

    Parameters
    ----------
    centre, scale
        Median and interquartile range over 1.349 of each statistic, (11,).
    points
        Of known sources, scaled, (n, 11).
    clusters
        Of each, -1 for none.
    """

    centre: Floats
    scale: Floats
    points: Floats
    clusters: NDArray[np.int64]

    def scaled(self, statistics: Floats) -> Floats:
        """Bring statistics (n, 11) to the common scale; what lies far out is brought in."""
        found: Floats = ((statistics - self.centre) / self.scale).clip(-_FARTHEST, _FARTHEST)
        return found

    def strangeness(self, statistics: Floats) -> Floats:
        """Return the distance of curves from their fifth neighbours among known sources, (n,)."""
        nth = min(_NEIGHBOUR, len(self.points)) - 1
        return np.array(
            [
                np.partition(np.square(self.points - point).sum(axis=1), nth)[nth] ** 0.5
                for point in self.scaled(statistics)
            ]
        )


def fit_statistics(statistics: Floats, at_least: int) -> KnownStatistics:
    """Remember the statistics of known sources, (n, 11), and cluster them.

    Parameters
    ----------
    at_least
        Sources that make a cluster.
    """
    low, centre, high = np.quantile(statistics, (0.25, 0.5, 0.75), axis=0)
    scale = np.maximum((high - low) / 1.349, 1e-6)
    unclustered = KnownStatistics(centre, scale, np.zeros((0, len(STATISTICS))), np.zeros(0, np.int64))
    points = unclustered.scaled(statistics)
    return KnownStatistics(centre, scale, points, clusters_of(points, at_least))


def statistics_of(curve: Prepared) -> Floats:
    """Return the statistics of a curve, (11,); 0 where it is too short for one.

    Rates are read where the encoder reads them, so that curves without counts have statistics too.
    """
    rates, errors, is_read = _read(curve)
    seen = is_read.any(axis=1)
    total = np.where(is_read, rates, 0.0).sum(axis=1)[seen]
    error = np.sqrt(np.where(is_read, np.square(errors), 0.0).sum(axis=1))[seen]
    if total.size < 3:
        return np.zeros(len(STATISTICS))
    mean = float(np.average(total, weights=error**-2))
    # Not the weighted mean: faint bins have small errors, and would pull it down.
    level = max(abs(float(total.mean())), float(error.mean()) / np.sqrt(total.size), 1e-12)
    median = float(np.median(total))
    low, high = np.quantile(total, (0.25, 0.75))
    residual = np.sqrt(total.size / (total.size - 1)) * (total - mean) / error
    variance = float(total.var(ddof=1))
    steps = np.diff(total)
    along = np.linspace(-1, 1, total.size)
    by_bands = _mean_rates(rates, errors, is_read)
    values = [
        (variance - float(np.mean(error**2))) / level**2,
        float(((total - median) / error).max()),
        float(((median - total) / error).max()),
        (high - low) / level,
        float(np.median(np.abs(total - median))) / level,
        float(np.mean(steps**2)) / max(variance, 1e-300),
        float(np.mean(np.abs(residual))) / max(float(np.sqrt(np.mean(residual**2))), 1e-300),
        float(np.mean((total - total.mean()) ** 3)) / max(variance, 1e-300) ** 1.5,
        float((along / error**2 * (total - mean)).sum() / np.sqrt((along**2 / error**2).sum())),
        _ratio(by_bands[0], by_bands[1]),
        _ratio(by_bands[1], by_bands[2]),
    ]
    return np.array(values)


def statistics_table(curves: Sequence[Prepared]) -> Floats:
    """Return the statistics of curves, (n, 11)."""
    return np.array([statistics_of(curve) for curve in curves]).reshape(-1, len(STATISTICS))


def _read(curve: Prepared) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return rates over the curve's mean rate in its best band, errors, and where there are any."""

    def columns(name: str) -> Floats:
        first = FEATURES.index(f"{name}_0")
        return curve.features[:, first : first + N_BANDS].astype(np.float64)

    is_read = columns("is_known") > 0
    level = np.exp(2 * curve.summary[:N_BANDS].astype(np.float64))
    rates = np.sinh(columns("rate")) * level
    errors = np.exp(2 * (columns("error_minus") + columns("error_plus")) / 2) * level
    return rates, np.where(is_read, errors, 1.0), is_read


def _mean_rates(rates: Floats, errors: Floats, is_read: NDArray[np.bool_]) -> Floats:
    weights = np.where(is_read, errors**-2, 0.0)
    found: Floats = (weights * rates).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-300)
    return np.maximum(found, 0.0)


def _ratio(soft: float, hard: float) -> float:
    return float((hard - soft) / max(hard + soft, 1e-300))
