"""The network: a small U-Net of separable convolutions that works at half of the resolution.

After Ronneberger et al. (2015, MICCAI), with the depthwise separable convolutions of Howard et al. (2017,
arXiv:1704.04861), and pixels folded into channels as in Shi et al. (2016, CVPR). What goes in is made by
`preprocessing`, what comes out is read by `objects`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from astro_assets.images.segmentation.preprocessing import CHANNELS
from astro_assets.images.segmentation.settings import LEVELS, N_OUTPUTS, NetworkSettings


class Separable(nn.Module):
    """Depthwise and pointwise convolution, normalised; added to its input where widths agree."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(narrow, narrow, 3, padding=1, groups=narrow, bias=False)
        self.pointwise = nn.Conv2d(narrow, wide, 1, bias=False)
        self.normalise = nn.BatchNorm2d(wide)
        self.is_residual = narrow == wide

    def forward(self, image: Tensor) -> Tensor:
        """Keep the shape but for the channels."""
        found = self.normalise(self.pointwise(self.depthwise(image)))
        return functional.relu(found + image if self.is_residual else found)


class SegmentationNetwork(nn.Module):
    """From channels of :func:`preprocessing.inputs_of` to logits of a mask a kind, and of being wanted.

    Takes (batch, 5, rows, columns), sides multiples of 8; gives (batch, 10, rows, columns).
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        widths = settings.widths
        self.stem = nn.Sequential(
            nn.Conv2d(4 * len(CHANNELS), widths[0], 3, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        self.down = nn.ModuleList(
            _blocks(widths[max(level - 1, 0)], widths[level], n) for level, n in enumerate(settings.n_down)
        )
        self.up = nn.ModuleList(
            _blocks(widths[level + 1] + widths[level], widths[level], settings.blocks)
            for level in range(LEVELS - 1)
        )
        self.head = nn.Conv2d(widths[0], 4 * N_OUTPUTS, 1)
        # Nearly nothing is an object.
        nn.init.constant_(self.head.bias, -4.0)  # type: ignore[arg-type]

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits."""
        image = self.stem(functional.pixel_unshuffle(inputs, 2))
        seen = []
        for level, blocks in enumerate(self.down):
            image = blocks(functional.max_pool2d(image, 2) if level else image)
            seen.append(image)
        for level in reversed(range(LEVELS - 1)):
            upper = functional.interpolate(image, scale_factor=2.0, mode="nearest")
            image = self.up[level](torch.cat([upper, seen[level]], dim=1))
        return functional.pixel_shuffle(self.head(image), 2)


def _blocks(narrow: int, wide: int, n: int) -> nn.Sequential:
    return nn.Sequential(Separable(narrow, wide), *(Separable(wide, wide) for _ in range(n - 1)))


def reach_pixels(settings: NetworkSettings) -> int:
    """Return how far from a pixel another one can change its output, at most."""
    levels: list[int] = [1 << (level + 1) for level in range(LEVELS)]
    down = sum(n * step for n, step in zip(settings.n_down, levels, strict=True))
    up = sum(settings.blocks * step for step in levels[:-1])
    # The stem at half resolution, and a whole cell of each halving and doubling.
    return 2 + down + up + 2 * levels[-1]


def network_of(settings: NetworkSettings, arrays: dict[str, Any]) -> SegmentationNetwork:
    """Make a network with the weights of a fit, ready to be applied."""
    network = SegmentationNetwork(settings)
    network.load_state_dict({name: torch.as_tensor(values) for name, values in arrays.items()})
    network.eval()
    return network
