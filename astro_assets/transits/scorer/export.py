"""Networks as ONNX graphs, in float32 or in 8-bit integers."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from astro_assets.learning.onnx_graphs import silenced
from astro_assets.transits.scorer.examples import VIEWS
from astro_assets.transits.scorer.inputs import BRANCHES, Inputs, Layout
from astro_assets.transits.scorer.network import Network
from astro_assets.transits.scorer.settings import NetworkSettings

_OPSET: Final = 20
#: The edge model must fit into so many bytes.
EDGE_BYTES: Final = 25_600
_FEWEST, _MOST = 2, 4096


class EdgeSizeError(RuntimeError):
    """The quantised model is larger than an edge device was promised."""


class _OfStandardised(nn.Module):
    """A network that takes scalars after standardising."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.network.of_standardised(*inputs)


class Exporter:
    """Writes networks of one form as ONNX graphs: the form is traced once, and each network's weights put in.

    Parameters
    ----------
    layout, settings
        What the networks are made of.
    takes_standardised
        Whether the graphs take scalars that are standardised already, which leaves nothing in them to decide.
    """

    def __init__(
        self, layout: Layout, settings: NetworkSettings, *, takes_standardised: bool = False
    ) -> None:
        self.takes_standardised = takes_standardised
        n_scalars = (2 if takes_standardised else 1) * len(layout.scalars)
        self._traced = _traced(self._module(Network(layout, settings)), layout, n_scalars)

    def graph(self, network: Network) -> bytes:
        """Return a network's graph: inputs ``views0``, ``views1`` and ``scalars``, output ``logits``.

        Any number of events; outputs are those of :class:`Network`.
        """
        return _bytes(_stripped(self._with_weights(network)))

    def quantised(self, network: Network, representative: Inputs) -> bytes:
        """Return a network's graph in 8-bit integers, scaled by representative events.

        After Jacob et al. (2018, CVPR).

        Raises
        ------
        EdgeSizeError
            If it has more than :data:`EDGE_BYTES` bytes.
        """
        with torch.no_grad():
            scalars = network.standardised(torch.as_tensor(representative.scalars)).numpy()
        feeds = {
            **{f"views{i}": branch for i, branch in enumerate(representative.branches)},
            "scalars": scalars,
        }
        with tempfile.TemporaryDirectory() as folder, silenced():
            plain, prepared, small = (Path(folder) / name for name in ("plain", "prepared", "small"))
            onnx.save(_stripped(self._with_weights(network)), plain)
            quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared),
                str(small),
                _Representative(feeds),
                quant_format=QuantFormat.QOperator,  # half the size of pairs of nodes at this depth
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
            graph = _bytes(_stripped(onnx.load(small)))
        if len(graph) > EDGE_BYTES:
            raise EdgeSizeError(f"the quantised network has {len(graph)} bytes; {EDGE_BYTES} are allowed")
        return graph

    def _module(self, network: Network) -> nn.Module:
        folded = _without_normalisation(network)
        return _OfStandardised(folded) if self.takes_standardised else folded

    def _with_weights(self, network: Network) -> onnx.ModelProto:
        weights = {name: value.detach().numpy() for name, value in self._module(network).state_dict().items()}
        model = onnx.ModelProto()
        model.CopyFrom(self._traced)
        for tensor in model.graph.initializer:
            if tensor.name in weights:
                tensor.CopyFrom(onnx.numpy_helper.from_array(weights.pop(tensor.name), tensor.name))
        if unused := [name for name in weights if not name.endswith(("centre", "scale"))]:
            raise RuntimeError(f"weights that the traced graph does not have: {unused}")
        return model


class _Representative(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, feeds: dict[str, NDArray[np.float32]]) -> None:
        n = len(feeds["scalars"])
        self.batches = iter({name: values[i : i + 1] for name, values in feeds.items()} for i in range(n))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self.batches, None)


def _without_normalisation(network: Network) -> Network:
    """Fold the normalisation of batches into the convolutions and layers before it."""
    folded = deepcopy(network).eval()
    for part in folded.stages():
        for i, (layer, after) in enumerate(pairwise(list(part))):
            if isinstance(after, nn.BatchNorm1d):
                part[i], part[i + 1] = _fused(layer, after), nn.Identity()
    return folded


def _fused(layer: nn.Module, normalisation: nn.BatchNorm1d) -> nn.Module:
    if isinstance(layer, nn.Linear):
        return fuse_linear_bn_eval(layer, normalisation)
    if isinstance(layer, nn.Conv1d):
        return fuse_conv_bn_eval(layer, normalisation)
    raise TypeError(f"{type(layer).__name__} cannot be joined with a normalisation")


def _traced(module: nn.Module, layout: Layout, n_scalars: int) -> onnx.ModelProto:
    module.eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        nn.init.normal_(parameter, generator=generator)  # the exporter leaves out what is zero or equal
    used = [i for i in range(len(BRANCHES)) if layout.views[i]]
    views = [torch.zeros(2, len(layout.channels(i)), VIEWS[BRANCHES[i][0]]) for i in used]
    names = [*(f"views{i}" for i in range(len(used))), "scalars"]
    events = torch.export.Dim("events", min=_FEWEST, max=_MOST)
    with silenced():
        program = torch.onnx.export(
            module,
            (*views, torch.zeros(2, n_scalars)),
            input_names=names,
            output_names=["logits"],
            dynamic_shapes=(tuple({0: events} for _ in names),),
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch exported nothing")
    model: onnx.ModelProto = program.model_proto
    return model


def _bytes(model: onnx.ModelProto) -> bytes:
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph without what says how it was made, its names as short as can be."""
    graph = model.graph
    keep = {value.name for value in (*graph.input, *graph.output)}
    short: dict[str, str] = {}

    def renamed(name: str) -> str:
        if not name or name in keep:
            return name
        return short.setdefault(name, f"{len(short):x}")

    for node in graph.node:
        node.name, node.doc_string = "", ""
        del node.metadata_props[:]
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
    for tensor in graph.initializer:
        tensor.name, tensor.doc_string = renamed(tensor.name), ""
        del tensor.metadata_props[:]
    for value in (*graph.input, *graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    del graph.value_info[:], graph.metadata_props[:], model.metadata_props[:]
    del graph.quantization_annotation[:]
    model.producer_name = model.producer_version = model.doc_string = graph.doc_string = ""
    graph.name = "g"
    onnx.checker.check_model(model)
    return model
