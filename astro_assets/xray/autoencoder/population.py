"""Which simulated sources an autoencoder is fitted to, calibrated and judged on, as recipes.

What a recipe is, and how a source is simulated from it, is the simulator's.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, Literal

from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.autoencoder.source import Source
from astro_assets.xray.simulation.recipes import SimulationRecipe
from astro_assets.xray.simulation.sources import SourceKind

_log = logging.getLogger(__name__)
Role = Literal["fit", "calibration", "test"]
_ROLES: Final[dict[Role, int]] = {"fit": 1, "calibration": 2, "test": 3}
#: Sources after which it is told how many there are.
_TOLD: Final = 500
#: Kinds of usual sources, in turn: most of a survey's show no change beyond what their counts allow.
USUAL: Final = (
    SourceKind.CONSTANT,
    SourceKind.CONSTANT,
    SourceKind.CONSTANT,
    SourceKind.RED_NOISE,
    SourceKind.LOG_NORMAL,
)


def recipe_of(settings: AutoencoderSettings, role: Role, number: int) -> SimulationRecipe:
    """Return the recipe of a usual source."""
    seed = (settings.seed, _ROLES[role], number)
    return SimulationRecipe(role, USUAL[number % len(USUAL)], seed, settings.simulation)


def recipes_of(settings: AutoencoderSettings) -> tuple[list[SimulationRecipe], list[SimulationRecipe]]:
    """Return the recipes of the sources that a training is fitted to, and of those that calibrate it."""
    to_fit = [recipe_of(settings, "fit", number) for number in range(settings.curves)]
    others = [recipe_of(settings, "calibration", number) for number in range(settings.calibration_curves)]
    return to_fit, others


def source_of(recipe: SimulationRecipe) -> Source:
    """Simulate a source."""
    found = recipe.simulated()
    return Source(recipe.name, found.light_curve, str(recipe.kind), found.rate, found.background_rate)


def simulated_sources(recipes: Sequence[SimulationRecipe]) -> list[Source]:
    """Simulate sources in order."""
    found = []
    for number, recipe in enumerate(recipes):
        if number % _TOLD == 0:
            _log.info("simulated source %d of %d", number, len(recipes))
        found.append(source_of(recipe))
    return found
