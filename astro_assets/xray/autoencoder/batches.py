"""Prepared light curves as padded tensors, and the order in which an epoch shows them.

The order depends on the seed and the number of the epoch alone, so that a training can be taken up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.autoencoder.settings import AutoencoderSettings

#: Batches among which curves are sorted by length, so that a batch has little padding.
_SORTED_BATCHES = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """Some light curves, padded to the longest.

    Parameters
    ----------
    features, summary, times, counts, exposure_s, background, is_known, visits
        As of :class:`~astro_assets.xray.autoencoder.preparation.Prepared`, with a first axis of curves;
        0 and False beyond a curve's end, where the last visit goes on.
    lengths
        Bins of each curve.
    is_valid
        Boolean, (batch, bins): no padding, and something is known.
    """

    features: Tensor
    summary: Tensor
    times: Tensor
    counts: Tensor
    exposure_s: Tensor
    background: Tensor
    is_known: Tensor
    visits: Tensor
    lengths: Tensor

    @property
    def is_valid(self) -> Tensor:
        """Where a bin is known."""
        return self.is_known.any(dim=-1)


def batch_of(curves: Sequence[Prepared]) -> Batch:
    """Pad light curves to the longest of them."""
    longest = max(curve.n_bins for curve in curves)

    def padded(name: str) -> Tensor:
        first = getattr(curves[0], name)
        dtype = np.bool_ if first.dtype == np.bool_ else np.float32
        found = np.zeros((len(curves), longest, first.shape[1]), dtype)
        for row, curve in enumerate(curves):
            found[row, : curve.n_bins] = getattr(curve, name)
        return torch.as_tensor(found)

    visits = torch.zeros((len(curves), longest), dtype=torch.int64)
    for row, curve in enumerate(curves):
        visits[row, : curve.n_bins] = torch.as_tensor(curve.visits)
        visits[row, curve.n_bins :] = int(curve.visits[-1])
    return Batch(
        features=padded("features"),
        summary=torch.as_tensor(np.stack([curve.summary for curve in curves])),
        times=padded("times"),
        counts=padded("counts"),
        exposure_s=padded("exposure_s"),
        background=padded("background"),
        is_known=padded("is_known"),
        visits=visits,
        lengths=torch.as_tensor([curve.n_bins for curve in curves]),
    )


def epoch_of(
    curves: Sequence[Prepared], in_part: Sequence[Prepared], settings: AutoencoderSettings, epoch: int
) -> Iterator[Batch]:
    """Yield the batches of an epoch: every curve once, as it is or in part.

    Parameters
    ----------
    curves, in_part
        Of each curve the whole, and what is shown of it in some epochs.
    """
    rng = np.random.default_rng((settings.seed, 11, epoch))
    order = rng.permutation(len(curves))
    is_part = rng.random(len(curves)) < settings.part_share
    lengths = np.array([curve.n_bins for curve in curves])
    parts = [
        rows
        for start in range(0, len(order), _SORTED_BATCHES * settings.batch)
        for rows in _cut(order[start : start + _SORTED_BATCHES * settings.batch], lengths, settings.batch)
    ]
    for number in rng.permutation(len(parts)):
        yield batch_of([in_part[row] if is_part[row] else curves[row] for row in parts[number]])


def in_order(curves: Sequence[Prepared], size: int) -> Iterator[Batch]:
    """Yield batches of curves as they come."""
    for start in range(0, len(curves), size):
        yield batch_of(curves[start : start + size])


def _cut(rows: NDArray[np.int64], lengths: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    by_length = rows[np.argsort(lengths[rows], kind="stable")]
    for start in range(0, len(by_length), size):
        yield by_length[start : start + size]
