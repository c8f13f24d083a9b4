"""Whether two light curves that claim one star and one time show the same star.

Pure comparison of arrays; what follows from the answer is decided in `selection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Bins no shorter than this, so that cadences of seconds and of half an hour can be compared.
_BIN_DAYS: Final = 20 / 1440
#: Slower changes are instrumental as often as the star's, and every pipeline treats them differently.
_WINDOW_DAYS: Final = 0.5
_FEWEST_BINS: Final = 10
#: A curve varies clearly if what neighbouring bins have in common is at least this part of its variance.
_CLEAR: Final = 0.5
#: Standard errors by which a variance or covariance must differ from zero to be believed.
_BELIEVED: Final = 5.0
#: Least correlation of related curves: Kepler's eclipsing binaries reach 0.18 with each other by chance.
_RELATED: Final = 0.3
#: Standard error up to which variation alone decides.
_CERTAIN: Final = 0.05
#: Steps between bins that must be there to compare the noise of two curves.
_FEWEST_STEPS: Final = 300
#: Steps beyond this many standard deviations are flares, jumps, outliers: no two products treat them alike.
_CLIPPED: Final = 5.0
#: Noise that is so many times as loud hides what two products of one star share.
_COMPARABLE: Final = 10.0
#: The times of two products may differ by a bin: mid-times against starts, observer against barycentre.
_LAGS: Final = (0, -1, 1)
_UNKNOWN: Final = (float("nan"), float("inf"))


def agreement(
    first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]], cadence_days: float
) -> tuple[float, float]:
    """Return how much of one curve's variation the other shows one to one, and the standard error of that.

    Fluxes are averaged in common bins, less their medians in windows of half a day. What neighbouring bins of
    a curve have in common is its variation; the rest is noise, in which products of one star may differ by
    any factor. Only a curve whose variation exceeds its noise can tell two stars apart: the coefficient is
    the covariance of the two curves over the variance of the louder one's variation or, where they are
    clearly related, of either's. Curves of the same photons agree also if their noise does one to one,
    whatever one of them adds, as the fluxes of K2 do that follow the pointing.

    Where no curve varies clearly, or the other is too noisy to show it, the noise itself tells: products of
    one star are made of the same photons, so that their steps from bin to bin correlate; those of two do not.

    Parameters
    ----------
    first, second
        ``time`` [d] and ``flux`` (relative), of shape (n,).
    cadence_days
        The longer of the two cadences [d].

    Returns
    -------
    coefficient, standard_error
        1 for one star; 0 for unrelated variation, or variation that one of them lacks; negative for opposite
        variation; k or 1 / k, whichever is less than 1, if one shows k times the variation of the other. Of
        quiet curves the correlation of their noise. NaN and infinity if there are fewer than ten common bins;
        without clear variation also if there are fewer than three hundred, or one is ten times as noisy.
    """
    if min(len(first["time"]), len(second["time"])) < _FEWEST_BINS:
        return _UNKNOWN
    width = max(_BIN_DAYS, cadence_days)
    # Centred on the samples of the coarser curve, so that each bin of the finer one holds what it saw.
    start = max((float(np.median(np.diff(c["time"]))), float(c["time"][0])) for c in (first, second))[1]
    bins, a = _binned(first, start, width)
    others, b = _binned(second, start, width)
    common, i, j = np.intersect1d(bins, others, assume_unique=True, return_indices=True)
    window = np.floor(common * width / _WINDOW_DAYS)
    pairs = np.diff(common) == 1
    if np.count_nonzero(pairs) < _FEWEST_BINS:
        return _UNKNOWN
    x, y = _less_medians(a[i], window), _less_medians(b[j], window)
    shares = _of_variation((x[:-1][pairs], x[1:][pairs]), (y[:-1][pairs], y[1:][pairs]))
    found = max([*shares, *_of_noise(np.diff(x)[pairs], np.diff(y)[pairs])]) if shares else _UNKNOWN
    if found[1] <= _CERTAIN or found[0] > _BELIEVED * found[1]:
        return found
    noise = max((_noise(bins, a, others + lag, b) for lag in _LAGS), key=lambda share: share[0])
    return min(noise, found, key=lambda share: share[1])


def _of_variation(x: tuple[Floats, Floats], y: tuple[Floats, Floats]) -> list[tuple[float, float]]:
    """Compare the variation of two curves, each given as bins and the bins that follow them."""
    n = x[0].size
    power = [float(np.mean(now**2 + then**2)) / 2 for now, then in (x, y)]
    carried = [float(np.mean(now * then)) for now, then in (x, y)]
    covariance = float(np.mean(x[0] * y[1] + x[1] * y[0])) / 2
    needed = max(_CLEAR, _BELIEVED / float(np.sqrt(n)))
    clear = sorted((c for c, p in zip(carried, power, strict=True) if c > needed * p), reverse=True)
    if not clear:
        return []
    # Bins that repeat what their neighbours show count less (Bartlett 1935, J. R. Stat. Soc. 98, 536).
    repeated = max(0.0, carried[0] * carried[1]) / max(power[0] * power[1], float(np.finfo(float).tiny))
    error = float(np.sqrt(power[0] * power[1] / n * (1 + repeated) / max(1 - repeated, 1 / n)))
    judges = clear if _are_related(covariance, power, error) else clear[:1]
    return [_share(covariance, variance, error) for variance in judges]


def _of_noise(x: Floats, y: Floats) -> list[tuple[float, float]]:
    """Compare the steps from bin to bin: nothing if they are not related."""
    power = [float(np.mean(steps**2)) for steps in (x, y)]
    covariance = float(np.mean(x * y))
    error = float(np.sqrt(power[0] * power[1] / x.size))
    return [_share(covariance, min(power), error)] if _are_related(covariance, power, error) else []


def _noise(bins: NDArray[np.int64], a: Floats, others: NDArray[np.int64], b: Floats) -> tuple[float, float]:
    """Return the correlation of the steps from bin to bin of two quiet curves, and its standard error.

    Unknown also where the bins of one mostly repeat their neighbours, because it has been rounded.
    """
    common, i, j = np.intersect1d(bins, others, assume_unique=True, return_indices=True)
    pairs = np.diff(common) == 1
    x, y = np.diff(a[i])[pairs], np.diff(b[j])[pairs]
    if x.size < _FEWEST_STEPS:
        return _UNKNOWN
    scatter = [1.4826 * float(np.median(np.abs(steps))) for steps in (x, y)]
    usual = (np.abs(x) <= _CLIPPED * scatter[0]) & (np.abs(y) <= _CLIPPED * scatter[1])
    if max(scatter) >= _COMPARABLE * min(scatter) or np.count_nonzero(usual) < _FEWEST_STEPS:
        return _UNKNOWN
    return float(np.corrcoef(x[usual], y[usual])[0, 1]), float(1 / np.sqrt(np.count_nonzero(usual)))


def _are_related(covariance: float, power: list[float], error: float) -> bool:
    return covariance > max(_BELIEVED * error, _RELATED * float(np.sqrt(power[0] * power[1])))


def _share(covariance: float, variance: float, error: float) -> tuple[float, float]:
    """Divide by a variance; one curve may show the other's changes as well enlarged as diminished."""
    ratio = covariance / variance
    enlarged = max(1.0, abs(ratio))
    return ratio / enlarged**2, error / variance / enlarged**2


def _binned(
    curve: Mapping[str, NDArray[Any]], start: float, width: float
) -> tuple[NDArray[np.int64], Floats]:
    places = np.rint((curve["time"] - start) / width).astype(np.int64)
    bins, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
    return bins, np.bincount(inverse, curve["flux"].astype(np.float64)) / counts


def _less_medians(values: Floats, window: Floats) -> Floats:
    """Subtract the median of each window; windows are in order, as times are."""
    edges = np.flatnonzero(np.diff(window)) + 1
    return np.concatenate([part - np.median(part) for part in np.split(values, edges)])
