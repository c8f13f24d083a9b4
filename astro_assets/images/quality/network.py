"""The network: one small column of convolutions for tiles, one for the shrunk frame, and ordinal logits.

After CORAL (Cao, Mirjalili & Raschka 2020, Pattern Recognition Letters 140, 325): one score, and a threshold
for each step from one grade to the next. What goes in is made by `preprocessing`.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.preprocessing import SCALARS, TILE_CHANNELS, WHOLE_CHANNELS

#: Numbers that the score is made of, and by which frames are told to be alike.
N_FEATURES: Final = 16


class QualityNetwork(nn.Module):
    """From tiles (batch, 9, 2, 48, 48), shrunk frames (batch, 3, 48, 48) and scalars (batch, 8).

    Gives logits (batch, 2) of being worse than good, and than medium, and features (batch, 16).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.tiles = _column(4 * len(TILE_CHANNELS), width)
        self.whole = _column(4 * len(WHOLE_CHANNELS), width)
        n_pooled = 3 * 3 * width + 2 * 3 * width + len(SCALARS)
        self.mixed = nn.Sequential(nn.Linear(n_pooled, 48), nn.ReLU(), nn.Linear(48, N_FEATURES), nn.Tanh())
        self.score = nn.Linear(N_FEATURES, 1, bias=False)
        self.thresholds = nn.Parameter(torch.tensor([0.0, -1.0])[: len(GRADES) - 1])

    def forward(self, tiles: Tensor, whole: Tensor, scalars: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and features."""
        # Pixels are folded into channels (Shi et al. 2016, CVPR): a quarter of the work, and none is lost.
        seen = self.tiles(functional.pixel_unshuffle(tiles.flatten(0, 1), 2))
        # Pooled within a tile both ways; over tiles by the mean, and by the brightest.
        means = seen.mean(dim=(2, 3)).unflatten(0, (-1, tiles.shape[1]))
        peaks = seen.amax(dim=(2, 3)).unflatten(0, (-1, tiles.shape[1]))
        far = self.whole(functional.pixel_unshuffle(whole, 2))
        pooled = [means.mean(dim=1), peaks.mean(dim=1), peaks.amax(dim=1)]
        pooled += [far.mean(dim=(2, 3)), far.amax(dim=(2, 3)), scalars]
        features = self.mixed(torch.cat(pooled, dim=1))
        return self.score(features) + self.thresholds, features


def _column(channels: int, width: int) -> nn.Sequential:
    widths = [width, 2 * width, 3 * width]
    layers: list[nn.Module] = []
    for narrow, wide in zip([channels, *widths[:-1]], widths, strict=True):
        layers += [nn.Conv2d(narrow, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers)


def loss_of(logits: Tensor, grades: Tensor) -> Tensor:
    """Return the cross-entropy of each step between grades; ``grades`` are positions, int64, (batch,)."""
    steps = torch.arange(len(GRADES) - 1)
    return functional.binary_cross_entropy_with_logits(logits, (grades[:, None] > steps).to(logits.dtype))


def n_parameters(width: int) -> int:
    """Return how many numbers are fitted."""
    return sum(weights.numel() for weights in QualityNetwork(width).parameters())


def network_of(width: int, arrays: dict[str, Any]) -> QualityNetwork:
    """Make a network with the weights of a fit, ready to be applied."""
    network = QualityNetwork(width)
    network.load_state_dict({name: torch.as_tensor(values) for name, values in arrays.items()})
    network.eval()
    return network
