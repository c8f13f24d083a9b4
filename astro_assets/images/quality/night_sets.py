"""Simulated nights that the assessor learns from: the recipe of each, its frames measured.

Which nights belong to which set is decided here, so that no night is in two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.expectation import expectation_of
from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.measures import QualityMeasures, quality_measures
from astro_assets.images.quality.preprocessing import Inputs, inputs_of
from astro_assets.images.quality.residuals import with_residuals
from astro_assets.images.quality.settings import QualitySettings
from astro_assets.images.simulation.night import NightFrame, NightSettings, simulate_night

Role = Literal["network", "forest", "calibration", "test"]

#: First part of the seed of every night of a role.
ROLES: Final[dict[Role, int]] = {"network": 11, "forest": 12, "calibration": 13, "test": 14}


class NightRecipe(BaseModel):
    """All that a simulated night is made of, and what it is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role = Field(description="What is fitted, calibrated or judged on it.")
    seed: tuple[int, ...] = Field(description="Of all its random numbers.")
    settings: NightSettings = Field(description="Telescope, field, troubles.")


@dataclass(frozen=True, slots=True)
class MeasuredNight:
    """A simulated night as the models see it; tuples have one entry a frame.

    Parameters
    ----------
    grades
        Positions in :data:`astro_assets.images.quality.grades.GRADES`, int64.
    reasons
        True ones.
    measures
        Beside the night's best frames.
    inputs
        Of the network.
    """

    grades: NDArray[np.int64]
    reasons: tuple[tuple[str, ...], ...]
    measures: tuple[QualityMeasures, ...]
    inputs: tuple[Inputs, ...]


def night_settings(settings: QualitySettings, seed: tuple[int, ...]) -> NightSettings:
    """Draw a telescope and a field: sampling, exposure, stars, sky and height, each over its usual range."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(settings.rows[0], settings.rows[1] + 1, 2)

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    rises = float(rng.uniform(-4.5, 1))
    return NightSettings(
        rows=int(rows),
        columns=int(columns),
        frames=settings.frames,
        troubles=settings.troubles,
        best_fwhm_pixels=between(1.8, 4.0),
        exposure_s=between(20, 180),
        stars_per_megapixel=between(1200, 8000),
        sky_electrons=between(150, 3000),
        meridian_airmass=between(1.0, 1.7),
        hour_angles_h=(rises, rises + float(rng.uniform(1, 5))),
        extinction_mag=between(0.08, 0.3),
    )


def recipe_of(settings: QualitySettings, role: Role, number: int) -> NightRecipe:
    """Return the recipe of a night of a role; no two roles share one."""
    key = (settings.seed, ROLES[role], number)
    return NightRecipe(role=role, seed=(*key, 1), settings=night_settings(settings, key))


def recipes_of(settings: QualitySettings) -> list[NightRecipe]:
    """Return the recipes of all nights of a training, role by role."""
    counts: dict[Role, int] = {
        "network": settings.network_nights,
        "forest": settings.forest_nights,
        "calibration": settings.calibration_nights,
        "test": settings.test_nights,
    }
    return [recipe_of(settings, role, number) for role, n in counts.items() for number in range(n)]


def frames_of(recipe: NightRecipe) -> Iterator[NightFrame]:
    """Simulate a night."""
    return simulate_night(recipe.settings, recipe.seed)


def network_examples(recipes: Sequence[NightRecipe]) -> tuple[list[Inputs], NDArray[np.int64]]:
    """Prepare the frames of the network's own nights, with grades: nothing of them is measured."""
    inputs, grades = [], []
    for recipe in recipes:
        for one in frames_of(recipe):
            inputs.append(inputs_of(one.frame))
            grades.append(GRADES.index(one.grade))
    return inputs, np.array(grades, np.int64)


def measured_night(recipe: NightRecipe, measuring: MeasuringSettings) -> MeasuredNight:
    """Simulate a night and measure it beside its best frames.

    Raises
    ------
    ValueError
        If no frame of it shows a star.
    """
    night = list(frames_of(recipe))
    frames = [one.frame for one in night]
    sources = [measure_frame(frame, measuring) for frame in frames]
    expectation = expectation_of(frames, sources, measuring, [frame.exposure_s for frame in frames])
    measures, light = zip(
        *(
            quality_measures(frame, one, measuring, expectation)
            for frame, one in zip(frames, sources, strict=True)
        ),
        strict=True,
    )
    return MeasuredNight(
        grades=np.array([GRADES.index(one.grade) for one in night], np.int64),
        reasons=tuple(one.reasons for one in night),
        measures=tuple(with_residuals(measures, light)),
        inputs=tuple(inputs_of(frame) for frame in frames),
    )
