"""Trees on features, judged on objects that they have not seen, then grown on all.

Growing and storing is in `trees`; how figures are worked out is shared by all models.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from astro_assets.images.alerts.trees import FeatureTrees, TreeSettings, fit_trees, trees_of
from astro_assets.learning.figures import storable
from astro_assets.learning.metrics import average_precision, bootstrap_by_group, recall_at_precision, roc_auc
from astro_assets.learning.splits import grouped_folds

_log = logging.getLogger(__name__)
_PRECISION: Final = 0.9
_Rows = Sequence[Mapping[str, float]]


class TooFewLabelsError(ValueError):
    """There are too few labelled objects of a kind to judge on."""


class FilterTreeSettings(TreeSettings):
    """How trees are grown on labels and judged."""

    folds: int = Field(5, ge=2, le=20, description="By object; each is judged by trees of the others.")
    fewest_objects: int = Field(
        10, ge=2, le=10_000, description="Labelled objects of each kind, with packets, that are needed."
    )
    resamples: int = Field(500, ge=20, le=100_000, description="Of the bootstrap of each interval.")


def trained(
    rows: _Rows, wanted: Sequence[bool], objects: Sequence[str], settings: FilterTreeSettings
) -> tuple[bytes, dict[str, Any]]:
    """Grow trees that tell what is wanted.

    Parameters
    ----------
    rows
        Features of each packet.
    wanted, objects
        Of each packet: whether its object is wanted, and which object that is.

    Returns
    -------
    bytes
        Trees grown on all packets, for `trees.trees_of`.
    dict
        Figures of packets by trees that saw no packet of the same object.

    Raises
    ------
    TooFewLabelsError
        If there are too few objects of a kind.
    """
    truth = np.asarray(wanted, np.bool_)
    counts = {
        name: len({one for one, is_of in zip(objects, truth == kind, strict=True) if is_of})
        for name, kind in (("wanted", True), ("unwanted", False))
    }
    for name, count in counts.items():
        if count < max(settings.fewest_objects, settings.folds):
            needed = max(settings.fewest_objects, settings.folds)
            raise TooFewLabelsError(f"{count} {name} objects with packets are labelled; {needed} are needed")
    strata = ["wanted" if one else "unwanted" for one in truth]
    folds = grouped_folds(objects, strata, settings.folds, settings.seed)
    score, first = _held_out(rows, truth, folds, settings)
    whole = average_precision(truth, score)
    judged = np.flatnonzero(folds == 0)
    figures = {
        "objects": counts,
        "packets": {"wanted": int(truth.sum()), "unwanted": int((~truth).sum())},
        **_figures(truth, score, objects, settings),
        "importance": _importance(first, [rows[i] for i in judged.tolist()], truth[judged], settings, whole),
    }
    return fit_trees(rows, truth, settings), storable(figures)


def _held_out(
    rows: _Rows, truth: NDArray[np.bool_], folds: NDArray[np.int64], settings: FilterTreeSettings
) -> tuple[NDArray[np.float64], FeatureTrees]:
    """Return a score of each packet, and the trees that judged the first fold."""
    score = np.empty(truth.size)
    grown = []
    for fold in range(settings.folds):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        grown.append(trees_of(fit_trees([rows[i] for i in outside.tolist()], truth[outside], settings)))
        score[inside] = grown[-1].probability([rows[i] for i in inside.tolist()])
        _log.info("fold %d of %d: judged", fold + 1, settings.folds)
    return score, grown[0]


def _figures(
    truth: NDArray[np.bool_], score: NDArray[np.float64], objects: Sequence[str], settings: FilterTreeSettings
) -> dict[str, Any]:
    def interval(metric: Any) -> dict[str, float]:
        found = bootstrap_by_group(metric, truth, score, objects, settings.resamples, seed=settings.seed)
        return {"value": found.value, "low": found.low, "high": found.high}

    return {
        "average_precision": interval(average_precision),
        "roc_auc": interval(roc_auc),
        "recall_at_precision_0.9": interval(
            lambda known, given: recall_at_precision(known, given, _PRECISION)
        ),
        "share_wanted": float(truth.mean()),
    }


def _importance(
    grown: FeatureTrees, held: _Rows, known: NDArray[np.bool_], settings: FilterTreeSettings, whole: float
) -> dict[str, float]:
    """Return what the average precision of unseen packets loses where a feature is shuffled."""
    if known.all() or not known.any() or not np.isfinite(whole):
        return {}
    before = average_precision(known, grown.probability(held))
    order = np.random.default_rng(settings.seed).permutation(len(held)).tolist()
    lost = {}
    for name in settings.features:
        shuffled = [{**row, name: held[j][name]} for row, j in zip(held, order, strict=True)]
        lost[name] = before - average_precision(known, grown.probability(shuffled))
    best = sorted(lost.items(), key=lambda item: (-item[1], item[0]))[:10]
    return {name: value for name, value in best if value > 0}
