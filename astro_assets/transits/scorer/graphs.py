"""ONNX graphs applied to events, a fixed number at a time, so that no event depends on its company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astro_assets.transits.scorer.classes import CLASSES, N_ECLIPSES
from astro_assets.transits.scorer.inputs import SCALAR_CLIP, Inputs

#: Events given to a graph at once; the last few are filled up.
_AT_ONCE: Final = 64


def session_of(graph: bytes) -> Any:
    """Load a graph, to be run in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def outputs_of(session: Any, inputs: Inputs) -> NDArray[np.float32]:
    """Apply a graph, time running both ways.

    Returns
    -------
    ndarray of float32
        Shape (n, 6): mean log-probabilities of the classes, and mean log-odds of an eclipse.
    """
    ways = (inputs.branches, tuple(branch[..., ::-1] for branch in inputs.branches))
    both = [summarised(_logits(session, (*branches, inputs.scalars))) for branches in ways]
    return ((both[0] + both[1]) / 2).astype(np.float32)


def summarised(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return log-probabilities of the classes, and what both outputs say of an eclipse: (n, 6)."""
    classes = logits[:, : len(CLASSES)].astype(np.float64)
    log_probability = classes - np.logaddexp.reduce(classes, axis=1, keepdims=True)
    eclipse = np.logaddexp.reduce(log_probability[:, :N_ECLIPSES], axis=1)
    other = np.logaddexp.reduce(log_probability[:, N_ECLIPSES:], axis=1)
    both = (eclipse - other + logits[:, -1]) / 2
    return np.column_stack([log_probability, both]).astype(np.float32)


def standardised(scalars: NDArray[np.float32], centre: ArrayLike, scale: ArrayLike) -> NDArray[np.float32]:
    """Standardise scalars as the network does before its first layer: (n, k) to (n, 2 k)."""
    middle, width = (np.asarray(values, np.float32) for values in (centre, scale))
    missing = np.isnan(scalars)
    standard = np.clip((np.where(missing, middle, scalars) - middle) / width, -SCALAR_CLIP, SCALAR_CLIP)
    return np.hstack([standard, missing]).astype(np.float32)


def _logits(session: Any, arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    names = [one.name for one in session.get_inputs()]
    n = len(arrays[-1])
    found = [np.zeros((0, len(CLASSES) + 1), np.float32)]
    for start in range(0, n, _AT_ONCE):
        parts = [array[start : start + _AT_ONCE] for array in arrays]
        size = len(parts[-1])
        filled = [np.concatenate([part, np.repeat(part[-1:], _AT_ONCE - size, axis=0)]) for part in parts]
        feed = {name: np.ascontiguousarray(part) for name, part in zip(names, filled, strict=True)}
        found.append(session.run(None, feed)[0][:size])
    return np.concatenate(found)
