"""The network as an ONNX graph that takes frames of any size."""

from __future__ import annotations

from typing import Final

import torch

from astro_assets.images.segmentation.network import SegmentationNetwork
from astro_assets.images.segmentation.preprocessing import CHANNELS
from astro_assets.images.segmentation.tiling import STEP
from astro_assets.learning.onnx_graphs import silenced, stripped

_OPSET: Final = 20
#: Cells of 8 pixels along the sides that the graph is promised.
_FEWEST, _MOST = 2, 512


def graph_of(network: SegmentationNetwork) -> bytes:
    """Return a network's graph: from ``inputs`` (1, 5, rows, columns) to ``logits`` (1, 10, rows, columns).

    Sides are multiples of 8.
    """
    plain = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    rows, columns = (torch.export.Dim(name, min=_FEWEST, max=_MOST) for name in ("rows", "columns"))
    with silenced():
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
    return stripped(program.model_proto)
