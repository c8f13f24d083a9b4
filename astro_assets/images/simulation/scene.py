"""A simulated scene: science and reference frame, their difference, and the truth about what changed.

Epochs, events and artefacts are put together here; how each of them looks is in its own module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.images.alignment import shifted, splined, unusable
from astro_assets.images.differencing import Difference, subtract
from astro_assets.images.frame import Frame
from astro_assets.images.simulation import artefacts, events
from astro_assets.images.simulation.artefacts import Patch
from astro_assets.images.simulation.detector import Detector
from astro_assets.images.simulation.epochs import (
    Epoch,
    Sky,
    draw_epochs,
    draw_sky,
    expected_electrons,
    exposed,
)
from astro_assets.images.simulation.events import Event
from astro_assets.images.simulation.moving import moved_change
from astro_assets.images.simulation.psf import Image
from astro_assets.images.simulation.settings import SceneSettings
from astro_assets.images.simulation.truth import Change, Truth, truth_of

#: Kinds that did not come through the telescope.
_CHARGE: Final = frozenset({"cosmic_ray", "hot_pixel"})


@dataclass(frozen=True, slots=True)
class Scene:
    """A science frame beside its reference, and what is known of both.

    Parameters
    ----------
    science, reference
        Calibrated frames of the same pixels.
    science_fwhm_pixels, reference_fwhm_pixels
        As measured: with an error.
    flux_scale
        Science over reference counts of a star as zero points tell it; None if they are not known.
    difference
        Of both, PSFs matched.
    truth
        Objects and masks of what changed.
    """

    science: Frame
    reference: Frame
    science_fwhm_pixels: float
    reference_fwhm_pixels: float
    flux_scale: float | None
    difference: Difference
    truth: Truth


def simulate_scene(settings: SceneSettings, seed: int | tuple[int, ...]) -> Scene:
    """Simulate a scene; the same seed gives the same bytes.

    Parameters
    ----------
    settings
        What to draw from.
    seed
        A number, or several such as a run's and a scene's.
    """
    rng = np.random.default_rng(seed)
    detector = Detector(gain=float(rng.uniform(1.0, 3.0)), read_noise_electrons=float(rng.uniform(3.0, 12.0)))
    sky = draw_sky(rng, settings)
    epoch, old = draw_epochs(rng, settings, detector)
    light, old_light = (expected_electrons(sky, one, settings) for one in (epoch, old))
    noise = _Noise(epoch, old, light, detector)
    hot_pixels = float(np.exp(rng.uniform(*np.log(np.maximum(settings.hot_pixels, 1e-3)))))
    changes = _draw_changes(rng, settings, sky, epoch, light, noise, hot_pixels)
    seen, charge = light.copy(), np.zeros_like(light)
    for change in changes:
        layer = charge if change.kind in _CHARGE else seen
        layer[change.patch.where] += change.patch.electrons
    old_charge = _old_charge(rng, settings, old, hot_pixels, old_light)
    science = exposed(rng, np.maximum(seen, 0), charge, epoch, detector)
    as_read = science
    if epoch.offset != (0.0, 0.0):
        science = shifted(science, *epoch.offset)
    reference = exposed(rng, old_light, old_charge, old, detector)
    errors = 1 + settings.fwhm_error * rng.standard_normal(2).clip(-2.5, 2.5)
    fwhm, old_fwhm = epoch.psf.fwhm_pixels * errors[0], old.psf.fwhm_pixels * errors[1]
    zero_points = 1 + settings.zero_point_error * rng.standard_normal()
    flux_scale = epoch.transparency / old.transparency * float(zero_points)
    difference = subtract(science, reference, fwhm, old_fwhm, settings.differencing, flux_scale)
    flatten = np.asarray(1 / (epoch.flat * np.float32(detector.gain)), np.float32)
    counts = [
        Change(
            change.kind,
            change.row,
            change.column,
            change.electrons / detector.gain,
            change.patch.where,
            _counts(change, epoch, flatten, detector),
        )
        for change in changes
    ]
    left = np.where(unusable(reference), np.float32(0), old_charge)
    residual = _residual(light, old_light + left, epoch, old, detector)
    if epoch.offset != (0.0, 0.0):
        lost = unusable(as_read)
        counts = [moved_change(change, epoch.offset, lost) for change in counts]
        residual = splined(residual[0], epoch.offset), residual[1]
    truth = truth_of(difference, counts, residual)
    return Scene(science, reference, fwhm, old_fwhm, flux_scale, difference, truth)


class _Noise:
    """Flux of unit signal-to-noise ratio, from what is expected before anything changes."""

    def __init__(self, epoch: Epoch, old: Epoch, light: Image, detector: Detector) -> None:
        broader = max(epoch.psf, old.psf, key=lambda psf: psf.fwhm_pixels)
        self.pixels = broader.noise_pixels()
        ratio = epoch.transparency / old.transparency
        # Stars bring photons to both; the sky of the old epoch is its own.
        read = detector.read_noise_electrons**2
        self.light = light
        self.other = read + ratio**2 / old.n_frames * (float(old.sky_electrons.mean()) + read)
        self.shared = 1 + ratio / old.n_frames
        self.sky = float(epoch.sky_electrons.mean())

    def __call__(self, row: float, column: float) -> float:
        y, x = (round(at) for at in (row, column))
        around = self.light[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        source = max(float(around.mean()) - self.sky, 0.0)
        variance = self.sky + source * self.shared + self.other + (0.03 * source) ** 2
        return float(np.sqrt(self.pixels * variance))


def _old_charge(
    rng: np.random.Generator, settings: SceneSettings, old: Epoch, hot_pixels: float, light: Image
) -> Image:
    """Draw what the reference's chip adds: hot pixels elsewhere on the sky, and rays if it is one frame."""
    height, width = light.shape
    megapixels = light.size / 1e6
    patches = [
        artefacts.hot_pixel(rng, (height, width), old.exposure_s)
        for _ in range(rng.poisson(hot_pixels * megapixels))
    ]
    if old.n_frames == 1:
        n_rays = rng.poisson(settings.cosmic_rays * megapixels)
        patches += [artefacts.cosmic_ray(rng, (height, width)) for _ in range(n_rays)]
    charge = np.zeros_like(light)
    for patch in patches:
        inside = patch.within((height, width))
        if inside is not None:
            charge[inside.where] += inside.electrons
    return charge


def _draw_changes(
    rng: np.random.Generator,
    settings: SceneSettings,
    sky: Sky,
    epoch: Epoch,
    light: Image,
    noise: _Noise,
    hot_pixels: float,
) -> list[Event]:
    """Draw what differs between the epochs: artefacts first, so that what is wanted lies on top."""
    shape = light.shape
    sigma = float(np.sqrt(noise.sky))
    found = _draw_artefacts(rng, settings, epoch, (shape[0], shape[1]), sigma, hot_pixels)
    n_artefacts = len(found)
    field = events.Field((shape[0], shape[1]), epoch.psf, noise, faintest=0.02 * sigma)
    megapixels = shape[0] * shape[1] / 1e6
    low, high = np.log(settings.snr)
    shifted = events.moved(sky.stars, epoch.shift)
    brightness = epoch.star_electrons(sky.stars, settings.zero_point)
    peak = brightness / epoch.psf.noise_pixels() * 2 + noise.sky
    hosts = epoch.transparency * epoch.exposure_s * events.light_within(sky.galaxy_light, sky.galaxies)
    host_is_seen = hosts > 10 * sigma * np.sqrt(noise.pixels)
    rates = (settings.transients, settings.supernovae, settings.variables, settings.asteroids)
    for kind, rate in zip(("transient", "supernova", "variable", "asteroid"), rates, strict=True):
        for _ in range(rng.poisson(rate * megapixels)):
            snr = float(np.exp(rng.uniform(low, high)))
            if kind == "transient":
                event: Event | None = events.transient(rng, field, snr)
            elif kind == "supernova":
                event = events.supernova(rng, field, sky.galaxies, host_is_seen, snr)
            elif kind == "variable":
                event = events.variable(rng, field, shifted, brightness, peak < 5e4, snr)
            else:
                event = events.asteroid(rng, field, snr)
            # Two at one place are nobody's case, and could not be told apart.
            if event is not None and _is_alone(event, found[n_artefacts:], 3 * epoch.psf.fwhm_pixels):
                found.append(event)
    return found


def _is_alone(event: Event, others: list[Event], within_pixels: float) -> bool:
    return all(np.hypot(event.row - one.row, event.column - one.column) > within_pixels for one in others)


def _draw_artefacts(
    rng: np.random.Generator,
    settings: SceneSettings,
    epoch: Epoch,
    shape: tuple[int, int],
    sigma: float,
    hot_pixels: float,
) -> list[Event]:
    megapixels = shape[0] * shape[1] / 1e6
    made: list[tuple[str, Patch]] = []
    for _ in range(rng.poisson(settings.satellite_trails)):
        peak = sigma * np.exp(rng.uniform(np.log(0.7), np.log(50)))
        made.append(("satellite_trail", artefacts.satellite_trail(rng, shape, epoch.psf, peak)))
    for _ in range(rng.poisson(settings.ghosts)):
        brightness = sigma * np.exp(rng.uniform(np.log(0.5), np.log(6)))
        made.append(("ghost", artefacts.ghost(rng, shape, brightness)))
    made += [
        ("hot_pixel", artefacts.hot_pixel(rng, shape, epoch.exposure_s))
        for _ in range(rng.poisson(hot_pixels * megapixels))
    ]
    made += [
        ("cosmic_ray", artefacts.cosmic_ray(rng, shape))
        for _ in range(rng.poisson(settings.cosmic_rays * megapixels))
    ]
    found = []
    for kind, patch in made:
        inside = patch.within(shape)
        if inside is not None:
            row, column = _centre(inside)
            found.append(Event(kind, row, column, float(inside.electrons.sum()), inside))
    return found


def _centre(patch: Patch) -> tuple[float, float]:
    total = max(float(patch.electrons.sum()), 1e-9)
    rows = patch.row + np.arange(patch.electrons.shape[0])
    columns = patch.column + np.arange(patch.electrons.shape[1])
    return (
        float((patch.electrons.sum(1) * rows).sum() / total),
        float((patch.electrons.sum(0) * columns).sum() / total),
    )


def _counts(event: Event, epoch: Epoch, flatten: Image, detector: Detector) -> Image:
    """Return an event as the calibrated frame has it: charge was divided by a flat that it had not met."""
    if event.kind in _CHARGE:
        return event.patch.electrons * flatten[event.patch.where]
    return event.patch.electrons / np.float32(detector.gain)


def _residual(
    light: Image, old_light: Image, epoch: Epoch, old: Epoch, detector: Detector
) -> tuple[Image, Image]:
    """Return both frames in counts without noise, sky, and what changed."""
    own = light if epoch.unknown_flat is None else light * epoch.unknown_flat
    return (
        (own - epoch.sky_electrons) / np.float32(detector.gain),
        (old_light - old.sky_electrons) / np.float32(detector.gain),
    )
