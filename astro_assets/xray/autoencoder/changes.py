"""Whether a curve changes where usual sources would not: flares, dips and states, as ratios of evidences.

A change multiplies the rates of all bands in some bins in a row. What the bins beside it say of the source is
asked of the encoder with those bins hidden, so that a change is not explained by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.decoding import Decoder
from astro_assets.xray.autoencoder.evidence import log_likelihoods
from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.poisson import log_mean_exp

Floats = NDArray[np.float64]
#: Logs of the factors that rates are tried to change by, as likely one as another.
_LOG_FACTOR_SIZES: Final = np.array([0.08, 0.16, 0.3, 0.5, 0.8, 1.2, 1.8, 2.6])
LOG_FACTORS: Final = np.concatenate([-_LOG_FACTOR_SIZES[::-1], _LOG_FACTOR_SIZES])
#: Draws that are asked: those with the largest weights; the others are as good as nothing beside them.
_DRAWS: Final = 12
#: Candidates whose evidence is worked out: changes that end, and changes of state.
_N_LOCAL, _N_STATES = 2, 1


@dataclass(frozen=True, slots=True)
class Window:
    """Bins in a row.

    Parameters
    ----------
    first, end
        From which up to which bin, exclusive.
    is_state
        Whether it reaches the end of the curve.
    log_prior
        Log of how likely it is that a change is just there.
    log_constant_ratio
        Log of the evidence of a constant source that changes there over that of one that does not.
    """

    first: int
    end: int
    is_state: bool
    log_prior: float
    log_constant_ratio: float


def windows_of(curve: Prepared) -> list[Window]:
    """Return the most significant windows of a curve; none of one with fewer than three bins.

    Windows have 1, 2, 4, ... bins up to half of the curve; those that reach its end are changes of state, of
    any length. The significance is that of two rates against one (Li & Ma 1983, ApJ 272, 317).
    """
    seen = np.flatnonzero(curve.is_known.any(axis=1))
    n = seen.size
    if n < 3:
        return []
    first, end = _edges(n)
    counts, expected = _sums(curve, seen)
    inside, usual = counts[end] - counts[first], expected[end] - expected[first]
    rest, usual_rest = counts[-1] - inside, expected[-1] - usual
    scale = counts[-1] / max(expected[-1], 1e-30)
    ratio = _terms(inside, usual * scale) + _terms(rest, usual_rest * scale)
    significance = np.sqrt(2 * np.maximum(ratio, 0))
    is_state = np.arange(first.size) < n - 1
    found: list[Window] = []
    for wanted, states in ((_N_STATES, True), (_N_LOCAL, False)):
        order = np.flatnonzero(is_state == states)
        order = order[np.argsort(-significance[order], kind="stable")]
        chosen: list[Window] = []
        for at in order:
            if len(chosen) == wanted:
                break
            part = slice(at, at + 1)
            one = Window(
                first=int(seen[first[at]]),
                end=int(seen[end[at] - 1]) + 1,
                is_state=states,
                log_prior=-float(np.log(2 * order.size)),
                log_constant_ratio=float(log_mean_exp(_ratios(curve, seen, first[part], end[part])[0])),
            )
            if all(one.end <= other.first or one.first >= other.end for other in chosen):
                chosen.append(one)
        found += chosen
    return found


def change_evidence(
    curve: Prepared,
    window: Window,
    posterior: tuple[Floats, Floats, Floats],
    decoder: Decoder,
) -> float:
    """Return the log-evidence of a usual source that changes in a window, by any of the factors.

    Parameters
    ----------
    curve
        The whole curve.
    posterior
        ``log_rate``, ``log_scatter`` and ``log_weights`` of draws that were made of the rest.
    """
    order = np.argsort(-posterior[2], kind="stable")[:_DRAWS]
    log_rate, log_scatter, log_weights = (one[order] for one in posterior)
    part = slice(window.first, window.end)
    inside = part_of(curve, part)
    changed = log_rate[None, :, part] + LOG_FACTORS[:, None, None, None]
    found = log_likelihoods(decoder, inside, changed, log_scatter[None, :, part]).sum(axis=-1)
    mean = log_mean_exp(log_weights + log_mean_exp(found, axis=0))
    return float(mean + np.log(len(order) / len(posterior[2])))


def part_of(curve: Prepared, part: slice) -> Prepared:
    """Return some bins of a prepared curve."""
    return Prepared(
        curve.features[part],
        curve.summary,
        curve.times[part],
        curve.counts[part],
        curve.exposure_s[part],
        curve.background[part],
        curve.is_known[part],
        curve.visits[part],
        curve.bins[part],
    )


def constant_change(curve: Prepared) -> float:
    """Return the log-evidence of a constant source that changes somewhere over that of one that does not.

    Of all windows and factors at once: for a rate of unknown level, of which a change leaves the sum of
    counts, what is left is a multinomial distribution over the bins. Background changes with the source.
    """
    seen = np.flatnonzero(curve.is_known.any(axis=1))
    n = seen.size
    if n < 3:
        return 0.0
    first, end = _edges(n)
    ratio = _ratios(curve, seen, first, end)
    states, others = ratio[: n - 1].ravel(), ratio[n - 1 :].ravel()
    return float(log_mean_exp(np.array([log_mean_exp(states), log_mean_exp(others)])))


def _ratios(
    curve: Prepared, seen: NDArray[np.int64], first: NDArray[np.int64], end: NDArray[np.int64]
) -> Floats:
    """Return log-ratios of evidences of windows by each factor, (windows, factors)."""
    ratio = np.zeros((first.size, LOG_FACTORS.size))
    for band in range(curve.counts.shape[1]):
        counts, expected = _sums(curve, seen, slice(band, band + 1))
        inside = counts[end] - counts[first]
        share = (expected[end] - expected[first]) / max(expected[-1], 1e-30)
        ratio += inside[:, None] * LOG_FACTORS
        ratio -= counts[-1] * np.log1p(np.expm1(LOG_FACTORS) * share[:, None])
    return ratio


def _edges(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first bins and ends of all windows of n bins: those that reach the end, then the others."""
    firsts, ends = [np.arange(1, n)], [np.full(n - 1, n)]
    length = 1
    while length <= n // 2:
        firsts.append(np.arange(n - length))
        ends.append(firsts[-1] + length)
        length *= 2
    return np.concatenate(firsts), np.concatenate(ends)


def _terms(counts: Floats, expected: Floats) -> Floats:
    safe = np.maximum(expected, 1e-9)
    found: Floats = np.where(counts > 0, counts * np.log(np.maximum(counts, 1) / safe), 0.0)
    return found


def _sums(curve: Prepared, seen: NDArray[np.int64], bands: slice = slice(None)) -> tuple[Floats, Floats]:
    """Return cumulative counts of bands, and those expected of a constant rate in each; (n + 1,)."""
    counts, background = curve.counts[seen][:, bands], curve.background[seen][:, bands]
    exposure = curve.exposure_s[seen][:, bands]
    rate = np.maximum(counts.sum(axis=0) - background.sum(axis=0), 0.0) / np.maximum(
        exposure.sum(axis=0), 1e-30
    )
    expected = (rate * exposure + background).sum(axis=1)
    zero = np.zeros(1)
    return (
        np.concatenate([zero, np.cumsum(counts.sum(axis=1))]),
        np.concatenate([zero, np.cumsum(expected)]),
    )
