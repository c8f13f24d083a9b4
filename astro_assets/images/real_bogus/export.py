"""The network as an ONNX graph, that computes the same."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Final

import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from astro_assets.images.real_bogus.network import Branch, Network
from astro_assets.images.real_bogus.preparation import CHANNELS, SIDE

_OPSET: Final = 20
#: Names in the graph.
INPUT: Final = "images"
OUTPUT: Final = "logits"


def graph_of(network: Network) -> bytes:
    """Return a network's graph: input ``images`` (1, 4, 63, 63), output ``logits`` (1,)."""
    folded = _without_normalisation(network)
    with _silenced():
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
    return _stripped(program.model_proto)


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


def _stripped(model: onnx.ModelProto) -> bytes:
    """Return a graph's bytes without what says how it was made."""
    graph = model.graph
    for node in graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for tensor in graph.initializer:
        tensor.doc_string = ""
        del tensor.metadata_props[:]
    for value in (*graph.input, *graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    del graph.value_info[:], graph.metadata_props[:], model.metadata_props[:]
    model.producer_name = model.producer_version = model.doc_string = graph.doc_string = ""
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
