"""What every export to ONNX needs: a silent exporter, and a graph that says only what it computes.

Which network is exported, with which names, is its owner's matter.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep what exporters say of their progress off the terminal."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def stripped(model: onnx.ModelProto) -> bytes:
    """Return a checked graph's bytes, without what says how and where it was made."""
    import onnx

    graph = model.graph
    for named in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        named.doc_string = ""
        del named.metadata_props[:]
    del graph.value_info[:], graph.metadata_props[:], model.metadata_props[:]
    model.producer_name = model.producer_version = model.doc_string = graph.doc_string = ""
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
