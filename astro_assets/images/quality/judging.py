"""How well an assessor grades: agreement weighted by how far grades lie apart, with intervals by night.

What is judged is handed in night by night; where nights come from is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astro_assets.images.quality.grades import GRADES
from astro_assets.learning.calibration import expected_calibration_error, reliability
from astro_assets.learning.metrics import Interval, average_precision

if TYPE_CHECKING:
    from astro_assets.images.quality.assessor import FrameAssessor
    from astro_assets.images.quality.night_sets import MeasuredNight

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Bins of the reliability, and frames of each grade to be looked at.
_BINS: Final = 8
_EXAMPLES: Final = 4


@dataclass(frozen=True, slots=True)
class JudgedNight:
    """Frames of a night, true grades beside what was said of them; arrays of shape (n,).

    Parameters
    ----------
    truth, called
        Positions in :data:`astro_assets.images.quality.grades.GRADES`: true, and beside the night.
    called_alone, called_by_network
        Without the night; by the network's logits alone.
    p_bad, p_bad_alone, p_not_good, training_p_value
        Beside the night, without it; beside the night.
    """

    truth: Integers
    called: Integers
    called_alone: Integers
    called_by_network: Integers
    p_bad: Floats
    p_bad_alone: Floats
    p_not_good: Floats
    training_p_value: Floats


def judged_night(assessor: FrameAssessor, night: MeasuredNight) -> JudgedNight:
    """Put an assessor's verdicts beside the truth of a simulated night."""
    seen = [assessor.seen(inputs) for inputs in night.inputs]
    pairs = list(zip(night.measures, seen, strict=True))
    beside = [assessor.verdict(measures, one) for measures, one in pairs]
    alone = [assessor.verdict(measures.alone(), one) for measures, one in pairs]
    network = [int((logits > 0).sum()) for logits, _ in seen]
    return JudgedNight(
        truth=night.grades,
        called=np.array([GRADES.index(one.grade) for one in beside], np.int64),
        called_alone=np.array([GRADES.index(one.grade) for one in alone], np.int64),
        called_by_network=np.array(network, np.int64),
        p_bad=np.array([one.p_bad for one in beside]),
        p_bad_alone=np.array([one.p_bad for one in alone]),
        p_not_good=np.array([one.p_not_good for one in beside]),
        training_p_value=np.array([one.training_p_value for one in beside]),
    )


def weighted_kappa(truth: ArrayLike, called: ArrayLike) -> float:
    """Return Cohen's kappa with quadratic weights (Cohen 1968, Psychological Bulletin 70, 213).

    Parameters
    ----------
    truth, called
        Positions of grades, shape (n,).

    Returns
    -------
    float
        1 for agreement, 0 for that of chance; NaN where both are always one grade.
    """
    known, said = np.asarray(truth, np.int64), np.asarray(called, np.int64)
    n = len(GRADES)
    counts = np.zeros((n, n))
    np.add.at(counts, (known, said), 1)
    apart = (np.arange(n)[:, None] - np.arange(n)) ** 2
    by_chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(counts.sum(), 1)
    expected = float((apart * by_chance).sum())
    return 1 - float((apart * counts).sum()) / expected if expected > 0 else float("nan")


def kappa_interval(
    truth: Sequence[Integers], called: Sequence[Integers], n_resamples: int = 1000, seed: int = 0
) -> Interval:
    """Return the kappa of all frames with its 95 % interval, nights drawn with replacement."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n_resamples):
        drawn = rng.integers(len(truth), size=len(truth))
        found.append(
            weighted_kappa(
                np.concatenate([truth[night] for night in drawn]),
                np.concatenate([called[night] for night in drawn]),
            )
        )
    low, high = np.nanquantile(found, (0.025, 0.975))
    return Interval(weighted_kappa(np.concatenate(truth), np.concatenate(called)), float(low), float(high))


def report(nights: Sequence[JudgedNight]) -> dict[str, Any]:
    """Judge an assessor on nights.

    Returns
    -------
    dict
        ``nights`` and ``frames``; ``kappa`` with the night, ``kappa_alone`` and ``kappa_network`` with
        ``value``, ``from`` and ``to``; ``confusion``, rows true and columns called; of P(bad)
        ``average_precision`` and ``calibration_error``, and the same ``alone``; ``reliability`` of P(bad) and
        P(not good), as `learning.calibration.reliability`; ``false_alarms``, how often good frames have
        p-values of the density below 0.05, and ``noticed``, how often bad ones do; ``examples``: the number
        of a night, and some of its frames of each grade.
    """
    truth = [night.truth for night in nights]
    known = np.concatenate(truth)
    called = np.concatenate([night.called for night in nights])
    confusion = np.zeros((len(GRADES), len(GRADES)), np.int64)
    np.add.at(confusion, (known, called), 1)
    found: dict[str, Any] = {"nights": len(nights), "frames": int(known.size)}
    for name, attribute in (
        ("kappa", "called"),
        ("kappa_alone", "called_alone"),
        ("kappa_network", "called_by_network"),
    ):
        interval = kappa_interval(truth, [getattr(night, attribute) for night in nights])
        found[name] = {"value": interval.value, "from": interval.low, "to": interval.high}
    is_bad = known == len(GRADES) - 1
    for suffix, attribute in (("", "p_bad"), ("_alone", "p_bad_alone")):
        p_bad = np.concatenate([getattr(night, attribute) for night in nights])
        found[f"average_precision{suffix}"] = average_precision(is_bad, p_bad)
        found[f"calibration_error{suffix}"] = expected_calibration_error(p_bad, is_bad)
    p_not_good = np.concatenate([night.p_not_good for night in nights])
    found["reliability"] = {
        "bad": reliability(np.concatenate([night.p_bad for night in nights]), is_bad, _BINS),
        "not_good": reliability(p_not_good, known > 0, _BINS),
    }
    unusual = np.concatenate([night.training_p_value for night in nights]) < 0.05
    found["false_alarms"] = float(unusual[known == 0].mean()) if (known == 0).any() else None
    found["noticed"] = float(unusual[is_bad].mean()) if is_bad.any() else None
    return found | {"confusion": confusion.tolist(), "examples": _examples(nights)}


def _examples(nights: Sequence[JudgedNight]) -> dict[str, Any]:
    """Choose frames to be looked at: of the night that has most of its rarest grade, some of each."""
    counts = [np.bincount(night.truth, minlength=len(GRADES)) for night in nights]
    chosen = max(range(len(nights)), key=lambda number: (counts[number].min(), counts[number].max()))
    night = nights[chosen]
    frames = []
    for grade in range(len(GRADES)):
        of_grade = np.flatnonzero(night.truth == grade)
        at = np.unique(np.linspace(0, max(of_grade.size - 1, 0), _EXAMPLES).round().astype(np.int64))
        frames += [
            {"frame": int(frame), "grade": GRADES[grade], "called": GRADES[int(night.called[frame])]}
            for frame in of_grade[at[: of_grade.size]]
        ]
    return {"night": chosen, "frames": frames}
