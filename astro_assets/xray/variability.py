"""Whether a light curve varies, and whether it does so from visit to visit or slowly.

Constant, log-normal and red are told apart by evidences of rates that are a Gaussian process in their
logarithm; other kinds of sources are beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import prepare, slots_of
from astro_assets.xray.baselines.excess_variance import scatter_of
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.poisson import starts_of

Floats = NDArray[np.float64]

CONSTANT, LOG_NORMAL, RED = "constant", "log-normal", "red"
#: A source varies where its scatter is above this, nats, with so much probability. Buchner et al. (2022) take
#: 0.1 dex at a tenth; longer curves of bright sources know smaller ones.
LEAST_SCATTER: Final = 0.05
_LOW: Final = 0.1
_SCATTERS: Final = np.geomspace(0.03, 2.5, 12)
_TIMES: Final = 8
_STEPS: Final = 60
#: Of the mean log-rate: wide, and the same for all that is compared.
_PRIOR_SPREAD: Final = 3.0
#: Visits for which matrices of their size are made.
MOST_VISITS: Final = 600


@dataclass(frozen=True, slots=True)
class Variability:
    """What is known of a source's variability.

    Parameters
    ----------
    verdict
        :data:`CONSTANT`, :data:`LOG_NORMAL` or :data:`RED`.
    scatter, scatter_low, scatter_high
        Median and 10 % quantiles of the log-normal scatter from visit to visit, nats.
    log_red_ratio
        Log of the evidence of slow variation over that of scatter from visit to visit, nats.
    """

    verdict: str
    scatter: float
    scatter_low: float
    scatter_high: float
    log_red_ratio: float


def variability_of(curve: LightCurve) -> Variability:
    """Tell constant, log-normal and red sources apart, by all bands that do not overlap.

    Raises
    ------
    ValueError
        If there are fewer than 3 visits with counts, or more than 600.
    """
    prepared = prepare(curve)
    chosen = disjoint_bands(curve.bands_kev)
    slots = np.array(slots_of(curve.bands_kev))[chosen]
    known = prepared.is_known[:, slots].all(axis=1)
    n_bins = int(known.sum())
    starts = starts_of(prepared.visits[known]) if n_bins else np.zeros(0, np.int64)
    n = starts.size
    if not 3 <= n <= MOST_VISITS:
        raise ValueError(f"{n} visits have counts in all bands; 3 to {MOST_VISITS} are taken")
    # Within a visit of a minute the rate is one: its bins are no scatter of their own.
    counts, exposure, background = (
        np.add.reduceat(one[known][:, slots], starts, axis=0)
        for one in (prepared.counts, prepared.exposure_s, prepared.background)
    )
    time_s = np.add.reduceat(curve.time_s[prepared.bins[known]], starts) / np.diff([*starts, n_bins])
    # What a constant source of this spectrum would give, so that bands of unlike exposures add up.
    mean = np.maximum((counts - background).sum(axis=0), 0.5) / exposure.sum(axis=0)
    arrays = counts.sum(axis=1), exposure @ mean, background.sum(axis=1)
    found = scatter_of(*arrays, (0.0, _PRIOR_SPREAD))
    low, scatter, high = (found.quantile(share) for share in (_LOW, 0.5, 1 - _LOW))
    ratio = red_ratio(*arrays, time_s)
    verdict = RED if ratio > 0 else LOG_NORMAL
    if low < LEAST_SCATTER:
        verdict = CONSTANT
    return Variability(verdict, scatter, low, high, ratio)


def disjoint_bands(bands_kev: Sequence[tuple[float, float]]) -> list[int]:
    """Return as many bands as do not overlap, the narrower ones first: no photon counts twice."""
    chosen: list[int] = []
    for at in sorted(range(len(bands_kev)), key=lambda at: (bands_kev[at][1] - bands_kev[at][0], at)):
        low, high = bands_kev[at]
        if all(high <= bands_kev[other][0] or low >= bands_kev[other][1] for other in chosen):
            chosen.append(at)
    return sorted(chosen)


def red_ratio(counts: Floats, exposure: Floats, background: Floats, time_s: Floats) -> float:
    """Return the log of the evidence of damped random walks over that of white scatter, nats.

    Both are averaged over scatters, the walks over times of damping from the closest bins' distance to the
    curve's length (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895), by Laplace's approximation.
    """
    apart = np.abs(time_s[:, None] - time_s)
    closest = float(np.diff(time_s).min())
    times = np.geomspace(closest, max(float(apart.max()), 2 * closest), _TIMES)
    shapes = [np.exp(-apart / time) for time in times]
    white = [_evidence(counts, exposure, background, s**2 * np.eye(counts.size)) for s in _SCATTERS]
    red = [_evidence(counts, exposure, background, s**2 * shape) for s in _SCATTERS for shape in shapes]
    return float(
        np.logaddexp.reduce(red) - np.log(len(red)) - np.logaddexp.reduce(white) + np.log(len(white))
    )


def _evidence(counts: Floats, exposure: Floats, background: Floats, covariance: Floats) -> float:
    """Return the log-evidence of Poisson counts whose log-rates are Gaussian, by Laplace's approximation.

    Rasmussen & Williams (2006, Gaussian Processes for Machine Learning, algorithm 3.1).
    """
    from scipy.linalg import cho_solve

    mean = np.log(max(float((counts - background).sum()), 0.5) / exposure.sum())
    kernel = covariance + _PRIOR_SPREAD**2
    rate, weight = np.full(counts.size, mean), np.zeros(counts.size)
    identity = np.eye(counts.size)
    log_posterior, factor = -np.inf, identity
    for _ in range(_STEPS):
        source = np.exp(rate) * exposure
        all_ = np.maximum(source + background, 1e-30)
        information = source**2 / all_  # expected: positive wherever a step begins
        root = np.sqrt(information)
        factor = np.linalg.cholesky(identity + root[:, None] * kernel * root)
        pull = information * (rate - mean) + (counts / all_ - 1) * source
        inner = cho_solve((factor, True), root * (kernel @ pull))
        wanted = pull - root * inner
        step = kernel @ wanted - (rate - mean)
        scale = min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        rate = rate + scale * step
        weight = weight + scale * (wanted - weight)
        if float(np.abs(step).max()) < 1e-6:
            break
    source = np.exp(rate) * exposure
    all_ = np.maximum(source + background, 1e-30)
    log_posterior = float((counts * np.log(all_) - all_).sum() - 0.5 * weight @ (rate - mean))
    return log_posterior - float(np.log(np.diag(factor)).sum())
