"""What is simulated for a training: sets of scenes with all that decides them, to be stored and gone back to.

A set is known by its contents; simulating it is `scene_sets`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import get_args

from astro_assets.images.segmentation.scene_roles import Role, scene_settings
from astro_assets.images.segmentation.settings import SegmentationSettings


@dataclass(frozen=True, slots=True)
class SceneSet:
    """Scenes of one role.

    Parameters
    ----------
    role
        What they are for.
    n_scenes
        How many, numbered from 0.
    seed
        Of the training; that of a scene follows from it, the role and the number.
    settings
        Of the simulation, canonical JSON.
    """

    role: str
    n_scenes: int
    seed: int
    settings: str

    @property
    def name(self) -> str:
        """The role, and a hash of all the rest."""
        told = json.dumps([self.role, self.n_scenes, self.seed, self.settings])
        return f"{self.role}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def scene_sets(settings: SegmentationSettings) -> tuple[SceneSet, ...]:
    """Return the sets of scenes that a training of these settings simulates."""
    new = max(1, settings.scenes_an_epoch // settings.looks)
    counts: dict[Role, int] = {
        "train": new * (settings.epochs - 1 + settings.looks),
        "validation": settings.validation_scenes,
        "score": settings.score_scenes,
        "calibration": settings.calibration_scenes,
        "test": settings.test_scenes,
    }
    return tuple(
        SceneSet(
            role,
            counts[role],
            settings.seed,
            json.dumps(scene_settings(settings, role).model_dump(mode="json"), sort_keys=True),
        )
        for role in get_args(Role)
    )
