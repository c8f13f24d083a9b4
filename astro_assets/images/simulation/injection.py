"""Transients and asteroids put into real frames, with the frame's own PSF and photon noise.

Which frames, and where they come from, is decided elsewhere; what is put in is known as in a simulated scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.alignment import shifted
from astro_assets.images.difference_noise import DifferencingSettings
from astro_assets.images.differencing import Difference, subtract
from astro_assets.images.frame import Frame
from astro_assets.images.simulation import events
from astro_assets.images.simulation.psf import Psf
from astro_assets.images.simulation.scene import Scene
from astro_assets.images.simulation.truth import Change, truth_of
from astro_assets.images.star_sizes import star_profile

Image = NDArray[np.float32]


class InjectionSettings(BaseModel):
    """What is put into a real frame."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transients: int = Field(10, ge=0, le=10_000, description="New point sources.")
    asteroids: int = Field(10, ge=0, le=10_000, description="Sources that move during the exposure.")
    snr: tuple[float, float] = Field(
        (4.5, 60.0), description="Signal-to-noise ratio, uniform in its logarithm."
    )
    differencing: DifferencingSettings = DifferencingSettings()


@dataclass(frozen=True, slots=True)
class _Measured:
    """Flux of unit signal-to-noise ratio, measured on the difference before anything is put in."""

    difference: Difference
    psf: Psf

    def __call__(self, row: float, column: float) -> float:
        field = events.Field(self.difference.science.shape, self.psf, lambda *_: 1.0, 1e-6)
        patch = events.point_source("transient", field, row, column, 1.0).patch
        found, around = self.difference.significance_of(patch.electrons, patch.where)
        return 1 / max(float((found * self.difference.trust[around]).max(initial=0.0)), 1e-9)


def inject(science: Frame, reference: Frame, settings: InjectionSettings, seed: int | Sequence[int]) -> Scene:
    """Put sources into a real science frame.

    Parameters
    ----------
    science, reference
        Aligned frames of the same pixels; the reference is left as it is.
    seed
        Of positions, brightness and photon noise; the same seed gives the same bytes.

    Returns
    -------
    Scene
        Whose truth knows what was put in; whatever else differs between the frames, it does not.

    Raises
    ------
    ValueError
        If the frames' stars cannot be measured, or as for :func:`astro_assets.images.differencing.subtract`.
    """
    rng = np.random.default_rng(seed)
    (fwhm, beta), (other_fwhm, _) = star_profile(science), star_profile(reference)
    before = subtract(science, reference, fwhm, other_fwhm, settings.differencing)
    psf = Psf(fwhm, beta)
    field = events.Field(
        before.science.shape, psf, _Measured(before, psf), faintest=0.02 * before.noise_counts
    )
    low, high = np.log(settings.snr)
    made = []
    for kind, n in (("transient", settings.transients), ("asteroid", settings.asteroids)):
        make = events.transient if kind == "transient" else events.asteroid
        for _ in range(n):
            event = _on_measured_sky(rng, field, before, make, float(np.exp(rng.uniform(low, high))))
            if event is not None:
                made.append(event)
    image = np.array(science.image, np.float32)
    for event in made:
        image[event.patch.where] += _with_photon_noise(rng, event.patch.electrons, science.gain)
    frame = replace(science, image=image)
    difference = subtract(frame, reference, fwhm, other_fwhm, settings.differencing)
    changes = [
        Change(one.kind, one.row, one.column, one.electrons, one.patch.where, one.patch.electrons)
        for one in made
    ]
    return Scene(frame, reference, fwhm, other_fwhm, None, difference, truth_of(difference, changes))


def second_epoch(
    frame: Frame, seed: int | Sequence[int], shift_pixels: tuple[float, float] = (0.3, -0.4)
) -> Frame:
    """Make another epoch of a single frame: moved by a part of a pixel, with new noise as strong as its own.

    The noise of pixels that both share cancels in their difference; what is added takes its place. Sources
    gain photon noise where the gain is known.
    """
    rng = np.random.default_rng(seed)
    moved = shifted(frame, *shift_pixels)
    image = moved.image
    level = float(np.nanmedian(image))
    noise = 1.4826 * float(np.nanmedian(np.abs(image - level)))
    variance = np.full(image.shape, noise**2, np.float32)
    if frame.gain is not None:
        variance += np.nan_to_num(np.maximum(image - level - 3 * noise, 0)) / np.float32(frame.gain)
    added = np.sqrt(variance) * rng.standard_normal(image.shape, np.float32)
    return replace(moved, image=np.asarray(image + added, np.float32))


def _on_measured_sky(
    rng: np.random.Generator, field: events.Field, difference: Difference, make: events.Maker, snr: float
) -> events.Event | None:
    """Try places until one is a measurement in both frames."""
    for _ in range(20):
        event = make(rng, field, snr)
        if not difference.is_missing[round(event.row), round(event.column)]:
            return event
    return None


def _with_photon_noise(rng: np.random.Generator, counts: Image, gain: float | None) -> Image:
    if gain is None or not np.isfinite(gain) or gain <= 0:
        return counts
    return (rng.poisson(np.maximum(counts, 0) * gain) / gain).astype(np.float32)
