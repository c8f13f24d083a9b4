"""The network: a branch of convolutions for each geometry of views, and the scalars.

After Shallue & Vanderburg (2018, AJ 155, 94), with the scalars and channels of Valizadegan et al. (2022, ApJ
926, 120), and a hundredth of their weights: a few thousand events teach no more.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from astro_assets.transits.scorer.classes import CLASSES, N_ECLIPSES
from astro_assets.transits.scorer.examples import VIEWS
from astro_assets.transits.scorer.inputs import BRANCHES, SCALAR_CLIP, Layout
from astro_assets.transits.scorer.settings import NetworkSettings

#: Bins left at the end of a branch, more or less.
_LEAST_BINS = 10


class Branch(nn.Module):
    """Convolutions and pooling down to about ten bins; their mean, maximum and middle."""

    def __init__(self, channels: int, bins: int, settings: NetworkSettings) -> None:
        super().__init__()
        depth = 1
        while bins >> depth > _LEAST_BINS:
            depth += 1
        widths = [channels, *(int(settings.width * settings.growth**i) for i in range(depth))]
        layers: list[nn.Module] = []
        for i, (narrow, wide) in enumerate(pairwise(widths)):
            pool: list[nn.Module] = [nn.MaxPool1d(2)] if i else []
            convolution = nn.Conv1d(narrow, wide, settings.kernel, padding=settings.kernel // 2, bias=False)
            layers += [*pool, convolution, nn.BatchNorm1d(wide), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.n_outputs = 3 * widths[-1]

    def forward(self, views: Tensor) -> Tensor:
        """Summarise views of shape (batch, channels, bins): (batch, n_outputs)."""
        found = self.layers(views)
        middle = found.shape[-1] // 2
        summary = (found.mean(-1), found.amax(-1), found[..., middle - 1 : middle + 2].mean(-1))
        return torch.cat(summary, dim=-1)


class Network(nn.Module):
    """From views and scalars to logits.

    Outputs have shape (batch, 6): the logits of the five classes, and one of being an eclipse, of planet or
    binary. Scalars are standardised by numbers that are fitted on the training stars and kept in buffers.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, layout: Layout, settings: NetworkSettings) -> None:
        super().__init__()
        branches = [
            Branch(len(layout.channels(i)), VIEWS[BRANCHES[i][0]], settings)
            for i in range(len(BRANCHES))
            if layout.views[i]
        ]
        self.branches = nn.ModuleList(branches)
        n_scalars = len(layout.scalars)
        self.register_buffer("centre", torch.zeros(n_scalars))
        self.register_buffer("scale", torch.ones(n_scalars))
        self.scalars = nn.Sequential(nn.Linear(2 * n_scalars, settings.scalar_units), nn.ReLU())
        n_summary = sum(branch.n_outputs for branch in branches) + settings.scalar_units
        self.head = nn.Sequential(
            nn.Dropout(settings.dropout / 4),
            nn.Linear(n_summary, settings.hidden),
            nn.BatchNorm1d(settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, len(CLASSES) + 1),
        )

    def stages(self) -> list[nn.Sequential]:
        """Return the sequences of layers that it is made of, but for that of the scalars."""
        branches = (part for part in self.branches if isinstance(part, Branch))
        return [*(branch.layers for branch in branches), self.head]

    def standardised(self, scalars: Tensor) -> Tensor:
        """Standardise scalars (batch, n); those that are NaN become 0 and are marked: (batch, 2 n)."""
        missing = torch.isnan(scalars)
        present = torch.where(missing, self.centre, scalars)
        standard = torch.clamp((present - self.centre) / self.scale, -SCALAR_CLIP, SCALAR_CLIP)
        return torch.cat([standard, missing.to(standard.dtype)], dim=-1)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Take the branches' views, then the scalars."""
        return self.of_standardised(*inputs[:-1], self.standardised(inputs[-1]))

    def of_standardised(self, *inputs: Tensor) -> Tensor:
        """Take the branches' views, then scalars that are standardised already."""
        *views, scalars = inputs
        parts = [branch(view) for branch, view in zip(self.branches, views, strict=True)]
        logits: Tensor = self.head(torch.cat([*parts, self.scalars(scalars)], dim=-1))
        return logits


def summarised(logits: Tensor) -> Tensor:
    """Return log-probabilities of the classes, and what both outputs say of an eclipse: (batch, 6)."""
    log_probability = torch.log_softmax(logits[..., :-1], dim=-1)
    eclipse = torch.logsumexp(log_probability[..., :N_ECLIPSES], dim=-1)
    other = torch.logsumexp(log_probability[..., N_ECLIPSES:], dim=-1)
    both = (eclipse - other + logits[..., -1]) / 2
    return torch.cat([log_probability, both.unsqueeze(-1)], dim=-1)


def network_of(layout: Layout, settings: NetworkSettings, arrays: dict[str, Any]) -> Network:
    """Make a network with the weights of a fit, ready to be applied."""
    network = Network(layout, settings)
    network.load_state_dict({name: torch.as_tensor(values) for name, values in arrays.items()})
    network.eval()
    return network
