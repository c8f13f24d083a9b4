"""Trees on a packet's features, as a model that filters may name.

Breiman (2001, Machine Learning 45, 5). scikit-learn grows them; what is kept are the arrays of their nodes in
safetensors, so that nothing pickled is ever loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.alerts.features import FEATURE_NAMES, FEATURE_SET
from astro_assets.images.alerts.packets import Packet

#: Stands for what a packet does not tell: below everything that it may.
_UNKNOWN: Final = np.float32(-1e9)
_NO_CHILD: Final = -1
_MANIFEST: Final = "manifest"
_FORMAT: Final = "astro_assets alert trees 1"
_ARRAYS: Final = {
    "roots": np.int32,
    "feature": np.int16,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "value": np.float32,
}


class TreesFileError(ValueError):
    """A file is none of trees, or one that this version cannot read."""


class TreeSettings(BaseModel):
    """How trees are grown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = Field(FEATURE_NAMES, min_length=1, description="Features that are read.")
    n_trees: int = Field(200, ge=1, le=2000, description="Trees.")
    samples_per_leaf: int = Field(4, ge=1, le=1000, description="Fewest packets of a leaf.")
    seed: int = Field(0, ge=0, description="Of the draws of packets and features.")


@dataclass(frozen=True, slots=True)
class FeatureTrees:
    """Trees that were grown; called with a packet and its features it returns their probability."""

    features: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]

    def __call__(self, _: Packet, features: Mapping[str, float]) -> float:
        """Return the probability for one packet, as `deciding.decide` asks for it."""
        return float(self.probability([features])[0])

    def probability(self, rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        """Return the mean over trees for each row of features, shape (n,)."""
        matrix = _matrix(rows, self.features)
        left, right, value = (self.arrays[name] for name in ("left", "right", "value"))
        at = np.arange(len(matrix))[:, None]
        node = np.broadcast_to(self.arrays["roots"], (len(matrix), self.arrays["roots"].size)).copy()
        while (inner := left[node] != _NO_CHILD).any():
            goes_left = matrix[at, self.arrays["feature"][node]] <= self.arrays["threshold"][node]
            node = np.where(inner, np.where(goes_left, left[node], right[node]), node)
        means: NDArray[np.float64] = value[node].mean(axis=1, dtype=np.float64)
        return means


def fit_trees(
    rows: Sequence[Mapping[str, float]], truth: Sequence[bool] | NDArray[np.bool_], settings: TreeSettings
) -> bytes:
    """Grow trees that tell wanted packets from others; equal input gives equal bytes.

    Parameters
    ----------
    rows
        Features of each packet, see `features.features_of`.
    truth
        Which are wanted; both kinds.

    Returns
    -------
    bytes
        A safetensors file, to be opened with `trees_of`.

    Raises
    ------
    ValueError
        If one kind is missing, lengths differ, or a feature does not exist.
    """
    from safetensors.numpy import save
    from sklearn.ensemble import RandomForestClassifier

    wanted = np.asarray(truth, dtype=bool)
    if len(rows) != wanted.size or wanted.all() or not wanted.any():
        raise ValueError(
            f"{len(rows)} packets, {int(wanted.sum())} of {wanted.size} wanted: both kinds are needed"
        )
    if unknown := sorted(set(settings.features) - set(FEATURE_NAMES)):
        raise ValueError(f"no such features: {', '.join(unknown)}")
    forest = RandomForestClassifier(
        settings.n_trees,
        min_samples_leaf=settings.samples_per_leaf,
        class_weight="balanced",
        n_jobs=1,
        random_state=settings.seed,
    ).fit(_matrix(rows, settings.features), wanted)
    column = list(forest.classes_).index(True)
    parts: dict[str, list[NDArray[np.generic]]] = {name: [] for name in _ARRAYS}
    offset = 0
    for one in (estimator.tree_ for estimator in forest.estimators_):
        counts = one.value[:, 0, :]
        found = {
            "roots": np.array([offset]),
            "feature": np.maximum(one.feature, 0),
            "threshold": one.threshold,
            "left": np.where(one.children_left == _NO_CHILD, _NO_CHILD, one.children_left + offset),
            "right": np.where(one.children_right == _NO_CHILD, _NO_CHILD, one.children_right + offset),
            "value": counts[:, column] / counts.sum(axis=1),
        }
        for name, values in found.items():
            parts[name].append(values.astype(_ARRAYS[name]))
        offset += one.node_count
    manifest = {"format": _FORMAT, "feature_set": FEATURE_SET, "features": settings.features}
    arrays = {name: np.concatenate(values) for name, values in parts.items()}
    told = np.frombuffer(json.dumps(manifest, sort_keys=True).encode(), np.uint8)
    data: bytes = save({**arrays, _MANIFEST: told})
    return data


def trees_of(data: bytes) -> FeatureTrees:
    """Open trees.

    Raises
    ------
    TreesFileError
        If the bytes are none, or of another set of features.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(data)
        manifest = json.loads(arrays.pop(_MANIFEST).tobytes())
        form = manifest["format"], manifest["feature_set"]
        features = tuple(str(name) for name in manifest["features"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TreesFileError(f"this is no file of trees: {error}") from error
    if form != (_FORMAT, FEATURE_SET) or set(features) - set(FEATURE_NAMES):
        raise TreesFileError(f"these trees are of another form, {form}: grow them again")
    _check(arrays, len(features))
    return FeatureTrees(features, arrays)


def _check(arrays: Mapping[str, NDArray[Any]], n_features: int) -> None:
    """See that every branch leads on: one that leads back would never end."""
    kinds = {name: (array.dtype, array.ndim) for name, array in arrays.items()}
    if kinds != {name: (np.dtype(dtype), 1) for name, dtype in _ARRAYS.items()}:
        raise TreesFileError(f"these arrays are no trees: {sorted(arrays)}")
    n, at = arrays["left"].size, np.arange(arrays["left"].size)
    sizes = {arrays[name].size for name in ("feature", "threshold", "right", "value")}
    if sizes != {n} or not arrays["roots"].size:
        raise TreesFileError("these arrays are no trees: their lengths differ")
    inner = arrays["left"] != _NO_CHILD
    ahead = [(arrays[name][inner] > at[inner]) & (arrays[name][inner] < n) for name in ("left", "right")]
    within = [
        (arrays["roots"] >= 0) & (arrays["roots"] < n),
        (arrays["feature"] >= 0) & (arrays["feature"] < n_features),
    ]
    if not all(one.all() for one in (*ahead, *within)):
        raise TreesFileError("these arrays are no trees: a branch leads nowhere")


def _matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        matrix = np.array([[row[name] for name in names] for row in rows], np.float64).astype(np.float32)
    return np.where(np.isfinite(matrix), matrix, _UNKNOWN).reshape(len(rows), len(names))
