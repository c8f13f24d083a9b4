"""The score of a candidate: log-odds of being wanted, by boosted trees on its measures.

How trees are applied lives here; they are grown in `calibration`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.trees import Forest


@dataclass(frozen=True, slots=True)
class ObjectScore:
    """Boosted trees (Friedman 2001, Annals of Statistics 29, 1189) and the score that is wanted.

    Parameters
    ----------
    trees
        Whose values add up.
    baseline
        What they are added to.
    threshold
        Score from which a candidate counts as found.
    """

    trees: Forest
    baseline: float
    threshold: float

    def of(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of candidates, (n,), from their measures, (n, number of measures)."""
        steps = self.trees.of_trees(measures.astype(np.float32))
        found: NDArray[np.float64] = self.baseline + steps.sum(axis=1, dtype=np.float64)
        return found
