"""The file of a segmenter: a zip archive of a manifest and an ONNX graph, of which nothing runs when read."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.objects import ObjectScore
from astro_assets.images.segmentation.preprocessing import CHANNELS
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.learning.model_files import UNREADABLE, packed, unpacked

FORMAT: Final = "astro_assets anomaly segmenter 1"
_MANIFEST, _GRAPH = "manifest.json", "network.onnx"
#: More than any segmenter of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 2 * 10**8


class SegmenterFileError(ValueError):
    """A file is no segmenter, or one that this version cannot read."""


class Manifest(BaseModel):
    """What a segmenter's file says of itself.

    Attributes
    ----------
    kinds, channels
        Of the network's outputs and inputs, in order.
    settings
        Of the training, the scenes' included.
    reach_pixels
        By how much tiles overlap.
    n_parameters
        Numbers that were fitted.
    score
        From candidates to objects.
    history
        The learning curve, epoch by epoch.
    metrics
        On simulated scenes that nothing was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    settings: SegmentationSettings
    reach_pixels: int = Field(ge=0, le=4096)
    n_parameters: int = Field(ge=1)
    score: ObjectScore
    history: list[dict[str, float]]
    metrics: dict[str, Any]


def bytes_of(manifest: Manifest, graph: bytes) -> bytes:
    """Return a segmenter's file; equal segmenters give equal bytes."""
    entries = {_MANIFEST: manifest.model_dump_json(indent=1).encode(), _GRAPH: graph}
    return packed(entries)


def contents_of(data: bytes) -> tuple[Manifest, bytes]:
    """Read a segmenter's file: its manifest and graph.

    Raises
    ------
    SegmenterFileError
        If it is none.
    """
    try:
        entries = unpacked(data, _MOST_BYTES)
        told, graph = json.loads(entries[_MANIFEST]), entries[_GRAPH]
        form = told["format"], tuple(told["kinds"]), tuple(told["channels"])
        if form != (FORMAT, KINDS, CHANNELS):
            raise SegmenterFileError(f"it is of another form, {form[0]!r}: train it again")
        return Manifest.model_validate(told), graph
    except UNREADABLE as error:
        raise SegmenterFileError(f"this is no segmenter that can be read: {error}") from error
