"""What scenes are simulated for, and with which settings: no two roles share a scene."""

from __future__ import annotations

from typing import Final, Literal

from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.images.simulation.settings import SceneSettings

Role = Literal["train", "validation", "score", "calibration", "test"]

#: First part of the seed of every scene of a role.
ROLES: Final[dict[Role, int]] = {"train": 1, "validation": 2, "calibration": 3, "test": 4, "score": 6}


def scene_settings(settings: SegmentationSettings, role: Role) -> SceneSettings:
    """Return the settings of the scenes of a role."""
    return crowded(settings) if role in {"train", "validation", "score"} else settings.scenes


def crowded(settings: SegmentationSettings) -> SceneSettings:
    """Return scenes with more to learn from: events, what is mistaken for them, and sharp stars."""
    events = dict.fromkeys(("transients", "supernovae", "variables", "asteroids"), settings.crowding)
    artefacts = dict.fromkeys(
        ("cosmic_rays", "satellite_trails", "ghosts", "dust"), max(settings.crowding / 2, 1.0)
    )
    rates = {name: factor * getattr(settings.scenes, name) for name, factor in (events | artefacts).items()}
    seeing = {
        name: (settings.sharper * getattr(settings.scenes, name)[0], getattr(settings.scenes, name)[1])
        for name in ("fwhm_pixels", "reference_fwhm_pixels")
    }
    return settings.scenes.model_copy(update=rates | seeing)
