"""Settings of both stages: of measuring a frame, and of making a series out of frames.

Only what a caller may choose lives here; numbers that follow from a method stay beside the method.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class MeasuringSettings(BaseModel):
    """How sources of one frame are found and measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mesh_pixels: int = Field(
        32, ge=8, le=1024, description="Side of the boxes in which the background is measured, pixels."
    )
    detection_sigma: float = Field(
        4.0, ge=1.5, le=100, description="A source rises so far above the background, in its noise."
    )
    least_pixels: int = Field(4, ge=1, le=100, description="A source has so many pixels above the threshold.")
    linear_fraction: float = Field(
        0.9, gt=0.1, le=1, description="A star that peaks above this part of the saturation is flagged."
    )
    hot_pixel_contrast: float = Field(
        0.2,
        ge=0.01,
        le=0.5,
        description="A pixel is hot if its four neighbours reach less than this part of it: a Gaussian star "
        "of a FWHM of 1.3 pixels has 0.2, wider ones more.",
    )
    most_sources: int = Field(
        20_000, ge=10, le=1_000_000, description="Of more sources than this, the brightest are kept."
    )


class RegistrationSettings(BaseModel):
    """How frames are laid upon one another by their stars alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_stars: int = Field(60, ge=5, le=500, description="So many of the brightest stars make asterisms.")
    n_neighbours: int = Field(
        6, ge=2, le=20, description="A star makes triangles with so many of its nearest neighbours."
    )
    scale_tolerance: float = Field(
        0.05, gt=0, le=1, description="By this part may a frame's scale differ from the reference's."
    )
    match_pixels: float = Field(
        2.0, ge=0.3, le=20, description="Stars nearer than this after alignment are the same, pixels."
    )
    fewest_stars: int = Field(5, ge=4, le=100, description="A frame with fewer matched stars is left out.")
    false_alarm_probability: float = Field(
        1e-4, gt=0, le=0.5, description="An alignment that chance gives more often than this is refused."
    )


class EnsembleSettings(BaseModel):
    """Which stars the others are compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_snr: float = Field(
        50.0, ge=3, le=10_000, description="A comparison star has at least this signal-to-noise ratio."
    )
    least_coverage: float = Field(
        0.8, ge=0.2, le=1, description="A comparison star is measured in this part of the frames."
    )
    fewest_stars: int = Field(
        3, ge=2, le=100, description="A frame with fewer comparison stars is left out, and so is a night."
    )
    most_stars: int = Field(150, ge=2, le=5000, description="Of more candidates, the brightest are taken.")
    variable_ratio: float = Field(
        2.0, ge=1.2, le=100, description="A star scatters so many times more than its equals: variable."
    )
    highest_degree: int = Field(
        4,
        ge=0,
        le=6,
        description="Highest degree of the polynomials of the position that are tried among the trends that "
        "stars share; 0 removes no trends at all.",
    )


class LevelSettings(BaseModel):
    """How a star's level is found, that of its flux outside a dip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shortest_dip_hours: float = Field(
        1.0, gt=0, le=24, description="Shortest dip that must not lower the level, hours."
    )
    longest_dip_part: float = Field(
        0.6, gt=0, le=0.9, description="Longest such dip, as a part of the night."
    )
    clip_sigma: float = Field(
        4.0,
        ge=2,
        le=100,
        description="Points further from the fit than this do not count, in robust scatters.",
    )


class SeriesSettings(BaseModel):
    """How a night's frames become light curves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measuring: MeasuringSettings = MeasuringSettings()
    registration: RegistrationSettings = RegistrationSettings()
    ensemble: EnsembleSettings = EnsembleSettings()
    level: LevelSettings = LevelSettings()
    aperture_fwhms: Annotated[
        tuple[Annotated[float, Field(ge=0.3, le=10)], ...], Field(min_length=1, max_length=20)
    ] = Field(
        (0.8, 1.0, 1.25, 1.5, 1.8, 2.2),
        description="Radii of the apertures that are tried, in the night's FWHM.",
    )
    annulus_fwhms: tuple[Annotated[float, Field(ge=1, le=30)], Annotated[float, Field(ge=1, le=30)]] = Field(
        (3.5, 6.0), description="Inner and outer radius of the ring of sky, in the night's FWHM."
    )
    telescope_diameter_m: float | None = Field(
        None, gt=0.01, le=50, description="For scintillation, metres; unknown, it is left out."
    )
    target_within_pixels: float = Field(
        5.0, gt=0, le=50, description="So near to the given place must the target's star be, pixels."
    )
    least_presence: float = Field(
        0.5, ge=0, le=1, description="A star is seen in this part of the frames that show its place."
    )

    @model_validator(mode="after")
    def _ring_has_an_area(self) -> Self:
        inner, outer = self.annulus_fwhms
        if not inner < outer:
            raise ValueError(f"the ring of sky has its inner radius {inner:g} within its outer {outer:g}")
        return self
