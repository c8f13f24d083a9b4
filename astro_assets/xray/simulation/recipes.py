"""What a simulated light curve is made of, as the columns of a row from which it is simulated again.

Only recipes and their rows live here; which of them a training wants is the model's to say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from astro_assets.xray.simulation.light_curves import SimulatedLightCurve, simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind

_MARK_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SimulationRecipe:
    """All that decides a simulated light curve.

    Parameters
    ----------
    role
        What it is for, as the model says: to fit, to calibrate, to test.
    kind
        What the source does.
    seed
        Numbers of at least 0.
    settings
        What is drawn between.
    """

    role: str
    kind: SourceKind
    seed: tuple[int, ...]
    settings: SimulationSettings

    @property
    def name(self) -> str:
        """``SIM X``, the role, the seed, and a mark of all the rest: other settings have another name."""
        told = json.dumps([str(self.kind), list(self.seed), _canonical(self.settings)])
        mark = hashlib.blake2b(told.encode(), digest_size=_MARK_BYTES).hexdigest()
        return f"SIM X {self.role} {'-'.join(map(str, self.seed))} {mark}"

    def simulated(self) -> SimulatedLightCurve:
        """Simulate it."""
        return simulate(self.settings, self.kind, self.seed)

    def row(self) -> dict[str, Any]:
        """Return the columns of its row, origin included."""
        return {
            "source_name": self.name,
            "role": self.role,
            "kind": str(self.kind),
            "seed": json.dumps(list(self.seed)),
            "settings": _canonical(self.settings),
            "origin": "simulated",
        }


def recipe_of_row(row: Mapping[str, Any]) -> SimulationRecipe:
    """Return the recipe that a row tells.

    Raises
    ------
    ValueError
        If the row tells no kind, seed or settings, or those of another name.
    """
    settings = SimulationSettings.model_validate_json(row["settings"])
    recipe = SimulationRecipe(row["role"], SourceKind(row["kind"]), tuple(json.loads(row["seed"])), settings)
    if recipe.name != row["source_name"]:
        raise ValueError(f"the row of {row['source_name']} tells {recipe.name}")
    return recipe


def _canonical(settings: SimulationSettings) -> str:
    return json.dumps(settings.model_dump(mode="json"), sort_keys=True)
