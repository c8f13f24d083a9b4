"""One simulated field seen at two epochs, before and after the detector.

What falls on the chip and what is read from it lives here; what changes is added by `scene`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.simulation.artefacts import dust
from astro_assets.images.simulation.detector import (
    Detector,
    bad_columns,
    calibrated,
    flat_field,
    read_out,
)
from astro_assets.images.simulation.galaxies import Galaxies, add_galaxies, blurred, draw_galaxies
from astro_assets.images.simulation.psf import Image, Psf, add_point_sources
from astro_assets.images.simulation.settings import SceneSettings
from astro_assets.images.simulation.stars import Stars, draw_stars, electrons

Floats = NDArray[np.float64]

#: Part of what a pixel holds that the sky may fill: nobody exposes longer.
_MOST_SKY: Final = 0.7


@dataclass(frozen=True, slots=True)
class Sky:
    """What is above the atmosphere.

    Parameters
    ----------
    stars, galaxies
        Sources.
    galaxy_light
        Of the galaxies, unblurred, electrons a second through a clear sky.
    """

    stars: Stars
    galaxies: Galaxies
    galaxy_light: Image


@dataclass(frozen=True, slots=True)
class Epoch:
    """One visit of the field.

    Parameters
    ----------
    psf
        Of the visit.
    n_frames
        How many exposures are averaged.
    exposure_s
        Of each.
    transparency
        Share of the light that comes through.
    sky_electrons
        Of the sky in one exposure, shape of the frame.
    offset
        By which the frame is moved after it is read, rows and columns, pixels.
    shift
        Of the sky on the chip, pixels: the misalignment that stays, less the offset.
    flat
        Sensitivity; the calibration knows it.
    unknown_flat
        What the calibration does not know of it.
    dead
        Pixels that measure nothing.
    """

    psf: Psf
    n_frames: int
    exposure_s: float
    transparency: float
    sky_electrons: Image
    offset: tuple[float, float]
    shift: tuple[float, float]
    flat: Image
    unknown_flat: Image | None
    dead: NDArray[np.bool_]

    def star_electrons(self, stars: Stars, zero_point: float) -> Floats:
        """Return what each star releases in one exposure."""
        return self.transparency * electrons(stars.magnitudes, zero_point, self.exposure_s)


def draw_sky(rng: np.random.Generator, settings: SceneSettings) -> Sky:
    """Draw the sources of a field."""
    shape = (settings.rows, settings.columns)
    per_megapixel = np.exp(rng.uniform(*np.log(np.maximum(settings.stars, 1e-3))))
    slope = rng.uniform(*settings.star_slope)
    brightest, faintest = settings.zero_point - 12.5, settings.zero_point - 3.5
    stars = draw_stars(rng, shape, per_megapixel, slope, brightest, faintest)
    galaxies = draw_galaxies(rng, shape, settings.galaxies, faintest - 4.5, faintest)
    light = np.zeros(shape, np.float32)
    add_galaxies(light, galaxies, electrons(galaxies.magnitudes, settings.zero_point, 1.0))
    return Sky(stars, galaxies, light)


def draw_epochs(rng: np.random.Generator, settings: SceneSettings, detector: Detector) -> tuple[Epoch, Epoch]:
    """Draw a science epoch, and one for its reference: other seeing, sky, depth, a little misaligned."""
    shape = (settings.rows, settings.columns)
    flat = flat_field(rng, shape, rng.uniform(*settings.vignetting))
    exposure_s = float(np.exp(rng.uniform(*np.log(settings.exposure_s))))
    full = detector.saturation * detector.gain
    epochs = []
    for is_reference in (False, True):
        n_frames = int(rng.integers(settings.reference_exposures[0], settings.reference_exposures[1] + 1))
        unknown = None
        if not is_reference and rng.random() < 1 - np.exp(-settings.dust):
            unknown = dust(rng, shape, rng.uniform(0.003, 0.02))
        offset = misalignment = (0.0, 0.0)
        if not is_reference:
            misalignment = _both(rng.normal(0, settings.registration_pixels, 2))
            offset = _both(rng.uniform(-0.5, 0.5, 2) * (rng.random() < settings.moved))
        epochs.append(
            Epoch(
                psf=_draw_psf(
                    rng, settings, settings.reference_fwhm_pixels if is_reference else settings.fwhm_pixels
                ),
                n_frames=n_frames if is_reference else 1,
                exposure_s=exposure_s,
                transparency=float(rng.uniform(0.7, 1.0)),
                sky_electrons=_sky(rng, settings, shape, exposure_s, _MOST_SKY * full),
                offset=offset,
                shift=(misalignment[0] - offset[0], misalignment[1] - offset[1]),
                flat=flat,
                unknown_flat=unknown,
                dead=bad_columns(rng, shape, settings.bad_columns),
            )
        )
    return epochs[0], epochs[1]


def expected_electrons(sky: Sky, epoch: Epoch, settings: SceneSettings) -> Image:
    """Return the expected electrons of one exposure before the flat field: sky, galaxies and stars."""
    galaxies = blurred(sky.galaxy_light, epoch.psf, *epoch.shift)
    image = epoch.sky_electrons + np.float32(epoch.transparency * epoch.exposure_s) * galaxies
    stars = sky.stars
    add_point_sources(
        image,
        epoch.psf,
        stars.rows + epoch.shift[0],
        stars.columns + epoch.shift[1],
        epoch.star_electrons(stars, settings.zero_point),
        faintest=0.05 * float(np.sqrt(epoch.sky_electrons.mean())),
    )
    return image


def exposed(rng: np.random.Generator, light: Image, charge: Image, epoch: Epoch, detector: Detector) -> Frame:
    """Expose the detector, read it and calibrate the frame.

    Parameters
    ----------
    light
        Expected electrons of one exposure before the flat field.
    charge
        Electrons that did not come through the telescope.
    """
    n = epoch.n_frames
    sensitivity = epoch.flat if epoch.unknown_flat is None else epoch.flat * epoch.unknown_flat
    caught = light * sensitivity + charge + np.float32(detector.dark_electrons_s * epoch.exposure_s)
    # n averaged exposures are one with n times the electrons, and n times the electrons a count.
    together = Detector(
        gain=n * detector.gain,
        read_noise_electrons=float(np.sqrt(n)) * detector.read_noise_electrons,
        bias=detector.bias,
        full_well_electrons=n * detector.full_well_electrons,
        dark_electrons_s=n * detector.dark_electrons_s,
    )
    counts = read_out(rng, np.float32(n) * caught, together)
    return Frame(
        image=calibrated(counts, together, epoch.flat, epoch.dead),
        exposure_s=epoch.exposure_s,
        gain=together.gain,
        read_noise_electrons=together.read_noise_electrons,
        saturation=detector.saturation,
    )


def _both(values: Floats) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _draw_psf(rng: np.random.Generator, settings: SceneSettings, fwhm_pixels: tuple[float, float]) -> Psf:
    return Psf(
        fwhm_pixels=float(rng.uniform(*fwhm_pixels)),
        beta=float(rng.uniform(*settings.beta)),
        elongation=1 + float(rng.exponential(0.04)),
        angle_rad=float(rng.uniform(0, np.pi)),
        field_growth=float(rng.uniform(0, 0.06)),
        field_elongation=float(rng.uniform(0, 0.06)),
    )


def _sky(
    rng: np.random.Generator,
    settings: SceneSettings,
    shape: tuple[int, int],
    exposure_s: float,
    most_electrons: float,
) -> Image:
    """Draw the sky of one exposure: a level with a gradient of a few per cent."""
    drawn = float(electrons(rng.uniform(*settings.sky_magnitude), settings.zero_point, exposure_s))
    level = min(drawn, most_electrons)
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)
    down, right, bend = rng.normal(0, 0.015, 3)
    tilt = 1 + np.float32(down) * y + np.float32(right) * x + np.float32(bend) * x * y
    return np.asarray(np.float32(level) * tilt, np.float32)
