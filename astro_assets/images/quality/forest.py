"""Random forests on a frame's measures: how probable it is that the frame is bad, or not good.

Breiman (2001, Machine Learning 45, 5); a forest for each step from grade to grade (Frank & Hall 2001, ECML),
calibrated on other nights. What is unknown stays apart from every known value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from astro_assets.images.quality.grades import GRADES, Grade
from astro_assets.images.quality.measures import MEASURES
from astro_assets.images.quality.settings import ForestSettings
from astro_assets.learning.calibration import Platt, fit_platt
from astro_assets.learning.trees import Forest, forest_of_tree, joined

Floats = NDArray[np.float64]

#: Columns of the design matrix.
COLUMNS: Final = (*MEASURES, "network_score")
#: What stands for an unknown value, far from any that is known, so that a branch can part with it.
UNKNOWN: Final = -1e6
#: Probabilities of forests are held this far from 0 and 1 where their logit is taken.
_LEAST: Final = 1e-3


class StepCalibration(BaseModel):
    """Logistic maps from the forests' logits to probabilities, of frames with and without a night."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    not_good: tuple[float, float]
    bad: tuple[float, float]


@dataclass(frozen=True, slots=True)
class GradeForest:
    """Forests of both steps.

    Parameters
    ----------
    not_good, bad
        Of being worse than good, and worse than medium.
    """

    not_good: Forest
    bad: Forest

    def raw(self, matrix: NDArray[np.float32]) -> Floats:
        """Return logits of both forests for each row, shape (n, 2), in the order of the grades."""
        both = np.column_stack([self.not_good.probability(matrix), self.bad.probability(matrix)])
        both = np.clip(both, _LEAST, 1 - _LEAST)
        logits: Floats = np.log(both / (1 - both))
        return logits

    def contributions(self, matrix: NDArray[np.float32]) -> Floats:
        """Return by how much each column speaks for a worse grade, shape (n, len(COLUMNS))."""
        return self.not_good.contributions(matrix) + self.bad.contributions(matrix)


def design_matrix(
    measures: Sequence[Floats] | Floats, network_scores: Sequence[float] | Floats
) -> NDArray[np.float32]:
    """Put measures (n, len(MEASURES)) and the network's scores (n,) side by side, unknown ones marked."""
    matrix = np.column_stack([np.asarray(measures, np.float64), np.asarray(network_scores, np.float64)])
    found: NDArray[np.float32] = np.where(np.isfinite(matrix), matrix, UNKNOWN).astype(np.float32)
    return found


def grow(
    matrix: NDArray[np.float32], grades: NDArray[np.int64], settings: ForestSettings, seed: int
) -> GradeForest:
    """Grow both forests on one thread; the same to the bit for the same seed.

    Parameters
    ----------
    matrix
        Of :func:`design_matrix`, shape (n, len(COLUMNS)).
    grades
        Positions in :data:`astro_assets.images.quality.grades.GRADES`, shape (n,).

    Raises
    ------
    ValueError
        If there are no good frames, or no bad ones.
    """
    if not ((grades == 0).any() and (grades == len(GRADES) - 1).any()):
        raise ValueError("forests need good frames and bad ones")
    return GradeForest(*(_grown(matrix, grades > step, settings, seed + step) for step in (0, 1)))


def _grown(
    matrix: NDArray[np.float32], truth: NDArray[np.bool_], settings: ForestSettings, seed: int
) -> Forest:
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(
        settings.trees,
        min_samples_leaf=settings.samples_per_leaf,
        max_features=0.4,
        n_jobs=1,
        random_state=seed,
    ).fit(matrix, truth)
    column = list(model.classes_).index(True)
    return joined([forest_of_tree(tree.tree_, column) for tree in model.estimators_])


def calibrate(logits: Floats, grades: NDArray[np.int64]) -> StepCalibration:
    """Fit the maps on frames that the forests were not grown on: logits (n, 2), grades (n,)."""
    maps = [fit_platt(logits[:, step], grades > step) for step in (0, 1)]
    return StepCalibration(
        not_good=(maps[0].slope, maps[0].intercept), bad=(maps[1].slope, maps[1].intercept)
    )


def probabilities(logits: Floats, calibration: StepCalibration) -> Floats:
    """Return probabilities of being worse than good and worse than medium, shape (n, 2), never rising."""
    not_good = Platt(*calibration.not_good).apply(logits[:, 0])
    bad = Platt(*calibration.bad).apply(logits[:, 1])
    return np.column_stack([np.maximum(not_good, bad), bad])


def grade_of(not_good: float, bad: float) -> Grade:
    """Return the median grade: the worst that is more probable than not to be reached."""
    return GRADES[int(not_good >= 0.5) + int(bad >= 0.5)]
