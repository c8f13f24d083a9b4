"""What a segmenter is fitted on, simulated scenes and sources put into real frames, and how, for the ledger.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import polars as pl

from astro_assets.images.alignment import laid_upon
from astro_assets.images.change_schemas import REFERENCE_FRAMES_SCHEMA
from astro_assets.images.change_tables import ANOMALY_SEGMENTER_NAME, REFERENCE_FRAMES, alignment_of
from astro_assets.images.frame import Frame
from astro_assets.images.reading.frames import IMAGE, read_frame
from astro_assets.images.segmentation.injected import Pair
from astro_assets.images.segmentation.scene_recipes import scene_sets
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.images.simulation.injection import InjectionSettings
from astro_assets.ledger.models import ModelSpec, Training
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table

__all__ = ["INJECTED_SCENES", "SEGMENTER_SPEC", "SIMULATED_SCENES", "TABLES", "recipes_of"]

SIMULATED_SCENES_SCHEMA: Final = Schema(
    (
        Column("scene_set", "string", "Role and hash of all the rest."),
        Column("role", "string", "'train', 'validation', 'score', 'calibration' or 'test'."),
        Column("n_scenes", "int64", "How many, numbered from 0."),
        Column("seed", "int64", "From which, role and number the scene's own follows."),
        Column("settings", "string", "Of the simulation, JSON."),
    )
)
#: Real pairs of frames that sources are put into; each takes some seconds.
MOST_PAIRS: Final = 48
_ALIGNMENT: Final = ("xx", "xy", "yx", "yy", "shift_x", "shift_y", "n_matched", "rms_pixels")
INJECTED_SCENES_SCHEMA: Final = Schema(
    (
        Column("frame_sha256", "string", "SHA-256 of the science frame's file."),
        Column("sha256", "file", "That file."),
        Column("hdu", "int32", "Number of the HDU that holds its pixels."),
        Column("reference", "file", "The file of its reference."),
        Column("reference_hdu", "int32", "Number of the HDU that holds its pixels."),
        *(REFERENCE_FRAMES_SCHEMA[name] for name in _ALIGNMENT),
        Column("settings", "string", "What is put in, JSON; where follows from the name of the frame."),
    )
)
#: What was simulated for trainings.
SIMULATED_SCENES: Final = Table("images/simulated_scenes", SIMULATED_SCENES_SCHEMA, key="scene_set")


class InjectedScenesConfig(InjectionSettings, Config):
    """Settings of ``images/injected_scenes``."""


def pairs_among(frames: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``reference_frames`` into which sources are put: some, drawn by their names."""
    fitting = frames.filter(pl.col("not_compared").is_null())
    drawn = sorted(fitting["frame_sha256"], key=lambda name: blake2b(name.encode(), digest_size=8).digest())
    return fitting.filter(pl.col("frame_sha256").is_in(drawn[:MOST_PAIRS]))


def compute_injected_scenes(key: str, parents: Parents, config: InjectedScenesConfig) -> list[dict[str, Any]]:
    """Tell what is put into the image ``key`` beside its reference: one row."""
    (pair,) = parents["reference_frames"]
    return [
        {
            "frame_sha256": key,
            "sha256": key,
            "reference": str(pair["reference_sha256"]),
            **{name: pair[name] for name in ("hdu", "reference_hdu", *_ALIGNMENT)},
            "settings": json.dumps(config.model_dump(mode="json"), sort_keys=True),
            "origin": "injected",
        }
    ]


def _pair(row: Row) -> Pair:
    """Return the frames of a row of ``injected_scenes``, to be read when they are needed."""

    def read() -> tuple[Frame, Frame]:
        science = read_frame(row["sha256"], IMAGE, hdu=str(row["hdu"])).frame
        reference = read_frame(row["reference"], IMAGE, hdu=str(row["reference_hdu"])).frame
        rows, columns = reference.image.shape
        return laid_upon(science, alignment_of({**row, "not_compared": None}), (rows, columns)), reference

    return Pair(str(row["frame_sha256"]), read, InjectionSettings.model_validate_json(row["settings"]))


class AnomalySegmenterConfig(SegmentationSettings, Config):
    """Settings of ``images/anomaly_segmenter``."""


def recipes_of(config: SegmentationSettings) -> dict[str, list[Row]]:
    """Return the rows of the scenes that a training simulates."""
    return {
        one.name: [{"scene_set": one.name, **asdict(one), "origin": "simulated"}]
        for one in scene_sets(config)
    }


def fit_anomaly_segmenter(
    rows: Parents, config: AnomalySegmenterConfig, folder: Path
) -> tuple[bytes, Mapping[str, Any]]:
    """Train a segmenter on scenes, simulated and injected: its file's bytes, and what it is judged by.

    Raises
    ------
    ValueError
        If the stored scenes are not those of the settings.
    """
    from astro_assets.images.segmentation.training import fit
    from astro_assets.learning.energy import measured_energy
    from astro_assets.learning.figures import storable

    if {row["scene_set"] for row in rows["scenes"]} != set(recipes_of(config)):
        raise ValueError("the stored scenes are not those that these settings simulate")
    with measured_energy() as energy:
        settings = SegmentationSettings.model_validate(config.model_dump())
        fitted = fit(settings, folder, [_pair(row) for row in rows["injected"]])
    figures = {
        **fitted.metrics,
        "history": fitted.history,
        "energy": asdict(energy),
        "test_scenes": config.test_scenes,
        "injected_pairs": len(rows["injected"]),
        "accepted_false_per_megapixel": config.extraction.false_per_megapixel,
    }
    return fitted.file, storable(figures)


#: What is put into real frames, a unit a frame.
INJECTED_SCENES: Final = Table(
    name="images/injected_scenes",
    schema=INJECTED_SCENES_SCHEMA,
    compute=compute_injected_scenes,
    parents=(
        Parent(
            REFERENCE_FRAMES,
            columns=("frame_sha256", "hdu", "reference_sha256", "reference_hdu", "not_compared", *_ALIGNMENT),
        ),
    ),
    config=InjectedScenesConfig(),
    key="frame_sha256",
    target=None,
    choose=pairs_among,
    is_on_demand=True,
)

#: How a segmenter is fitted: its network on simulated scenes, the score of objects on real frames, too.
SEGMENTER_SPEC: Final = ModelSpec(
    name=ANOMALY_SEGMENTER_NAME,
    fit=fit_anomaly_segmenter,
    training=(
        Training(SIMULATED_SCENES, SIMULATED_SCENES_SCHEMA.names, "scenes"),
        Training(INJECTED_SCENES, INJECTED_SCENES_SCHEMA.names, "injected"),
    ),
    config=AnomalySegmenterConfig(),
    is_resumed=True,
)

TABLES: Final = (SIMULATED_SCENES, INJECTED_SCENES)
