"""Masks judged pixel by pixel, on scenes handed in one after another.

Pixels of true objects too faint to be seen do not count, as in the training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.losses import planes, target_of
from astro_assets.images.segmentation.settings import LossSettings
from astro_assets.images.simulation.scene import Scene
from astro_assets.learning.metrics import average_precision, classification_record, roc_auc


class PixelJudge:
    """Gathers pixels of scenes, and tells how well masks agree."""

    def __init__(self, settings: LossSettings) -> None:
        self.settings = settings
        self.both, self.either = np.zeros((2, len(KINDS)), np.int64)
        self._scores: list[NDArray[np.float32]] = []
        self._truths: list[NDArray[np.bool_]] = []

    def add(self, scene: Scene, logits: NDArray[np.float32]) -> None:
        """Take a scene and its logits, (10, n_rows, n_columns)."""
        target = target_of(scene.truth, scene.difference.is_missing, self.settings)
        counted = target.weight > 0
        truth = planes(target.masks)[:, counted] > 0
        found = logits[:, counted]
        self.both += (truth[:-1] & (found[:-1] > 0)).sum(axis=1)
        self.either += (truth[:-1] | (found[:-1] > 0)).sum(axis=1)
        self._scores.append(found[-1])
        self._truths.append(truth[-1])

    def report(self) -> dict[str, float]:
        """Return accuracy, precision, recall, F1, MCC and areas of wanted pixels, and each kind's IoU."""
        truth, score = np.concatenate(self._truths), np.concatenate(self._scores)
        record = classification_record(truth, score, 0.0)
        found = {name: record[name] for name in ("accuracy", "precision", "recall", "f1", "mcc")}
        found |= {"roc_auc": roc_auc(truth, score), "average_precision": average_precision(truth, score)}
        with np.errstate(invalid="ignore"):
            overlap = self.both / self.either
        return found | {f"iou_{kind}": float(value) for kind, value in zip(KINDS, overlap, strict=True)}
