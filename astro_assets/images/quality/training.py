"""The network fitted on simulated frames, and written as an ONNX graph.

Batches are turned and mirrored; the frames themselves come prepared.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor

from astro_assets.images.quality.network import QualityNetwork, loss_of
from astro_assets.images.quality.preprocessing import (
    N_TILES,
    SCALARS,
    TILE,
    TILE_CHANNELS,
    WHOLE,
    WHOLE_CHANNELS,
    Inputs,
)
from astro_assets.images.quality.settings import NetworkSettings

_OPSET: Final = 20
_log = logging.getLogger(__name__)


def fit_network(
    inputs: Sequence[Inputs], grades: NDArray[np.int64], settings: NetworkSettings, seed: int
) -> tuple[dict[str, NDArray[Any]], list[float]]:
    """Fit a network on one thread; the same to the bit for the same examples, settings and seed.

    Parameters
    ----------
    inputs, grades
        Of each frame; positions in :data:`astro_assets.images.quality.grades.GRADES`.

    Returns
    -------
    weights
        Arrays by name.
    losses
        Mean over each epoch.

    Raises
    ------
    ValueError
        If there are fewer frames than a batch has.
    """
    if len(inputs) < settings.batch:
        raise ValueError(f"{len(inputs)} frames make no batch of {settings.batch}")
    torch.set_num_threads(1)  # sums depend on their number
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)
    rng = np.random.default_rng((seed, 7))
    network = QualityNetwork(settings.width).train()
    adam = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    n_batches = len(inputs) // settings.batch
    losses = []
    for epoch in range(settings.epochs):
        order = rng.permutation(len(inputs))
        total = 0.0
        for number in range(n_batches):
            done = (epoch * n_batches + number) / (settings.epochs * n_batches)
            adam.param_groups[0]["lr"] = settings.learning_rate * _one_cycle(done)
            rows = order[number * settings.batch : (number + 1) * settings.batch]
            way = int(rng.integers(8))
            logits, _ = network(*(_turned(part, way) for part in tensors([inputs[row] for row in rows])))
            loss = loss_of(logits, torch.as_tensor(grades[rows]))
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            total += float(loss.detach())
        losses.append(total / n_batches)
        _log.info("epoch %d of %d: loss %.3f", epoch + 1, settings.epochs, losses[-1])
    return {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}, losses


def tensors(inputs: Sequence[Inputs]) -> tuple[Tensor, Tensor, Tensor]:
    """Gather a batch."""
    tiles = np.stack([one.tiles for one in inputs])
    whole = np.stack([one.whole for one in inputs])
    scalars = np.stack([one.scalars for one in inputs])
    return torch.as_tensor(tiles), torch.as_tensor(whole), torch.as_tensor(scalars)


def outputs_of(network: QualityNetwork, inputs: Inputs) -> NDArray[np.float64]:
    """Return a network's logits of a frame, shape (2,): what its graph must give."""
    with torch.no_grad():
        logits, _ = network.eval()(*tensors([inputs]))
    found: NDArray[np.float64] = logits[0].numpy().astype(np.float64)
    return found


def graph_of(network: QualityNetwork) -> bytes:
    """Return a network's graph, of one frame at a time; equal networks give equal bytes.

    From ``tiles``, ``whole`` and ``scalars`` to ``logits`` (1, 2) and ``features`` (1, 16).
    """
    example = (
        torch.zeros(1, N_TILES, len(TILE_CHANNELS), TILE, TILE),
        torch.zeros(1, len(WHOLE_CHANNELS), WHOLE, WHOLE),
        torch.zeros(1, len(SCALARS)),
    )
    with _silenced():
        program = torch.onnx.export(
            network.eval(),
            example,
            input_names=["tiles", "whole", "scalars"],
            output_names=["logits", "features"],
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch exported nothing")
    model: onnx.ModelProto = program.model_proto
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.graph.value_info[:], model.graph.metadata_props[:], model.metadata_props[:]
    model.producer_name = model.producer_version = model.doc_string = ""
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Keep what the exporter says of its progress off the terminal."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def _turned(part: Tensor, way: int) -> Tensor:
    """Turn images by quarters, then mirror them; scalars stay."""
    if part.ndim < 4:
        return part
    found = torch.rot90(part, way % 4, dims=(-2, -1))
    return found.flip(-1) if way >= 4 else found


def _one_cycle(done: float) -> float:
    """Rise over the first 15 %, then fall as a cosine."""
    rising = 0.15
    if done < rising:
        return 0.04 + 0.96 * done / rising
    return 0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (done - rising) / (1 - rising)))
