"""What the network's masks are compared with, and the loss that is minimised.

Nothing here draws scenes or takes steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from astro_assets.images.kinds import KINDS, WANTED
from astro_assets.images.segmentation.settings import LossSettings
from astro_assets.images.simulation.truth import Truth

#: Lightest and heaviest a pixel of an object may be.
_LIGHTEST, _HEAVIEST = 0.5, 8.0
_WANTED_BITS: Final = sum(1 << KINDS.index(kind) for kind in WANTED)


@dataclass(frozen=True, slots=True)
class Target:
    """What a scene should give.

    Parameters
    ----------
    masks
        uint16: bit k for the kind ``KINDS[k]``.
    weight
        float32: how much a pixel counts; 0 where the truth is below what can be known.
    """

    masks: NDArray[np.uint16]
    weight: NDArray[np.float32]


def target_of(truth: Truth, is_missing: NDArray[np.bool_], settings: LossSettings) -> Target:
    """Return a scene's target: each object weighs as much as any other, after its size.

    After the median weighting of Cosmic-CoNN (Xu et al. 2023, ApJ 942, 73).
    """
    area = np.bincount(truth.labels.ravel(), minlength=len(truth.objects) + 1).astype(np.float64)
    weights = (settings.object_pixels / np.maximum(area, 1)).clip(_LIGHTEST, _HEAVIEST)
    weights[0] = 1.0
    for number, found in enumerate(truth.objects, start=1):
        if found.snr < settings.least_snr:
            weights[number] = 0.0
    weight = weights[truth.labels].astype(np.float32)
    weight[is_missing] = 0
    return Target(truth.masks, weight)


def planes(masks: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Unfold masks (..., rows, columns) to (..., 10, rows, columns), the last of whatever is wanted."""
    found = np.empty((*masks.shape[:-2], len(KINDS) + 1, *masks.shape[-2:]), np.float32)
    for k in range(len(KINDS)):
        found[..., k, :, :] = (masks >> np.uint16(k)) & np.uint16(1)
    found[..., -1, :, :] = (masks & np.uint16(_WANTED_BITS)) != 0
    return found


def loss_of(logits: Tensor, truth: Tensor, weight: Tensor, settings: LossSettings) -> Tensor:
    """Return weighted cross-entropy and the loss of overlap.

    Cross-entropy is a sum over pixels, divided by the weight of all objects and a hundredth of all pixels,
    so that empty scenes have a loss of ordinary size. The overlap is averaged over the kinds that a batch
    has; of an empty mask it knows nothing, and leaves it to the cross-entropy.

    Parameters
    ----------
    logits, truth
        (batch, 10, rows, columns).
    weight
        (batch, rows, columns).
    """
    weights = weight.unsqueeze(1)
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    is_object = truth.amax(dim=1)
    size = (weight * is_object).sum() + 0.01 * weight.sum() + 1.0
    loss = (entropy * weights).sum() / size
    if settings.overlap_weight == 0:
        return loss
    probability = torch.sigmoid(logits)
    both = (weights * probability * truth).sum(dim=(0, 2, 3))
    known = (weights * truth).sum(dim=(0, 2, 3))
    called = (weights * probability).sum(dim=(0, 2, 3))
    if settings.overlap == "dice":
        of_kind = 1 - (2 * both + 1) / (known + called + 1)
    else:
        missed, false = known - both, called - both
        index = (both + 1) / (both + settings.miss_weight * missed + (1 - settings.miss_weight) * false + 1)
        of_kind = (1 - index).clamp(min=1e-6) ** settings.focus
    present = (known > 0).to(loss.dtype)
    overlap = (of_kind * present).sum() / present.sum().clamp(min=1)
    return loss + settings.overlap_weight * overlap
