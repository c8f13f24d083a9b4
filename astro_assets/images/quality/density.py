"""The undefined kind of bad: how far a frame is from all good ones, as a p-value.

A Gaussian on measures and the network's features of good frames, of which those that are known are compared;
the p-value is conformal, so that the Gaussian need not be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.conformal import conformal_p_values

Floats = NDArray[np.float64]

#: Scales below this are those of columns that good frames hardly have.
_LEAST_SCALE: Final = 1e-3
#: A column takes part if so many good frames have it.
_LEAST_KNOWN: Final = 0.5


@dataclass(frozen=True, slots=True)
class GoodDensity:
    """A fitted Gaussian, and scores of good frames that it was not fitted on.

    Attributes
    ----------
    columns
        Those that take part, int64, shape (k,).
    centre, scale
        Of each, robust, shape (k,).
    mean, covariance
        Of what is standardised, shape (k,) and (k, k).
    night_scores, alone_scores
        Of calibration frames, with a night's expectation and without.
    """

    columns: NDArray[np.int64]
    centre: Floats
    scale: Floats
    mean: Floats
    covariance: Floats
    night_scores: Floats
    alone_scores: Floats

    @property
    def n_columns(self) -> int:
        """Return the least number of columns that rows have."""
        return int(self.columns.max()) + 1

    def scores(self, rows: Floats) -> Floats:
        """Return squared Mahalanobis distances (n, columns) to (n,), freed of how many columns are known.

        Minus what is expected of so many, over its scatter; infinite where nothing is known.
        """
        return _scores(rows, self.columns, (self.centre, self.scale), (self.mean, self.covariance))

    def p_value(self, row: Floats, *, has_night: bool) -> float:
        """Return how often good frames are as far off as this one."""
        calibration = self.night_scores if has_night else self.alone_scores
        return float(conformal_p_values(calibration, self.scores(row[None]))[0])

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def density_of(arrays: Mapping[str, NDArray[np.generic]]) -> GoodDensity:
    """Make a density of its arrays.

    Raises
    ------
    ValueError
        If they do not belong together.
    """
    density = GoodDensity(**{name: arrays[name] for name in GoodDensity.__slots__})  # type: ignore[arg-type]
    n = density.columns.size
    shapes = {getattr(density, name).shape for name in ("columns", "centre", "scale", "mean")}
    if shapes != {(n,)} or density.covariance.shape != (n, n) or not (density.scale > 0).all():
        raise ValueError("these arrays are no density: their shapes differ")
    return density


def fit_density(
    good: Floats, night_calibration: Floats, alone_calibration: Floats, shrinkage: float
) -> GoodDensity:
    """Fit a density to good frames, with the shrinkage of Ledoit & Wolf (2004, JMVA 88, 365) or more.

    Parameters
    ----------
    good
        Of good frames of some nights, shape (n, columns); NaN where unknown.
    night_calibration, alone_calibration
        Of good frames of other nights: with their night's expectation, and without.
    shrinkage
        Least weight of the diagonal, 0 to 1.

    Raises
    ------
    ValueError
        If there are fewer complete rows than columns.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    columns = np.flatnonzero(np.isfinite(good).mean(axis=0) >= _LEAST_KNOWN)
    part = good[:, columns]
    centre = np.nanmedian(part, axis=0)
    low, middle, high = (np.nanquantile(part, one, axis=0) for one in (0.01, 0.5, 0.99))
    # Five sigma lie between these quantiles, or nearly.
    scale = np.maximum((high - low) / 4.65, _LEAST_SCALE * np.maximum(1.0, np.abs(middle)))
    standard = np.arcsinh((part - centre) / scale)
    whole = standard[np.isfinite(standard).all(axis=1)]
    if len(whole) <= columns.size:
        raise ValueError(f"{len(whole)} complete good frames tell no covariance of {columns.size} columns")
    mean = whole.mean(axis=0)
    covariance = np.cov(whole.T)
    weight = max(shrinkage, float(ledoit_wolf_shrinkage(whole)))
    diagonal = np.diag(np.maximum(np.diag(covariance), 1e-4))
    covariance = (1 - weight) * covariance + weight * diagonal
    fitted = columns, (centre, scale), (mean, covariance)
    return GoodDensity(
        columns.astype(np.int64),
        centre,
        scale,
        mean,
        covariance,
        np.sort(_scores(night_calibration, *fitted)),
        np.sort(_scores(alone_calibration, *fitted)),
    )


def _scores(
    rows: Floats, columns: NDArray[np.int64], scaling: tuple[Floats, Floats], normal: tuple[Floats, Floats]
) -> Floats:
    (centre, scale), (mean, covariance) = scaling, normal
    standard = np.arcsinh((rows[:, columns] - centre) / scale) - mean
    found = np.full(len(rows), np.inf)
    for number, row in enumerate(standard):
        known = np.flatnonzero(np.isfinite(row))
        if known.size:
            distance = row[known] @ np.linalg.solve(covariance[np.ix_(known, known)], row[known])
            found[number] = (distance - known.size) / np.sqrt(2 * known.size)
    return found
