"""Settings of simulated scenes: ranges from which each scene draws its sky, telescope and events."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from astro_assets.images.difference_noise import DifferencingSettings


class SceneSettings(BaseModel):
    """What scenes are drawn from; rates are expected numbers a megapixel of sky."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(256, ge=32, le=4096, description="Rows of a frame.")
    columns: int = Field(256, ge=32, le=4096, description="Columns of a frame.")
    fwhm_pixels: tuple[float, float] = Field((2.4, 5.0), description="Seeing of the science frame, pixels.")
    reference_fwhm_pixels: tuple[float, float] = Field(
        (2.2, 3.8), description="Seeing of the reference, pixels: nights are chosen for it."
    )
    beta: tuple[float, float] = Field((2.5, 4.5), description="Exponent of the Moffat profile.")
    stars: tuple[float, float] = Field((500.0, 6000.0), description="Stars above the limit a megapixel.")
    star_slope: tuple[float, float] = Field((0.3, 0.4), description="Of log10 of the counts by magnitude.")
    galaxies: float = Field(250.0, ge=0, le=5000, description="Galaxies a megapixel.")
    sky_magnitude: tuple[float, float] = Field(
        (18.5, 21.0), description="Brightness of the sky a pixel, mag."
    )
    zero_point: float = Field(25.0, ge=10, le=35, description="Magnitude of one electron a second.")
    exposure_s: tuple[float, float] = Field((30.0, 180.0), description="Of the science frame, s.")
    reference_exposures: tuple[int, int] = Field((1, 12), description="Frames averaged in the reference.")
    registration_pixels: float = Field(0.08, ge=0, le=2, description="Misalignment along an axis, 1 sigma.")
    snr: tuple[float, float] = Field((3.5, 60.0), description="Of wanted events; uniform in its logarithm.")
    transients: float = Field(15.0, ge=0, le=2000, description="Transients a megapixel.")
    supernovae: float = Field(15.0, ge=0, le=2000, description="Supernovae a megapixel.")
    variables: float = Field(15.0, ge=0, le=2000, description="Variable stars a megapixel.")
    asteroids: float = Field(15.0, ge=0, le=2000, description="Asteroids a megapixel.")
    cosmic_rays: float = Field(45.0, ge=0, le=5000, description="Cosmic rays a megapixel.")
    hot_pixels: tuple[float, float] = Field(
        (5.0, 500.0), description="Hot pixels a megapixel, in both frames; uniform in its logarithm."
    )
    moved: float = Field(
        0.8, ge=0, le=1, description="Share of science frames that are moved by a part of a pixel."
    )
    satellite_trails: float = Field(0.08, ge=0, le=20, description="Satellite trails a frame.")
    ghosts: float = Field(0.1, ge=0, le=20, description="Ghosts of bright stars a frame.")
    dust: float = Field(0.1, ge=0, le=20, description="Shadows of dust that the flat field lacks, a frame.")
    bad_columns: float = Field(4.0, ge=0, le=1000, description="Bad columns a megapixel.")
    vignetting: tuple[float, float] = Field((0.0, 0.3), description="Light lost in the corners.")
    fwhm_error: float = Field(
        0.04, ge=0, le=0.5, description="Relative error of the FWHM that is told, 1 sigma."
    )
    zero_point_error: float = Field(
        0.01, ge=0, le=0.5, description="Relative error of the flux scale that zero points tell, 1 sigma."
    )
    differencing: DifferencingSettings = DifferencingSettings()

    @model_validator(mode="after")
    def _ranges_rise(self) -> SceneSettings:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(f"{name} goes from {value[0]} down to {value[1]}")
        for seeing in (self.fwhm_pixels, self.reference_fwhm_pixels):
            if not 0.5 <= seeing[0] <= seeing[1] <= 30:
                raise ValueError(f"a FWHM of {seeing} pixels is not between 0.5 and 30")
        if self.beta[0] <= 1:
            raise ValueError("a Moffat profile with beta of 1 or less has no finite flux")
        if (
            self.snr[0] <= 0
            or self.exposure_s[0] <= 0
            or self.reference_exposures[0] < 1
            or self.stars[0] < 0
            or not 0 <= self.hot_pixels[0] <= self.hot_pixels[1] <= 5000
        ):
            raise ValueError(
                "signal-to-noise ratios, exposures and numbers of stars are positive, hot pixels 0 to 5000"
            )
        return self
