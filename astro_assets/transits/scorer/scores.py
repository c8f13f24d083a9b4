"""Scores as rows, for tables and files."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.scorer import Scorer, Scores

_NOTHING_SEEN: Final = "no view has a bin with data"
_UNLIKE: Final = "its folded views are farther from all that was trained on than those of 99 of 100 others"
_NOTHING_FITS: Final = "its conformal set is empty: unlike the events of every class"
_DISAGREE: Final = "the networks disagree more than on 199 of 200 held-out events"


def score_rows(scorer: Scorer, examples: Examples, *, with_edge: bool = False) -> list[dict[str, Any]]:
    """Score events.

    Returns
    -------
    list of dict
        For each the probabilities by class, ``planet_or_eb``, ``conformal_set``, ``gate``, ``disagreement``,
        ``unlikeness``, ``abstain``, ``abstains_because`` and ``is_trained_on``.
    """
    found = scorer.score(examples, with_edge=with_edge)
    total = found.planet_or_eb
    return [
        {
            **{name: float(found.probability[i, at]) for at, name in enumerate(CLASSES)},
            "planet_or_eb": float(total[i]),
            "conformal_set": [name for at, name in enumerate(CLASSES) if found.sets[i, at]],
            "gate": bool(found.gate[i]),
            "disagreement": float(found.disagreement[i]),
            "unlikeness": float(found.unlikeness[i]),
            "abstain": bool(found.abstains[i]),
            "abstains_because": _reason(found, i) if found.abstains[i] else None,
            "is_trained_on": bool(found.is_trained_on[i]),
        }
        for i in range(len(examples))
    ]


def _reason(found: Scores, row: int) -> str:
    if np.isnan(found.unlikeness[row]):
        return _NOTHING_SEEN
    if found.unlikeness[row] > 1:
        return _UNLIKE
    return _DISAGREE if found.sets[row].any() else _NOTHING_FITS
