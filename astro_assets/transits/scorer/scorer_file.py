"""The file of a scorer: everything that scoring needs, and nothing that runs when it is read.

A zip archive of ``manifest.json``, ONNX graphs and safetensors.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Final

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
#: What reading such a file may raise; of pydantic and JSON a ValueError.
_UNREADABLE: Final = (zipfile.BadZipFile, KeyError, TypeError, ValueError, RuntimeError, zlib.error)
#: More than any scorer of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 2 * 10**9
#: Of every entry, so that equal scorers are equal files.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


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
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), entries[name], zipfile.ZIP_DEFLATED)
    return file.getvalue()


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
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            n_bytes = sum(entry.file_size for entry in archive.infolist())
            entries = (
                {name: archive.read(name) for name in archive.namelist()} if n_bytes < _MOST_BYTES else {}
            )
        manifest = _manifest_of(entries[_MANIFEST])
        scorer = Scorer(
            manifest=manifest,
            graphs={name: entries[_graph(name)] for name in manifest.networks},
            forest=forest_of(load(entries[_FOREST])),
            neighbours=neighbours_of(load(entries[_NEIGHBOURS])),
            edge=entries[_EDGE] if manifest.edge_stack is not None else None,
            weights=load(entries[_WEIGHTS]),
        )
    except (*_UNREADABLE, SafetensorError) as error:
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
