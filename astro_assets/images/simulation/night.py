"""A night of frames of one field, each with the share of signal-to-noise ratio that it keeps.

Conditions act here on light and PSF, and the rule that grades a frame follows from what they did; when they
hold is drawn in `conditions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.frame import Frame
from astro_assets.images.simulation.artefacts import satellite_trail
from astro_assets.images.simulation.conditions import CONDITIONS, MOST_AIRMASS, Floats, draw_conditions
from astro_assets.images.simulation.detector import Detector, calibrated, flat_field, read_out
from astro_assets.images.simulation.optics import blurring, point_spread, transmission
from astro_assets.images.simulation.psf import Image, Psf, add_point_sources
from astro_assets.images.simulation.stars import Stars, draw_stars, electrons

Grade = Literal["good", "medium", "bad"]

#: Share of the best signal-to-noise ratio from which a frame is good, or medium.
GOOD, MEDIUM = 0.70, 0.35
#: A condition that costs so much of it is a reason.
_REASON: Final = 0.08
#: Airmass down to which telescopes follow a field: 24 degrees above the horizon.
_LOWEST: Final = 2.5
#: Cosine of latitude times that of declination: of 35 degrees both, nearly.
_COSINES: Final = 0.65
#: Part of the exposure that the shortest one lacks.
_SHORTEST: Final = 0.9


class NightSettings(BaseModel):
    """What a night is drawn from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(256, ge=64, le=4096, description="Rows of a frame.")
    columns: int = Field(256, ge=64, le=4096, description="Columns of a frame.")
    frames: int = Field(60, ge=2, le=5000, description="Frames from evening to morning.")
    best_fwhm_pixels: float = Field(2.6, ge=1.5, le=10, description="FWHM in the best seeing, pixels.")
    exposure_s: float = Field(60.0, ge=1, le=3600, description="Of a frame as a rule, s.")
    stars_per_megapixel: float = Field(2500.0, ge=50, le=100_000, description="Stars of the field.")
    sky_electrons: float = Field(800.0, ge=10, le=20_000, description="Of the dark sky in a frame, a pixel.")
    troubles: float = Field(0.5, ge=0, le=5, description="Expected episodes of each condition in a night.")
    meridian_airmass: float = Field(1.0, ge=1, le=2, description="Of the field on the meridian.")
    hour_angles_h: tuple[float, float] = Field((-2.5, 2.5), description="Of the first frame and the last, h.")
    extinction_mag: float = Field(0.15, ge=0, le=1, description="Of the air in the zenith, mag.")


@dataclass(frozen=True, slots=True)
class NightFrame:
    """A frame of a night.

    Parameters
    ----------
    frame
        Bias subtracted, flat-fielded with the flat of a clear evening.
    grade
        ``good`` if it keeps at least 70 % of the signal-to-noise ratio, ``medium`` at least 35 %, else
        ``bad``.
    kept
        Signal-to-noise ratio of faint stars, averaged over the field, over that in the best frame which this
        telescope can take of this field in this night with its usual exposure.
    reasons
        Conditions that cost 8 % or more, the worst first; ``("clear",)`` if there are none.
    losses
        What each condition costs: 1 - kept over what would be kept without it.
    """

    frame: Frame
    grade: Grade
    kept: float
    reasons: tuple[str, ...]
    losses: dict[str, float]


@dataclass(frozen=True, slots=True)
class Telescope:
    """What stays the same through a night."""

    settings: NightSettings
    detector: Detector
    stars: Stars
    flat: Image
    direction_rad: float


def simulate_night(settings: NightSettings, seed: int | tuple[int, ...]) -> Iterator[NightFrame]:
    """Simulate the frames of a night, one after another; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    shape = (settings.rows, settings.columns)
    detector = Detector(gain=1.5, read_noise_electrons=float(rng.uniform(4, 10)))
    telescope = Telescope(
        settings=settings,
        detector=detector,
        stars=draw_stars(rng, shape, settings.stars_per_megapixel, 0.35, 10.5, 19.5),
        flat=flat_field(rng, shape, float(rng.uniform(0.02, 0.1))),
        direction_rad=float(rng.uniform(0, np.pi)),
    )
    conditions = draw_conditions(rng, airmasses(settings), settings.troubles)
    for i in range(settings.frames):
        strengths = {name: float(strength[i]) for name, strength in conditions.items()}
        yield simulate_frame(telescope, strengths, (*_numbers(seed), i))


def airmasses(settings: NightSettings) -> Floats:
    """Return the airmass of the field in each frame, shape (frames,): the secant of its zenith distance."""
    hours = np.linspace(*settings.hour_angles_h, settings.frames)
    cosine = 1 / settings.meridian_airmass - _COSINES * (1 - np.cos(np.pi / 12 * hours))
    return np.asarray(1 / np.maximum(cosine, 1 / _LOWEST))


def grade_of(kept: float) -> Grade:
    """Return the grade that belongs to a kept share of signal-to-noise ratio."""
    if kept >= GOOD:
        return "good"
    return "medium" if kept >= MEDIUM else "bad"


def simulate_frame(telescope: Telescope, strengths: dict[str, float], seed: tuple[int, ...]) -> NightFrame:
    """Simulate a frame under given conditions."""
    settings, detector = telescope.settings, telescope.detector
    shape = (settings.rows, settings.columns)
    rng = np.random.default_rng(seed)
    psf, blur = _optics(telescope, strengths, seed)
    through, sky = _light(telescope, strengths, seed)
    image = np.zeros(shape, np.float32)
    # In the usual exposure: what comes through is less of it in a shorter one.
    fluxes = electrons(telescope.stars.magnitudes, 23.5, settings.exposure_s)
    drift = rng.normal(0, 0.7, 2)
    rows, columns = telescope.stars.rows + drift[0], telescope.stars.columns + drift[1]
    add_point_sources(image, psf, rows, columns, fluxes, 0.05 * float(np.sqrt(settings.sky_electrons)))
    if blur is not None:
        image = _convolved(image, blur)
    image = image * through + sky
    lost = np.zeros(shape, np.bool_)
    for _ in range(round(3 * strengths["satellite_trails"])):
        peak = float(np.sqrt(sky.mean())) * float(np.exp(rng.uniform(0.5, 4.5)))
        trail = satellite_trail(rng, shape, psf, peak).electrons
        image += trail
        lost |= trail > np.sqrt(sky)
    charge = np.zeros(shape, np.float32)
    n_hot = round(strengths["hot_columns"] * shape[1] / 4)
    hot = rng.choice(shape[1], n_hot, replace=False)
    charge[:, hot] = (settings.sky_electrons * rng.uniform(0.5, 10, n_hot)).astype(np.float32)
    charge *= np.float32(_exposure_part(strengths))
    counts = read_out(rng, np.maximum(image * telescope.flat + charge, 0), detector)
    frame = Frame(
        image=calibrated(counts, detector, telescope.flat, np.zeros(shape, np.bool_)),
        exposure_s=settings.exposure_s * _exposure_part(strengths),
        airmass=_airmass(telescope, strengths)[0],
        gain=detector.gain,
        read_noise_electrons=detector.read_noise_electrons,
        saturation=detector.saturation,
    )
    areas = {
        "satellite_trails": 1 - float(lost.mean()),
        # A point source within half a FWHM of a hot column is lost with it.
        "hot_columns": (1 - n_hot / shape[1]) ** max(psf.fwhm_pixels, 1.0),
    }
    return _graded(telescope, frame, strengths, seed, areas)


def _graded(
    telescope: Telescope,
    frame: Frame,
    strengths: dict[str, float],
    seed: tuple[int, ...],
    areas: dict[str, float],
) -> NightFrame:
    nothing = dict.fromkeys(CONDITIONS, 0.0)
    best = _signal_to_noise(telescope, nothing, seed)
    area = float(np.prod(list(areas.values())))
    kept = _signal_to_noise(telescope, strengths, seed) * area / best
    losses = {}
    for name, strength in strengths.items():
        if not strength:
            continue
        without = _signal_to_noise(telescope, strengths | {name: 0.0}, seed) * area / areas.get(name, 1.0)
        losses[name] = 1 - kept * best / without
    worst = sorted((name for name in losses if losses[name] >= _REASON), key=lambda name: -losses[name])
    return NightFrame(frame, grade_of(kept), kept, tuple(worst) or ("clear",), losses)


def _signal_to_noise(telescope: Telescope, strengths: dict[str, float], seed: tuple[int, ...]) -> float:
    """Return the matched-filter signal-to-noise ratio of a faint star, averaged over the field."""
    psf, blur = _optics(telescope, strengths, seed)
    through, sky = _light(telescope, strengths, seed)
    read = telescope.detector.read_noise_electrons**2
    step = np.s_[4::8, 4::8]
    spread = point_spread(psf, blur)
    return float(np.sqrt((spread**2).sum()) * (through[step] / np.sqrt(sky[step] + read)).mean())


def _optics(
    telescope: Telescope, strengths: dict[str, float], seed: tuple[int, ...]
) -> tuple[Psf, Image | None]:
    """Return the PSF of seeing and tracking, and what defocus, wind and dew blur it with."""
    airmass, least = _airmass(telescope, strengths)
    # Seeing goes with the airmass to the power of 0.6 (Fried 1966, JOSA 56, 1372).
    seeing = (1 + 1.2 * strengths["poor_seeing"]) * (airmass / least) ** 0.6
    fwhm = telescope.settings.best_fwhm_pixels * seeing
    trail = 25 * strengths["trailing"] ** 1.5
    psf = Psf(fwhm, 3.2, angle_rad=telescope.direction_rad, trail_pixels=trail)
    rng = np.random.default_rng((*seed, 1))
    return psf, blurring(rng, fwhm, strengths["defocus"], strengths["wind_shake"], strengths["dew"])


def _light(telescope: Telescope, strengths: dict[str, float], seed: tuple[int, ...]) -> tuple[Image, Image]:
    """Return the share of light that comes through, by pixel, and the electrons of the sky.

    The sky shines from all of the air that is looked through, and is dimmed by it, too (Krisciunas & Schaefer
    1991, PASP 103, 1033).
    """
    settings = telescope.settings
    rng = np.random.default_rng((*seed, 2))
    through, sky = transmission(rng, (settings.rows, settings.columns), strengths, settings.sky_electrons)
    airmass, least = _airmass(telescope, strengths)
    part = _exposure_part(strengths) * 10 ** (-0.4 * settings.extinction_mag * (airmass - least))
    return through * np.float32(part), sky * np.float32(part * airmass / least)


def _airmass(telescope: Telescope, strengths: dict[str, float]) -> tuple[float, float]:
    """Return the airmass of a frame, and the least of its night."""
    least = float(airmasses(telescope.settings).min())
    return least + MOST_AIRMASS * strengths["low_altitude"], least


def _exposure_part(strengths: dict[str, float]) -> float:
    return 1 - _SHORTEST * strengths["short_exposure"]


def _convolved(image: Image, blur: Image) -> Image:
    from scipy.signal import oaconvolve

    return np.asarray(oaconvolve(image, blur, mode="same"), np.float32)


def _numbers(seed: int | tuple[int, ...]) -> tuple[int, ...]:
    return seed if isinstance(seed, tuple) else (seed,)
