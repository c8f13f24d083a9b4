"""The encoder as an ONNX graph that reads one light curve of any length.

It is written node by node: torch's exporter fixes the number of bins that a GRU reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.onnx_graphs import stripped
from astro_assets.xray.autoencoder.preparation import FEATURES, SUMMARIES
from astro_assets.xray.autoencoder.settings import NetworkSettings

Floats32 = NDArray[np.float32]

#: Names in the graph.
INPUTS: Final = ("features", "summary")
OUTPUTS: Final = ("latent_mean", "latent_log_variance")
#: Bounds of the latent's log-variance, as in `network`.
LOG_VARIANCES: Final = (-14.0, 2.0)
_OPSET, _IR_VERSION = 20, 9


def graph_of(arrays: Mapping[str, NDArray[Any]], settings: NetworkSettings) -> bytes:
    """Return the graph of an encoder's weights.

    From ``features`` (1, bins, 19) and ``summary`` (1, 11) to ``latent_mean`` and ``latent_log_variance``,
    (1, latent).

    Parameters
    ----------
    arrays
        Weights by name, as a fit gives them.
    """
    from onnx import TensorProto, helper

    graph = _Graph({name.removeprefix("encoder."): value for name, value in arrays.items()})
    states = graph.node("Transpose", ["features"], perm=[1, 0, 2])
    last = ""
    for layer in range(settings.layers):
        states, last = graph.gru(states, layer, settings)
    graph.constant("first_axis", np.array([0]))
    mean = graph.node("ReduceMean", [states, "first_axis"], keepdims=0)
    known = graph.node("Concat", [mean, last, "summary"], axis=1)
    hidden = graph.linear("hidden", known)
    hidden = graph.node("Mul", [hidden, graph.node("Sigmoid", [hidden])])
    middle = graph.node("Add", [graph.linear("mean", hidden), graph.linear("mean_of_summary", "summary")])
    spread = graph.node(
        "Add", [graph.linear("log_variance", hidden), graph.linear("log_variance_of_summary", "summary")]
    )
    for name, value in zip(("least", "most"), LOG_VARIANCES, strict=True):
        graph.constant(name, np.float32(value))
    spread = graph.node("Clip", [spread, "least", "most"])
    graph.node("Identity", [middle], output=OUTPUTS[0])
    graph.node("Identity", [spread], output=OUTPUTS[1])
    floats = TensorProto.FLOAT
    made = helper.make_graph(
        graph.nodes,
        "encoder",
        [
            helper.make_tensor_value_info("features", floats, [1, "bins", len(FEATURES)]),
            helper.make_tensor_value_info("summary", floats, [1, len(SUMMARIES)]),
        ],
        [helper.make_tensor_value_info(name, floats, [1, settings.latent]) for name in OUTPUTS],
        graph.constants,
    )
    return stripped(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    )


class _Graph:
    """Nodes and constants of a graph that is being written."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any] | np.float32) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name))
        return name

    def linear(self, name: str, values: str) -> str:
        weight = self.constant(f"{name}_weight", self.weights[f"{name}.weight"].astype(np.float32))
        inputs = [values, weight]
        if f"{name}.bias" in self.weights:
            inputs.append(self.constant(f"{name}_bias", self.weights[f"{name}.bias"].astype(np.float32)))
        return self.node("Gemm", inputs, transB=1)

    def gru(self, states: str, layer: int, settings: NetworkSettings) -> tuple[str, str]:
        """Add a layer, both ways at once: its states (bins, 1, ways * hidden), its last ones (1, ...)."""
        from onnx import helper

        ways = 2 if settings.is_bidirectional else 1

        def both(*parts: str) -> Floats32:
            rows = [
                np.concatenate([_reordered(self.weights[f"grus.{layer}.{way}.{part}"]) for part in parts])
                for way in range(ways)
            ]
            return np.stack(rows).astype(np.float32)

        inputs = [
            states,
            self.constant(f"input_weight_{layer}", both("weight_ih_l0")),
            self.constant(f"state_weight_{layer}", both("weight_hh_l0")),
            self.constant(f"bias_{layer}", both("bias_ih_l0", "bias_hh_l0")),
        ]
        found, last = f"states_{layer}", f"last_{layer}"
        self.nodes.append(
            helper.make_node(
                "GRU",
                inputs,
                [found, last],
                direction="bidirectional" if ways == 2 else "forward",
                hidden_size=settings.hidden,
                linear_before_reset=1,  # as torch does
            )
        )
        width = ways * settings.hidden
        self.constant(f"states_shape_{layer}", np.array([-1, 1, width]))
        self.constant(f"last_shape_{layer}", np.array([1, width]))
        turned = self.node("Transpose", [found], perm=[0, 2, 1, 3])
        states = self.node("Reshape", [turned, f"states_shape_{layer}"])
        turned = self.node("Transpose", [last], perm=[1, 0, 2])
        return states, self.node("Reshape", [turned, f"last_shape_{layer}"])


def _reordered(values: NDArray[Any]) -> NDArray[Any]:
    """Bring torch's gates (reset, update, new) into ONNX's order (update, reset, new)."""
    reset, update, new = np.split(values, 3)
    return np.concatenate([update, reset, new])
