"""The network as an ONNX graph, that computes the same."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Final

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from astro_assets.images.real_bogus.network import Branch, Network
from astro_assets.images.real_bogus.preparation import CHANNELS, SIDE
from astro_assets.learning.onnx_graphs import silenced, stripped

_OPSET: Final = 20
#: Names in the graph.
INPUT: Final = "images"
OUTPUT: Final = "logits"


def graph_of(network: Network) -> bytes:
    """Return a network's graph: input ``images`` (1, 4, 63, 63), output ``logits`` (1,)."""
    folded = _without_normalisation(network)
    with silenced():
        program = torch.onnx.export(
            folded,
            (torch.zeros(1, CHANNELS, SIDE, SIDE),),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch exported nothing")
    return stripped(program.model_proto)


def _without_normalisation(network: Network) -> Network:
    """Fold the normalisation of batches into the convolutions before it."""
    folded = deepcopy(network).eval()
    for branch in folded.children():
        if not isinstance(branch, Branch):
            continue
        layers: list[nn.Module] = list(branch.layers)
        for i, (layer, after) in enumerate(pairwise(layers)):
            if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                branch.layers[i], branch.layers[i + 1] = fuse_conv_bn_eval(layer, after), nn.Identity()
    return folded
