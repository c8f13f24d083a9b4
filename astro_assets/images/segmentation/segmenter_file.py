"""The file of a segmenter: an archive of a manifest, trees and a graph, of which nothing runs when read."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.measures import MEASURES
from astro_assets.images.segmentation.preprocessing import CHANNELS
from astro_assets.images.segmentation.score import ObjectScore
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.learning.model_files import UNREADABLE, packed, unpacked
from astro_assets.learning.trees import forest_of

FORMAT: Final = "astro_assets anomaly segmenter 2"
_MANIFEST, _GRAPH, _TREES = "manifest.json", "network.onnx", "score.safetensors"
#: More than any segmenter of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 2 * 10**8


class SegmenterFileError(ValueError):
    """A file is no segmenter, or one that this version cannot read."""


class Manifest(BaseModel):
    """What a segmenter's file says of itself.

    Attributes
    ----------
    kinds, channels, measures
        Of the network's outputs and inputs, and of the score's, in order.
    settings
        Of the training, the scenes' included.
    reach_pixels
        By how much tiles overlap.
    n_parameters
        Numbers that were fitted.
    baseline, threshold
        Of the score.
    history
        The learning curve, epoch by epoch.
    metrics
        On simulated scenes that nothing was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    measures: tuple[str, ...]
    settings: SegmentationSettings
    reach_pixels: int = Field(ge=0, le=4096)
    n_parameters: int = Field(ge=1)
    baseline: float
    threshold: float
    history: list[dict[str, float]]
    metrics: dict[str, Any]


def bytes_of(manifest: Manifest, score: ObjectScore, graph: bytes) -> bytes:
    """Return a segmenter's file; equal segmenters give equal bytes."""
    from safetensors.numpy import save

    trees = save({name: np.ascontiguousarray(array) for name, array in score.trees.arrays().items()})
    entries = {_MANIFEST: manifest.model_dump_json(indent=1).encode(), _TREES: trees, _GRAPH: graph}
    return packed(entries)


def contents_of(data: bytes) -> tuple[Manifest, ObjectScore, bytes]:
    """Read a segmenter's file: its manifest, score and graph.

    Raises
    ------
    SegmenterFileError
        If it is none.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        entries = unpacked(data, _MOST_BYTES)
        told = json.loads(entries[_MANIFEST])
        form = told["format"], *(tuple(told[name]) for name in ("kinds", "channels", "measures"))
        if form != (FORMAT, KINDS, CHANNELS, MEASURES):
            raise SegmenterFileError(f"it is of another form, {form[0]!r}: train it again")
        manifest, trees = Manifest.model_validate(told), forest_of(load(entries[_TREES]))
        if trees.feature.size and int(trees.feature.max()) >= len(MEASURES):
            raise SegmenterFileError("its trees ask for measures that there are none of")
        return manifest, ObjectScore(trees, manifest.baseline, manifest.threshold), entries[_GRAPH]
    except (SafetensorError, *UNREADABLE) as error:
        raise SegmenterFileError(f"this is no segmenter that can be read: {error}") from error
