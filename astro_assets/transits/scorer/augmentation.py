"""How examples are varied while a network is fitted.

Only what leaves the label true: time may run backwards, noise may be larger, bins may be empty, the ephemeris
may be off by a bin, the depth may be another one below the same noise. All is drawn for each example alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

from astro_assets.transits.scorer.inputs import Layout
from astro_assets.transits.scorer.settings import AugmentationSettings

#: Part of a view, about its middle, that may hold the transit: of one period, and of the surroundings.
_TRANSIT_PARTS = (0.2, 0.6)
#: Scalars that change with the depth, and with which power of it.
_WITH_DEPTH = {"log10_depth": 1.0, "log10_snr": 1.0}


def augmented(
    branches: list[Tensor],
    scalars: Tensor,
    layout: Layout,
    settings: AugmentationSettings,
    generator: torch.Generator,
) -> tuple[list[Tensor], Tensor]:
    """Vary a batch.

    Parameters
    ----------
    branches
        Views of each branch, (batch, channels, bins).
    scalars
        Standardised, (batch, 2 n).

    Returns
    -------
    branches, scalars
        Of the same shapes; what was given is left as it is.
    """
    n = scalars.shape[0]
    backwards = _uniform((n, 1, 1), generator) < settings.reversal
    steps = torch.randint(-settings.jitter_bins, settings.jitter_bins + 1, (n, 1, 1), generator=generator)
    found = []
    for i, views in enumerate(branches):
        kinds = [kind for _, kind in layout.channels(i)]
        is_value = torch.tensor([kind == "value" for kind in kinds]).view(1, -1, 1)
        varied = torch.where(backwards, views.flip(-1), views)
        at = (torch.arange(views.shape[-1]).view(1, 1, -1) - steps) % views.shape[-1]
        varied = torch.gather(varied, -1, at.expand_as(varied))
        varied = _noisier(varied, is_value, i, settings, generator)
        found.append(_emptied(varied, kinds, layout.views[i], settings, generator))
    noise = torch.randn(scalars.shape, generator=generator) * settings.scalar_noise
    half = scalars.shape[1] // 2
    noise[:, half:] = 0  # marks of what is missing stay
    return found, scalars + noise


def _noisier(
    views: Tensor, is_value: Tensor, branch: int, settings: AugmentationSettings, generator: torch.Generator
) -> Tensor:
    """Add white noise, and the view's own residuals out of transit, moved in phase."""
    n, _, bins = views.shape
    gain = settings.noise * _uniform((n, 1, 1), generator)
    varied = views + is_value * gain * torch.randn(views.shape, generator=generator)
    if settings.residuals:
        inside = round(bins * _TRANSIT_PARTS[branch] / 2)
        outside = torch.cat([views[..., : bins // 2 - inside], views[..., bins // 2 + inside + 1 :]], dim=-1)
        residual = outside - outside.mean(-1, keepdim=True)
        start = torch.randint(residual.shape[-1], (n, 1), generator=generator)
        at = (start + torch.arange(bins)) % residual.shape[-1]
        moved = torch.gather(residual, -1, at.unsqueeze(1).expand(n, views.shape[1], bins))
        varied = varied + is_value * settings.residuals * _uniform((n, 1, 1), generator) * moved
    return varied


def _emptied(
    views: Tensor,
    kinds: list[str],
    names: tuple[str, ...],
    settings: AugmentationSettings,
    generator: torch.Generator,
) -> Tensor:
    """Empty a block of bins, and whole views, as if nothing had been observed."""
    n, channels, bins = views.shape
    start = torch.randint(bins, (n, 1, 1), generator=generator)
    length = torch.randint(1, max(2, bins // 8), (n, 1, 1), generator=generator)
    at = torch.arange(bins).view(1, 1, -1)
    hit = _uniform((n, 1, 1), generator) < settings.block
    gone = (hit & (at >= start) & (at < start + length)).expand(n, channels, bins)
    withheld = _uniform((n, len(names), 1), generator) < settings.view
    per_view = channels // len(names) if names and channels % len(names) == 0 else 0
    if per_view:
        gone = gone | withheld.repeat_interleave(per_view, dim=1)
    is_mark = torch.tensor([kind == "empty" for kind in kinds]).view(1, -1, 1)
    return torch.where(gone, is_mark.to(views.dtype), views)


def deeper(
    branches: list[Tensor], scalars: Tensor, layout: Layout, change: Tensor, scale: Tensor
) -> tuple[list[Tensor], Tensor]:
    """Make transits deeper or shallower, noise left as it is: in views, in units of the depth, it shrinks.

    Where the transit is, the view is smoothed first: what is left is taken for noise.

    Parameters
    ----------
    change
        Natural logarithm of the factor of each example, (batch,).
    scale
        Standard deviation of each scalar, (n,), in which scalars are given.
    """
    factor = torch.exp(change).view(-1, 1, 1)
    found = []
    for i, views in enumerate(branches):
        bins = views.shape[-1]
        at = torch.arange(bins) - bins // 2
        inside = (at.abs() <= round(bins * _TRANSIT_PARTS[i] / 2)).to(views.dtype)
        kinds = [kind for _, kind in layout.channels(i)]
        smooth = torch.nn.functional.avg_pool1d(views, 5, stride=1, padding=2)
        dip = torch.clamp(smooth, max=0) * inside
        scaled = dip + (views - dip) / factor
        is_value = torch.tensor([kind == "value" for kind in kinds]).view(1, -1, 1)
        found.append(torch.where(is_value, scaled, views))
    moved = torch.zeros_like(scalars)
    for j, name in enumerate(layout.scalars):
        moved[:, j] = _WITH_DEPTH.get(name, 0.0) * change / 2.302585 / scale[j]
    return found, scalars + moved


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator)
