"""What is simulated for a segmenter, and how it is fitted, declared for the ledger.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from astro_assets.images.change_tables import ANOMALY_SEGMENTER_NAME
from astro_assets.images.segmentation.scene_recipes import scene_sets
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.ledger.models import ModelSpec, Training
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parents, Row, Table

__all__ = ["SEGMENTER_SPEC", "SIMULATED_SCENES", "TABLES", "recipes_of"]

SIMULATED_SCENES_SCHEMA: Final = Schema(
    (
        Column("scene_set", "string", "Role and hash of all the rest."),
        Column("role", "string", "'train', 'validation', 'score', 'calibration' or 'test'."),
        Column("n_scenes", "int64", "How many, numbered from 0."),
        Column("seed", "int64", "From which, role and number the scene's own follows."),
        Column("settings", "string", "Of the simulation, JSON."),
    )
)
#: What was simulated for trainings.
SIMULATED_SCENES: Final = Table("images/simulated_scenes", SIMULATED_SCENES_SCHEMA, key="scene_set")


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
    """Train a segmenter on simulated scenes: the bytes of its file, and the figures it is judged by.

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
        fitted = fit(SegmentationSettings.model_validate(config.model_dump()), folder)
    figures = {
        **fitted.metrics,
        "history": fitted.history,
        "energy": asdict(energy),
        "test_scenes": config.test_scenes,
        "accepted_false_per_megapixel": config.extraction.false_per_megapixel,
    }
    return fitted.file, storable(figures)


#: How a segmenter is fitted: on simulated scenes alone.
SEGMENTER_SPEC: Final = ModelSpec(
    name=ANOMALY_SEGMENTER_NAME,
    fit=fit_anomaly_segmenter,
    training=(Training(SIMULATED_SCENES, SIMULATED_SCENES_SCHEMA.names, "scenes"),),
    config=AnomalySegmenterConfig(),
    is_resumed=True,
)

TABLES: Final = (SIMULATED_SCENES,)
