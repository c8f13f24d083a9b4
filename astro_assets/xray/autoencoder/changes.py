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
LOG_FACTORS: Final = np.array([-3.0, -1.6, -0.9, -0.4, 0.4, 0.8, 1.3, 2.0, 3.0])
#: Draws that are asked: those with the largest weights; the others are as good as nothing beside them.
_DRAWS: Final = 12
#: Candidates whose evidence is worked out: changes that end, and changes of state.
_N_LOCAL, _N_STATES = 2, 1


@dataclass(frozen=True, slots=True)
class Window:
    """Bins in a row, from ``first`` up to ``end``; significance is that of a constant source's change."""

    first: int
    end: int
    significance: float
    is_state: bool


def windows_of(curve: Prepared) -> tuple[list[Window], int]:
    """Return the most significant windows of a curve, and among how many they were chosen.

    Windows have 1, 2, 4, ... bins up to half of the curve; those that reach its end are changes of state, of
    any length. Against a constant rate in each band (Poisson likelihood ratio, Li & Ma 1983 without their
    uncertainty of the rest).
    """
    seen = np.flatnonzero(curve.is_known.any(axis=1))
    n = seen.size
    if n < 3:
        return [], 0
    counts, expected = _sums(curve, seen)
    firsts, ends = [np.arange(1, n)], [np.full(n - 1, n)]
    length = 1
    while length <= n // 2:
        firsts.append(np.arange(n - length + 1))
        ends.append(firsts[-1] + length)
        length *= 2
    first, end = np.concatenate(firsts), np.concatenate(ends)
    inside, usual = counts[end] - counts[first], expected[end] - expected[first]
    # The constant rate is that of the rest: a change must not hide in the mean.
    rest = (counts[-1] - inside + 1.0) / np.maximum(expected[-1] - usual + 1.0, 1e-9)
    usual = np.maximum(usual * rest, 1e-9)
    ratio = np.where(inside > 0, inside * np.log(np.maximum(inside, 1) / usual), 0.0) - (inside - usual)
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
            one = Window(int(seen[first[at]]), int(seen[end[at] - 1]) + 1, float(significance[at]), states)
            if all(one.end <= other.first or one.first >= other.end for other in chosen):
                chosen.append(one)
        found += chosen
    return found, first.size


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


def _sums(curve: Prepared, seen: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return cumulative counts, and those expected of a constant rate in each band; (n + 1,)."""
    counts, background = curve.counts[seen], curve.background[seen]
    exposure = curve.exposure_s[seen]
    rate = np.maximum(counts.sum(axis=0) - background.sum(axis=0), 0.0) / np.maximum(
        exposure.sum(axis=0), 1e-30
    )
    expected = (rate * exposure + background).sum(axis=1)
    zero = np.zeros(1)
    return (
        np.concatenate([zero, np.cumsum(counts.sum(axis=1))]),
        np.concatenate([zero, np.cumsum(expected)]),
    )
