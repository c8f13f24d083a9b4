"""The network as an ONNX graph that takes frames of any size."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Final

import onnx
import torch

from astro_assets.images.segmentation.network import SegmentationNetwork
from astro_assets.images.segmentation.preprocessing import CHANNELS
from astro_assets.images.segmentation.tiling import STEP

_OPSET: Final = 20
#: Cells of 8 pixels along the sides that the graph is promised.
_FEWEST, _MOST = 2, 512


def graph_of(network: SegmentationNetwork) -> bytes:
    """Return a network's graph: from ``inputs`` (1, 5, rows, columns) to ``logits`` (1, 10, rows, columns).

    Sides are multiples of 8. Equal networks give equal bytes.
    """
    plain = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    rows, columns = (torch.export.Dim(name, min=_FEWEST, max=_MOST) for name in ("rows", "columns"))
    with _silenced():
        program = torch.onnx.export(
            plain,
            (torch.zeros(1, len(CHANNELS), 6 * STEP, 8 * STEP),),
            input_names=["inputs"],
            output_names=["logits"],
            dynamic_shapes=({2: STEP * rows, 3: STEP * columns},),
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
