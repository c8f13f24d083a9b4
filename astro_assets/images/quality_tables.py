"""The tables of frame quality, and the model between them, declared for the ledger.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.photometry_tables import FRAME_SOURCES, of_a_series, sources_of
from astro_assets.images.quality.assessor import FrameAssessor, Verdict, open_assessor
from astro_assets.images.quality.night_sets import ROLES, NightRecipe, recipes_of
from astro_assets.images.quality.nights import assess_night
from astro_assets.images.quality.settings import QualitySettings
from astro_assets.images.quality_schemas import (
    FRAME_QUALITY_SCHEMA,
    MEASURE_COLUMNS,
    SIMULATED_NIGHTS_SCHEMA,
    FrameAssessorConfig,
    FrameQualityConfig,
)
from astro_assets.images.reading.frames import IMAGE, read_frame
from astro_assets.learning.energy import measured_energy
from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION, ModelSpec, TooFewRowsError, Training
from astro_assets.ledger.table import Parent, Parents, Row, Table

__all__ = ["FRAME_ASSESSOR", "FRAME_QUALITY", "SIMULATED_NIGHTS", "TABLES"]

_NIGHTS: Final = "nights"
_MARK_BYTES: Final = 6
_COUNTS: Final = ("trained_on_real", "trained_on_injected", "trained_on_simulated")
#: What of a frame's sources makes its verdict: not what is told of its target and its site.
_READ: Final = (
    "sha256", "frame_sha256", "series_id", "hdu", "mid_mjd_utc", "exposure_s", "n_stars", "n_hot_pixels",
    "fwhm_pixels", "fwhm_spread", "elongation", "direction_coherence", "direction_deg", "background_level",
    "background_noise", "background_gradient", "saturated_fraction", "masked_fraction", "saturation",
    "n_columns", "n_rows_of_pixels", "sources",
)  # fmt: skip


def night_rows(config: QualitySettings) -> dict[str, list[Row]]:
    """Return the rows of ``simulated_nights`` that a training with these settings wants, by key."""
    found: dict[str, list[Row]] = {}
    numbers = dict.fromkeys(ROLES, 0)
    for recipe in recipes_of(config):
        seed = json.dumps(list(recipe.seed))
        settings = json.dumps(recipe.settings.model_dump(mode="json"), sort_keys=True)
        mark = hashlib.blake2b(f"{seed} {settings}".encode(), digest_size=_MARK_BYTES).hexdigest()
        night = f"{recipe.role} {numbers[recipe.role]:04d} {mark}"
        numbers[recipe.role] += 1
        told = {"night": night, "role": recipe.role, "seed": seed, "settings": settings}
        found[night] = [{**told, "n_frames": recipe.settings.frames, "origin": "simulated"}]
    return found


def recipe_of_row(row: Row) -> NightRecipe:
    """Return the recipe that a row of ``simulated_nights`` tells."""
    told = {"role": row["role"], "seed": json.loads(row["seed"]), "settings": json.loads(row["settings"])}
    return NightRecipe.model_validate(told)


def fit_frame_assessor(rows: Parents, config: FrameAssessorConfig) -> tuple[bytes, Mapping[str, Any]]:
    """Train the assessor on the nights of these rows: the bytes of its file, and its figures."""
    from astro_assets.images.quality.fitting import fit

    recipes = sorted(map(recipe_of_row, rows[_NIGHTS]), key=lambda one: (one.role, one.seed))
    if lacking := [role for role in ROLES if not any(one.role == role for one in recipes)]:
        raise TooFewRowsError(f"there is no simulated night of the role {lacking[0]}")
    with measured_energy() as energy:
        artefact, figures = fit(recipes, QualitySettings(**config.model_dump()))
    tests = [row["night"] for row in rows[_NIGHTS] if row["role"] == "test"]
    return artefact, _plain({**figures, "test_nights": sorted(tests), "energy": asdict(energy)})


def _plain(value: Any) -> Any:
    """Return figures as JSON has them, which knows no NaN."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def compute_frame_quality(key: str, parents: Parents, config: FrameQualityConfig) -> list[dict[str, Any]]:
    """Judge the frames of the night ``key``: a row each, in order of time; none without a promoted model.

    A night is one unit, because what can be expected of it, and what is odd in it, is told by all of its
    frames: a new frame costs its whole night again, every frame of which is read once and the best twice.
    What was found in frames is not looked for again, unless with other settings than the model's. A frame
    that cannot be judged has a row that says why.
    """
    if not parents["assessor"]:
        return []
    (model,) = parents["assessor"]
    assessor = _assessor(model["artefact"])
    rows = sorted(parents["frame_sources"], key=_by_time)
    frames = _FramesRead(rows)
    is_measured_alike = config.measuring.model_dump() == assessor.manifest.settings.measuring.model_dump()
    sources = (
        [sources_of(row) for row in rows]
        if is_measured_alike
        else [_measured(assessor, one) for one in frames]
    )
    verdicts = assess_night(assessor, frames, sources, [row["exposure_s"] for row in rows])
    told = {"model_version": model["model_version"], **{name: model[name] for name in _COUNTS}}
    return [
        {
            "series_id": key,
            "frame_sha256": str(row["frame_sha256"]),
            "mid_mjd_utc": row["mid_mjd_utc"],
            **verdict_columns(verdict),
            "n_frames": len(rows),
            **told,
        }
        for row, verdict in zip(rows, verdicts, strict=True)
    ]


def _measured(assessor: FrameAssessor, frame: Frame) -> FrameSources | None:
    try:
        return assessor.measured(frame)
    except ValueError:
        return None  # why is told when it is judged


def verdict_columns(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as columns of ``frame_quality``."""
    return {
        "grade": verdict.grade,
        "p_good": 1 - verdict.p_not_good,
        "p_medium": verdict.p_not_good - verdict.p_bad,
        "p_bad": verdict.p_bad,
        "reasons": list(verdict.reasons),
        "night_p_value": verdict.night_p_value if np.isfinite(verdict.night_p_value) else None,
        "training_p_value": verdict.training_p_value,
        "is_beside_night": verdict.has_night,
        **{column.name: float(getattr(verdict.measures, column.name)) for column in MEASURE_COLUMNS},
    }


def _by_time(row: Row) -> tuple[bool, float, str]:
    time = row["mid_mjd_utc"]
    return (time is None, time or 0.0, str(row["frame_sha256"]))


class _FramesRead(Sequence[Frame]):
    """Frames of a night, each read when it is asked for: all together may not fit into memory."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __getitem__(self, number: Any) -> Any:
        row = self._rows[number]
        return read_frame(row["sha256"], IMAGE, hdu=str(row["hdu"])).frame

    def __len__(self) -> int:
        return len(self._rows)


@lru_cache(maxsize=2)
def _assessor(path: Path) -> FrameAssessor:
    return open_assessor(path)


#: The nights that a training simulates: written when it asks for them.
SIMULATED_NIGHTS: Final = Table(name="images/simulated_nights", schema=SIMULATED_NIGHTS_SCHEMA)

#: What grades frames, trained on simulated nights.
FRAME_ASSESSOR: Final = ModelSpec(
    name="images/frame_assessor",
    fit=fit_frame_assessor,
    training=(Training(SIMULATED_NIGHTS, SIMULATED_NIGHTS_SCHEMA.names, _NIGHTS),),
    config=FrameAssessorConfig(),
)

#: What the promoted assessor says of each frame, beside its night. Frames whose header tells no time have
#: none, and are judged by `astro-assets assess` alone.
FRAME_QUALITY: Final = Table(
    name="images/frame_quality",
    schema=FRAME_QUALITY_SCHEMA,
    compute=compute_frame_quality,
    parents=(
        Parent(FRAME_SOURCES, columns=_READ),
        Parent(
            PROMOTED_MODELS,
            columns=("alias", "model_version", "artefact", *_COUNTS),
            role="assessor",
            on="alias",
            equals=f"{FRAME_ASSESSOR.name}:{CHAMPION}",
        ),
    ),
    config=FrameQualityConfig(),
    settings_from={"measuring": FRAME_SOURCES},
    key="series_id",
    target=None,
    choose=of_a_series,
    libraries=("astropy", "numpy", "onnxruntime", "safetensors", "scipy", "sep"),
    is_on_demand=True,
)

TABLES: Final = (SIMULATED_NIGHTS, FRAME_QUALITY)
