"""Exported graphs say what they compute and nothing of where they were made."""

from __future__ import annotations

import logging
import sys
import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from astro_assets.learning.onnx_graphs import silenced, stripped


def graph(producer: str) -> onnx.ModelProto:
    node = helper.make_node("Add", ["x", "weight"], ["y"], doc_string=f"File {producer}.py, line 3")
    entry = node.metadata_props.add()
    entry.key, entry.value = "stack", producer
    weight = helper.make_tensor("weight", TensorProto.FLOAT, [2], np.array([1, 2], np.float32))
    sides = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
    made = helper.make_graph([node], "g", sides[:1], sides[1:], [weight], doc_string=producer)
    return helper.make_model(
        made, producer_name=producer, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
    )


def test_graphs_of_two_machines_are_the_same_bytes() -> None:
    one, other = stripped(graph("/home/one")), stripped(graph("/srv/other"))
    assert one == other
    assert b"/home" not in one
    assert onnx.load_from_string(one).graph.initializer[0].name == "weight"


def test_a_graph_that_is_none_is_refused() -> None:
    model = graph("a")
    model.graph.node[0].op_type = "Nothing"
    with pytest.raises(onnx.checker.ValidationError):
        stripped(model)


def test_an_exporter_s_talk_is_kept_off_and_logging_comes_back(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with silenced():
        sys.stdout.write("done 10 %\n")
        logging.getLogger("torch").warning("step 1")
        warnings.warn("old", UserWarning, stacklevel=1)
    assert capsys.readouterr().out == ""
    assert caplog.records == []
    logging.getLogger("torch").warning("later")
    assert [record.message for record in caplog.records] == ["later"]
