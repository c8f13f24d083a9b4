"""The simulated sources that an autoencoder is fitted to, calibrated and judged on, as recipes.

A recipe says all that a source is made of: the same one gives the same light curve wherever it is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.autoencoder.training import Source
from astro_assets.xray.simulation.light_curves import SimulatedLightCurve, simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind

Role = Literal["fit", "calibration", "test"]
_ROLES: Final[dict[Role, int]] = {"fit": 1, "calibration": 2, "test": 3}
#: Kinds of usual sources, in turn: most of a survey's show no change beyond what their counts allow.
USUAL: Final = (
    SourceKind.CONSTANT,
    SourceKind.CONSTANT,
    SourceKind.CONSTANT,
    SourceKind.RED_NOISE,
    SourceKind.LOG_NORMAL,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a simulated source is made of.

    Parameters
    ----------
    name
        ``SIM X`` and the numbers of its seed.
    kind
        What it does.
    seed
        Of the simulation.
    """

    name: str
    kind: SourceKind
    seed: tuple[int, ...]


def recipe_of(settings: AutoencoderSettings, role: Role, number: int) -> Recipe:
    """Return the recipe of a usual source."""
    seed = (settings.seed, _ROLES[role], number)
    return Recipe(f"SIM X{'-'.join(str(one) for one in seed)}", USUAL[number % len(USUAL)], seed)


def recipes_of(settings: AutoencoderSettings) -> tuple[list[Recipe], list[Recipe]]:
    """Return the recipes of the sources that a training is fitted to, and of those that calibrate it."""
    to_fit = [recipe_of(settings, "fit", number) for number in range(settings.curves)]
    others = [recipe_of(settings, "calibration", number) for number in range(settings.calibration_curves)]
    return to_fit, others


def simulated(recipe: Recipe, settings: SimulationSettings) -> SimulatedLightCurve:
    """Simulate a source."""
    return simulate(settings, recipe.kind, recipe.seed)


def source_of(recipe: Recipe, settings: SimulationSettings) -> Source:
    """Simulate a source, without the truth behind it."""
    return Source(recipe.name, simulated(recipe, settings).light_curve, str(recipe.kind))
