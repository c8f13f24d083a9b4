"""The file of a scorer: everything that scoring needs, and nothing that runs when it is read.

A zip archive of ``manifest.json``, ONNX graphs and safetensors.
"""

from __future__ import annotations

import json
from typing import Final

from astro_assets.learning.model_files import UNREADABLE, packed, unpacked
from astro_assets.learning.trees import forest_of
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.manifest import FORMAT, Manifest, ScorerFileError
from astro_assets.transits.scorer.neighbours import neighbours_of
from astro_assets.transits.scorer.scorer import Scorer

_MANIFEST, _FOREST, _NEIGHBOURS, _WEIGHTS, _EDGE = (
    "manifest.json",
    "forest.safetensors",
    "neighbours.safetensors",
    "weights.safetensors",
    "edge.onnx",
)
#: More than any scorer of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 2 * 10**9


def bytes_of(scorer: Scorer) -> bytes:
    """Return a scorer's file; equal scorers give equal bytes."""
    from safetensors.numpy import save

    entries = {
        _MANIFEST: scorer.manifest.model_dump_json(indent=1).encode(),
        _FOREST: save(scorer.forest.arrays()),
        _NEIGHBOURS: save(scorer.neighbours.arrays()),
        _WEIGHTS: save(scorer.weights),
        **{_graph(name): graph for name, graph in scorer.graphs.items()},
    }
    if scorer.edge is not None:
        entries[_EDGE] = scorer.edge
    return packed(entries)


def scorer_of(data: bytes) -> Scorer:
    """Read a scorer's file.

    Raises
    ------
    ScorerFileError
        If it is none.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        entries = unpacked(data, _MOST_BYTES)
        manifest = _manifest_of(entries[_MANIFEST])
        scorer = Scorer(
            manifest=manifest,
            graphs={name: entries[_graph(name)] for name in manifest.networks},
            forest=forest_of(load(entries[_FOREST])),
            neighbours=neighbours_of(load(entries[_NEIGHBOURS])),
            edge=entries[_EDGE] if manifest.edge_stack is not None else None,
            weights=load(entries[_WEIGHTS]),
        )
    except (*UNREADABLE, SafetensorError) as error:
        raise ScorerFileError(f"this is no transit scorer that can be read: {error}") from error
    return scorer


def _manifest_of(data: bytes) -> Manifest:
    told = json.loads(data)
    form = told["format"], tuple(told["classes"])
    if form != (FORMAT, CLASSES):
        raise ScorerFileError(f"it is of another form, {form[0]!r} for {', '.join(form[1])}: train it again")
    return Manifest.model_validate(told)


def _graph(name: str) -> str:
    return f"networks/{name}.onnx"
