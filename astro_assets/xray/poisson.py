"""Log-likelihoods of counts in numpy, with which the autoencoder serves: Poisson of fixed or scattered rates.

What is fitted by torch has the same in `autoencoder.losses`; tests hold the two together.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS: Final = 8
#: Of the quadrature: within 0.1 nats a visit at a scatter of 2 nats and hardly a count, nearer elsewhere.
NODES: Final = 5


def log_normaliser(counts: Floats, is_known: NDArray[np.bool_]) -> Floats:
    """Return log(counts!) of each bin, all bands together: (..., bands) to (...)."""
    from scipy.special import gammaln

    found: Floats = np.where(is_known, gammaln(counts + 1), 0.0).sum(axis=-1)
    return found


def poisson_terms(mean: Floats, counts: Floats, is_known: NDArray[np.bool_]) -> Floats:
    """Return counts * log(mean) - mean of each bin, all bands together: (..., bands) to (...)."""
    found = np.zeros(np.broadcast_shapes(mean.shape, counts.shape)[:-1])
    for band in range(mean.shape[-1]):  # an axis of three is summed faster so
        safe = np.maximum(mean[..., band], 1e-30)
        found += is_known[..., band] * (counts[..., band] * np.log(safe) - safe)
    return found


def scattered_terms(
    expected: Floats,
    log_scatter: Floats,
    counts: Floats,
    background: Floats,
    is_known: NDArray[np.bool_],
    visits: NDArray[np.int64],
    nodes: int = NODES,
) -> Floats:
    """Integrate out the scatter that the bins and bands of a visit share, without the counts' factorials.

    See :func:`astro_assets.xray.autoencoder.losses.log_likelihood`.

    Parameters
    ----------
    expected
        Counts of the source, (..., bins, bands).
    log_scatter
        Log of the scatter in nats, (..., bins); that of a visit is that of its first bin.
    visits
        Of each bin, increasing by 0 or 1, (bins,).
    nodes
        Of the quadrature.

    Returns
    -------
    numpy.ndarray
        (..., visits).
    """
    starts = starts_of(visits)
    middle, width = scatter_posterior(expected, log_scatter, counts, background, visits)
    scatter = log_scatter[..., starts]
    points, weights = np.polynomial.hermite.hermgauss(nodes)
    terms = np.empty((nodes, *middle.shape))
    for node, (point, weight) in enumerate(zip(points, weights, strict=True)):
        u = middle + np.sqrt(2) * width * point
        raised = np.exp(u)[..., visits - visits[0]]
        mean = expected * raised[..., None] + background
        found = np.add.reduceat(poisson_terms(mean, counts, is_known), starts, axis=-1)
        terms[node] = found - 0.5 * np.square(u * np.exp(-scatter)) + (np.log(weight) + point**2)
    highest = terms.max(axis=0)
    total = highest + np.log(np.exp(terms - highest).sum(axis=0))
    is_there = np.logical_or.reduceat(is_known.any(axis=-1), starts)
    found = np.where(is_there, total + np.log(width) - scatter - 0.5 * np.log(np.pi), 0.0)
    return np.asarray(found, np.float64)


def starts_of(visits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first bin of each visit."""
    return np.flatnonzero(np.diff(visits, prepend=visits[0] - 1))


def scatter_posterior(
    expected: Floats, log_scatter: Floats, counts: Floats, background: Floats, visits: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return the most probable scatter of each visit and its standard deviation, nats, (..., visits)."""
    starts = starts_of(visits)
    visits = visits - visits[0]
    precision = np.exp(-2 * log_scatter[..., starts])
    u = np.zeros(np.broadcast_shapes((*expected.shape[:-2], starts.size), precision.shape))
    curvature: Any = precision
    for step in range(_STEPS + 1):
        raised = np.exp(u)[..., visits]
        information, pull = np.zeros(raised.shape), np.zeros(raised.shape)
        for band in range(expected.shape[-1]):
            source = expected[..., band] * raised
            part = source / np.maximum(source + background[..., band], 1e-30)
            information += part * source
            pull += counts[..., band] * part - source
        curvature = np.add.reduceat(information, starts, axis=-1) + precision
        if step < _STEPS:
            slope = np.add.reduceat(pull, starts, axis=-1) - u * precision
            u = u + (slope / curvature).clip(-1.5, 1.5)
    return u, 1 / np.sqrt(curvature)


def log_mean_exp(values: Floats, axis: int = -1) -> Floats:
    """Return the log of the mean of exponentials, without overflow."""
    highest = values.max(axis=axis, keepdims=True)
    found: Floats = np.log(np.exp(values - highest).mean(axis=axis)) + highest.squeeze(axis)
    return found
