"""How well objects are found: completeness by signal-to-noise ratio, false objects by area, masks by pixel.

What is judged is handed in scene by scene; intervals come from a bootstrap over scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.kinds import WANTED
from astro_assets.images.segmentation.matching import Matches
from astro_assets.images.simulation.truth import Truth
from astro_assets.learning.metrics import Interval, average_precision

Floats = NDArray[np.float64]

#: Edges of the bins of signal-to-noise ratio; the second is that of 5.
SNR_EDGES: Final = (3.5, 4.5, 5.5, 7.0, 10.0, 20.0, np.inf)

#: Shape of a tail below which it is an exponential one.
_STRAIGHT: Final = 1e-6
#: How many times as many false objects as are accepted tell the tail of their scores, and how many at least.
_TAIL, _FEWEST_TAIL = 10, 30


@dataclass(frozen=True, slots=True)
class JudgedScene:
    """Candidates of a scene beside its wanted objects.

    Parameters
    ----------
    scores
        Of each candidate, (n,).
    matched
        Number of the wanted object each is, -1 if of none, (n,).
    kinds, under
        What each was called, and what lies under it.
    snr, true_kinds
        Of each wanted object, in the order in which ``matched`` counts, (m,).
    megapixels
        Sky that was measured.
    """

    scores: Floats
    matched: NDArray[np.int64]
    kinds: tuple[str, ...]
    under: tuple[str, ...]
    snr: Floats
    true_kinds: tuple[str, ...]
    megapixels: float

    def best_scores(self) -> Floats:
        """Return the highest score with which each wanted object was found; minus infinity if not at all."""
        best = np.full(self.snr.size, -np.inf)
        is_match = self.matched >= 0
        np.maximum.at(best, self.matched[is_match], self.scores[is_match])
        return best

    def false_scores(self) -> Floats:
        """Return the scores of candidates that are no wanted object."""
        return self.scores[self.matched < 0]


def judged(
    scores: Floats, kinds: Sequence[str], matches: Matches, truth: Truth, is_missing: NDArray[np.bool_]
) -> JudgedScene:
    """Put a scene's candidates beside its truth."""
    wanted = [number for number, one in enumerate(truth.objects) if one.kind in WANTED]
    place = np.full(len(truth.objects) + 1, -1, np.int64)
    place[wanted] = np.arange(len(wanted))
    return JudgedScene(
        scores=np.asarray(scores, np.float64),
        matched=place[matches.matched],  # -1 takes the last, which is -1
        kinds=tuple(kinds),
        under=matches.under,
        snr=np.array([truth.objects[number].snr for number in wanted], np.float64),
        true_kinds=tuple(truth.objects[number].kind for number in wanted),
        megapixels=float((~is_missing).sum()) / 1e6,
    )


def threshold_for(scenes: Sequence[JudgedScene], false_per_megapixel: float) -> float:
    """Return the lowest score at which no more than so many false objects a megapixel are left.

    It lies halfway to the next false object below, so that it does not hang on one.
    """
    megapixels = sum(scene.megapixels for scene in scenes)
    false = np.sort(np.concatenate([scene.false_scores() for scene in scenes]))[::-1]
    allowed = int(false_per_megapixel * megapixels)
    if allowed >= false.size:
        return float(false[-1]) - 1.0 if false.size else -np.inf
    above = false[allowed - 1] if allowed else false[0] + 1.0
    return float(false[allowed] + above) / 2


def tail_threshold(scenes: Sequence[JudgedScene], false_per_megapixel: float) -> float:
    """Return the score at which so many false objects a megapixel are expected.

    The few highest scores of false objects say little of how rare they are. To the tail of more of them, ten
    times as many as are accepted, a generalised Pareto distribution is fitted by probability-weighted moments
    (Hosking & Wallis 1987, Technometrics 29, 339), and read where the rate is the wanted one. Scores of
    trees end somewhere, so that the tail is shorter than an exponential one.
    """
    megapixels = sum(scene.megapixels for scene in scenes)
    false = np.sort(np.concatenate([scene.false_scores() for scene in scenes]))[::-1]
    n_tail = max(_FEWEST_TAIL, round(_TAIL * false_per_megapixel * megapixels))
    wanted = false_per_megapixel * megapixels
    if n_tail >= false.size or wanted >= n_tail:
        return threshold_for(scenes, false_per_megapixel)
    excess = false[:n_tail] - false[n_tail]  # the highest come first
    mean = float(excess.mean())
    weighted = float((excess * np.arange(n_tail)).mean() / (n_tail - 1))
    left = wanted / n_tail
    if mean <= 2 * weighted or mean <= 0:
        return threshold_for(scenes, false_per_megapixel)
    shape = mean / (mean - 2 * weighted) - 2
    scale = 2 * mean * weighted / (mean - 2 * weighted)
    farther = -np.log(left) if abs(shape) < _STRAIGHT else (1 - left**shape) / shape
    return float(false[n_tail] + scale * farther)


def completeness(
    scenes: Sequence[JudgedScene], threshold: float, low: float, high: float, kind: str | None = None
) -> tuple[Floats, Floats]:
    """Count wanted objects between two signal-to-noise ratios, by scene: those there, and those found."""
    there, found = np.zeros(len(scenes)), np.zeros(len(scenes))
    for i, scene in enumerate(scenes):
        inside = (scene.snr >= low) & (scene.snr < high)
        if kind is not None:
            inside &= np.array([one == kind for one in scene.true_kinds], np.bool_)
        there[i] = inside.sum()
        found[i] = (scene.best_scores()[inside] >= threshold).sum()
    return there, found


def ratio_interval(above: Floats, below: Floats, n_resamples: int = 1000, seed: int = 0) -> Interval:
    """Return a ratio of sums over scenes with its 95 % interval, scenes drawn with replacement."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(above.size, np.full(above.size, 1 / above.size), n_resamples)
    total = weights @ below
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(total > 0, (weights @ above) / total, np.nan)
    if not below.sum():
        return Interval(np.nan, np.nan, np.nan)
    low, high = np.nanquantile(ratios, (0.025, 0.975))
    return Interval(float(above.sum() / below.sum()), float(low), float(high))


def report(scenes: Sequence[JudgedScene], threshold: float) -> dict[str, Any]:
    """Judge scenes by object.

    Returns
    -------
    dict
        ``megapixels``; ``false_per_megapixel`` and ``completeness`` with intervals, the latter by bins of
        signal-to-noise ratio, at 10 and above by kind, too; ``false_by_cause``; ``average_precision`` of
        candidates; ``kind_accuracy`` of wanted objects at 10 and above that were found.
    """
    megapixels = np.array([scene.megapixels for scene in scenes])
    false = np.array([(scene.false_scores() >= threshold).sum() for scene in scenes], np.float64)
    bins = [
        {"low": low, "high": high, "count": int(there.sum()), **_told(ratio_interval(found, there))}
        for low, high in pairwise(SNR_EDGES)
        for there, found in (completeness(scenes, threshold, low, high),)
    ]
    by_kind = {}
    for kind in WANTED:
        there, found = completeness(scenes, threshold, 10.0, np.inf, kind)
        by_kind[kind] = {"count": int(there.sum()), **_told(ratio_interval(found, there))}
    there, found = completeness(scenes, threshold, 10.0, np.inf)
    causes: dict[str, int] = {}
    for scene in scenes:
        for is_false, cause in zip(
            (scene.matched < 0) & (scene.scores >= threshold), scene.under, strict=True
        ):
            if is_false:
                causes[cause] = causes.get(cause, 0) + 1
    return {
        "megapixels": float(megapixels.sum()),
        "false_per_megapixel": _told(ratio_interval(false, megapixels)),
        "completeness": bins,
        "completeness_from_10": _told(ratio_interval(found, there)),
        "completeness_from_10_by_kind": by_kind,
        "false_by_cause": dict(sorted(causes.items())),
        "average_precision": _object_precision(scenes),
        "kind_accuracy": _kind_accuracy(scenes, threshold),
    }


def _told(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "from": interval.low, "to": interval.high}


def _object_precision(scenes: Sequence[JudgedScene]) -> float:
    """Average precision of candidates; wanted objects from 5 on that are none count as never found."""
    truth, scores = [], []
    for scene in scenes:
        best = scene.best_scores()[scene.snr >= 5.0]
        truth += [np.ones(best.size, np.bool_), np.zeros(scene.false_scores().size, np.bool_)]
        scores += [best, scene.false_scores()]
    known, given = np.concatenate(truth), np.concatenate(scores)
    lowest = given[np.isfinite(given)].min(initial=0.0) - 1
    return average_precision(known, np.where(np.isfinite(given), given, lowest))


def _kind_accuracy(scenes: Sequence[JudgedScene], threshold: float) -> float:
    right = total = 0
    for scene in scenes:
        for score, matched, kind in zip(scene.scores, scene.matched, scene.kinds, strict=True):
            if matched >= 0 and score >= threshold and scene.snr[matched] >= 10:
                total += 1
                right += kind == scene.true_kinds[matched]
    return right / total if total else float("nan")
