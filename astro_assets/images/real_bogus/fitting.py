"""One network fitted on prepared triplets, the same to the bit for one seed and instruction set.

Which triplets train is decided in `training`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from astro_assets.images.real_bogus.network import Network
from astro_assets.images.real_bogus.settings import NetworkSettings

_AT_ONCE = 128
_LOG: Final = logging.getLogger(__name__)


def fit_network(
    images: NDArray[np.float32], is_real: NDArray[np.bool_], settings: NetworkSettings, seed: int
) -> Network:
    """Fit a network; torch is left with one thread, on which sums depend.

    Parameters
    ----------
    images
        Prepared, shape (n, 4, 63, 63), of the training objects alone.
    is_real
        Shape (n,).
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)
    network = Network(settings)
    rng = np.random.default_rng(seed)
    truth = torch.as_tensor(is_real, dtype=torch.float32)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    n_batches = max(1, len(images) // settings.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _one_cycle(settings.epochs * n_batches))
    network.train()
    for epoch in range(settings.epochs):
        for rows in np.array_split(rng.permutation(len(images)), n_batches):
            batch = images[rows]
            seen = torch.as_tensor(_turned(batch, rng) if settings.flips_and_turns else batch)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(network(seen), truth[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        _LOG.info("epoch %d of %d", epoch + 1, settings.epochs)
    return network.eval()


def _one_cycle(n_steps: int) -> Callable[[int], float]:
    """Return the share of the highest learning rate by step: up for a fifth, then down along a cosine."""
    rise = max(1, n_steps // 5)

    def share(step: int) -> float:
        if step < rise:
            return (step + 1) / (rise + 1)
        return 0.5 * (1 + float(np.cos(np.pi * (step - rise) / max(1, n_steps - rise))))

    return share


def logits_of(network: Network, images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Apply a network to prepared triplets: shape (n,)."""
    starts = range(0, len(images), _AT_ONCE)
    with torch.no_grad():
        found = [network(torch.as_tensor(images[start : start + _AT_ONCE])) for start in starts]
    return torch.cat(found).numpy().astype(np.float64)


def _turned(batch: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Flip and turn each triplet by right angles: one of eight ways, which leave it what it is."""
    turns, flips = rng.integers(0, 4, len(batch)), rng.random(len(batch)) < 0.5
    varied = np.empty_like(batch)
    for i, (turn, flip) in enumerate(zip(turns, flips, strict=True)):
        turned = np.rot90(batch[i], int(turn), axes=(1, 2))
        varied[i] = turned[:, :, ::-1] if flip else turned
    return varied
