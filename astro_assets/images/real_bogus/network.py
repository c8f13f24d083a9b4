"""The network: the middle of a triplet at full resolution, and all of it at a third.

In the manner of braai (Duev et al. 2019, MNRAS 489, 3582), with a fiftieth of the weights: a source has ten
pixels, and the edges and streaks about it need no more than their outline.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn

from astro_assets.images.real_bogus.preparation import CHANNELS, SIDE
from astro_assets.images.real_bogus.settings import NetworkSettings

#: Side of what is seen at full resolution, and by how much all is averaged.
_NEAR: Final = 31
_COARSE: Final = 3
#: More weights are not allowed.
MOST_PARAMETERS: Final = 200_000


class Branch(nn.Module):
    """Pairs of convolutions and pooling; the mean, the maximum and the middle of what is found."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (narrow, wide) in enumerate(pairwise(widths)):
            pool: list[nn.Module] = [nn.MaxPool2d(2)] if i and i % 2 == 0 else []
            layers += [
                *pool,
                nn.Conv2d(narrow, wide, 3, padding=1, bias=False),
                nn.BatchNorm2d(wide),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)
        self.n_outputs = 3 * widths[-1]

    def forward(self, images: Tensor) -> Tensor:
        """Summarise images of shape (batch, channels, rows, columns): (batch, n_outputs)."""
        found = self.layers(images)
        middle = found.shape[-1] // 2
        summary = (found.mean((2, 3)), found.amax((2, 3)), found[:, :, middle, middle])
        return torch.cat(summary, dim=-1)


class Network(nn.Module):
    """From prepared triplets, (batch, 4, 63, 63), to the logit of being real, (batch,)."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        w = settings.width
        self.near = Branch((CHANNELS, w, w, 2 * w, 2 * w, 3 * w))
        self.wide = Branch((CHANNELS, w, w, 2 * w, 2 * w))
        self.head = nn.Sequential(
            nn.Dropout(settings.dropout / 2),
            nn.Linear(self.near.n_outputs + self.wide.n_outputs, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        margin = (SIDE - _NEAR) // 2
        middle = images[:, :, margin : margin + _NEAR, margin : margin + _NEAR]
        coarse = torch.nn.functional.avg_pool2d(images, _COARSE)
        logits: Tensor = self.head(torch.cat([self.near(middle), self.wide(coarse)], dim=-1))
        return logits.squeeze(-1)


def n_parameters(network: nn.Module) -> int:
    """Count the weights that are fitted."""
    return sum(weights.numel() for weights in network.parameters())
