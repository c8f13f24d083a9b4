"""How good an autoencoder of light curves is: beside baselines, by anomalies, false alarms, neighbours.

Evidences and scores come in as arrays; intervals count sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.metrics import bootstrap_by_group, roc_auc

Floats = NDArray[np.float64]

#: Edges of strata: bins with exposure, and counts a bin in all bands.
BIN_EDGES: Final = (1, 20, 40, 80, 10**9)
COUNT_EDGES: Final = (0.0, 2.0, 8.0, 30.0, 1e12)
#: From so many bins on an autoencoder must be better than every baseline.
LONG: Final = 40
_RESAMPLES: Final = 1000
_AUC_RESAMPLES: Final = 300
_LEVEL: Final = 0.95


def nll_per_count(
    log_evidences: Mapping[str, Floats], counts: Floats, ours: str, seed: int = 0
) -> dict[str, Any]:
    """Compare methods by minus the log of the probability of all counts over their number.

    All must give probabilities of the same counts, with all terms.

    Parameters
    ----------
    log_evidences
        Of each source by method, nats, (n,).
    counts
        Of each source, (n,).
    ours
        The method that the others are compared with.

    Returns
    -------
    dict
        ``n``; of each method ``value``, ``low`` and ``high``, and but for ours ``gain``: by how much ours is
        lower, with its interval, from the same resamples; ``best``, the method with the lowest value.
    """
    total = np.asarray(counts, np.float64)
    # Sources are drawn again by the Bayesian bootstrap (Rubin 1981, Annals of Statistics 9, 130).
    weights = np.random.default_rng(seed).exponential(size=(_RESAMPLES, total.size))
    drawn = weights @ total
    means = {name: float(-found.sum() / total.sum()) for name, found in log_evidences.items()}
    resampled = {name: -(weights @ found) / drawn for name, found in log_evidences.items()}
    told: dict[str, Any] = {"n": int(total.size), "best": min(means, key=lambda name: means[name])}
    for name, mean in means.items():
        told[name] = _interval(mean, resampled[name])
        if name != ours:
            told[name]["gain"] = _interval(mean - means[ours], resampled[name] - resampled[ours])
    return told


def nll_by_strata(
    log_evidences: Mapping[str, Floats],
    counts: Floats,
    bins: NDArray[np.int64],
    ours: str,
    least: int = 20,
) -> list[dict[str, Any]]:
    """Compare methods by length and brightness, as :func:`nll_per_count` does.

    Parameters
    ----------
    least
        Sources that a stratum must have.

    Returns
    -------
    list of dict
        With ``bins`` and ``counts_a_bin``, the bounds of the stratum; first all lengths together, then the
        long ones, then each.
    """
    records = []
    lengths = [(BIN_EDGES[0], BIN_EDGES[-1]), (LONG, BIN_EDGES[-1]), *pairwise(BIN_EDGES)]
    brightness = counts / np.maximum(bins, 1)
    for low, high in lengths:
        for faint, bright in [(COUNT_EDGES[0], COUNT_EDGES[-1]), *pairwise(COUNT_EDGES)]:
            rows = (bins >= low) & (bins < high) & (brightness >= faint) & (brightness < bright)
            if rows.sum() >= least and counts[rows].sum() > 0:
                part = {name: found[rows] for name, found in log_evidences.items()}
                told = nll_per_count(part, counts[rows], ours)
                records.append({"bins": [low, high], "counts_a_bin": [faint, bright], **told})
    return records


def detection(usual: Floats, unusual: Floats, seed: int = 0) -> dict[str, float]:
    """Return how well a score tells anomalies from usual sources: the area under the ROC curve.

    Parameters
    ----------
    usual
        Scores of usual sources, the higher the stranger, (n,).
    unusual
        Of anomalies, (m,). If there are as many, each is taken for the same source with an anomaly: both are
        drawn together for the interval.

    Returns
    -------
    dict
        ``value``, ``low``, ``high`` and ``n``, the number of anomalies.
    """
    truth = np.arange(usual.size + unusual.size) >= usual.size
    both = np.concatenate([usual, unusual])
    groups = [str(row % usual.size if usual.size == unusual.size else row) for row in range(both.size)]
    one = bootstrap_by_group(roc_auc, truth, both, groups, _AUC_RESAMPLES, _LEVEL, seed)
    return {"value": one.value, "low": one.low, "high": one.high, "n": float(unusual.size)}


def false_positives(p_values: Floats, levels: Sequence[float] = (0.01, 0.05, 0.1)) -> list[dict[str, float]]:
    """Return how often usual sources are called strange at nominal levels, with Wilson's interval."""
    found = []
    for level in levels:
        n = p_values.size
        rate = float((p_values <= level).mean())
        z = 1.959964
        middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        found.append(
            {
                "level": level,
                "value": rate,
                "low": float(middle - half),
                "high": float(middle + half),
                "over_nominal": rate / level,
            }
        )
    return found


def retrieval(points: Floats, classes: Sequence[str], n: int = 5, seed: int = 0) -> dict[str, Any]:
    """Return which share of a source's nearest neighbours is of its class, each class counting the same.

    Parameters
    ----------
    points
        Of each source, (m, k); distances are Euclidean.
    classes
        Of each.

    Returns
    -------
    dict
        ``value``, ``low``, ``high``; ``by_class``; and ``chance``, what random neighbours would give.
    """
    named = np.array(classes)
    distance = np.sqrt(np.square(points[:, None] - points[None]).sum(axis=2))
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :n]
    shares = (named[nearest] == named[:, None]).mean(axis=1)
    of_class = {str(one): np.flatnonzero(named == one) for one in np.unique(named)}
    rng = np.random.default_rng(seed)
    draws = [
        np.mean([shares[rng.choice(rows, rows.size)].mean() for rows in of_class.values()])
        for _ in range(_RESAMPLES)
    ]
    by_class = {name: float(shares[rows].mean()) for name, rows in of_class.items()}
    chance = np.mean([(rows.size - 1) / (named.size - 1) for rows in of_class.values()])
    found = _interval(float(np.mean(list(by_class.values()))), np.array(draws))
    return {**found, "by_class": by_class, "chance": float(chance), "n": int(named.size)}


def _interval(value: float, resampled: Floats) -> dict[str, Any]:
    low, high = np.quantile(resampled, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return {"value": value, "low": float(low), "high": float(high)}
