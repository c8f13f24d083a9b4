"""The file of an assessor: a zip archive of a manifest, an ONNX graph and arrays.

Nothing of it runs when it is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.quality.density import GoodDensity, density_of
from astro_assets.images.quality.forest import COLUMNS, GradeForest, StepCalibration
from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.reasons import GoodRange
from astro_assets.images.quality.settings import QualitySettings
from astro_assets.learning.model_files import UNREADABLE, packed, unpacked
from astro_assets.learning.trees import forest_of

FORMAT: Final = "astro_assets frame assessor 2"
_MANIFEST, _GRAPH = "manifest.json", "network.onnx"
_NOT_GOOD, _BAD, _DENSITY = "not_good.safetensors", "bad.safetensors", "density.safetensors"
#: More than any assessor of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 2 * 10**8


class AssessorFileError(ValueError):
    """A file is no assessor, or one that this version cannot read."""


class Manifest(BaseModel):
    """What an assessor's file says of itself.

    Attributes
    ----------
    grades, columns
        In the order of computations.
    settings
        Of the training, with its seed.
    n_parameters
        Numbers of the network that were fitted.
    night, alone
        Calibration of frames with and without a night's expectation.
    ranges
        What good frames have of each measure.
    losses
        Of the network, epoch by epoch.
    metrics
        On simulated nights that nothing was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    grades: tuple[str, ...]
    columns: tuple[str, ...]
    settings: QualitySettings
    n_parameters: int = Field(ge=1)
    night: StepCalibration
    alone: StepCalibration
    ranges: dict[str, GoodRange]
    losses: list[float]
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a file holds."""

    manifest: Manifest
    graph: bytes
    forest: GradeForest
    density: GoodDensity


def bytes_of(contents: Contents) -> bytes:
    """Return an assessor's file; equal assessors give equal bytes."""
    from safetensors.numpy import save

    entries = {
        _MANIFEST: contents.manifest.model_dump_json(indent=1).encode(),
        _GRAPH: contents.graph,
        _NOT_GOOD: save(contents.forest.not_good.arrays()),
        _BAD: save(contents.forest.bad.arrays()),
        _DENSITY: save(contents.density.arrays()),
    }
    return packed(entries)


def contents_of(data: bytes) -> Contents:
    """Read an assessor's file.

    Raises
    ------
    AssessorFileError
        If it is none.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        entries = unpacked(data, _MOST_BYTES)
        told = json.loads(entries[_MANIFEST])
        form = told["format"], tuple(told["grades"]), tuple(told["columns"])
        if form != (FORMAT, GRADES, COLUMNS):
            raise AssessorFileError(f"it is of another form, {form[0]!r}: train it again")
        forest = GradeForest(forest_of(load(entries[_NOT_GOOD])), forest_of(load(entries[_BAD])))
        widest = max(int(one.feature.max()) for one in (forest.not_good, forest.bad))
        if widest >= len(COLUMNS):
            raise AssessorFileError(f"its trees ask for column {widest} of {len(COLUMNS)}")
        return Contents(
            Manifest.model_validate(told), entries[_GRAPH], forest, density_of(load(entries[_DENSITY]))
        )
    except (*UNREADABLE, SafetensorError) as error:
        raise AssessorFileError(f"this is no frame assessor that can be read: {error}") from error
