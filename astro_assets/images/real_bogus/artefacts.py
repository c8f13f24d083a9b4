"""What detectors and subtractions take for sources, made from how it comes about.

Each maker takes a background and returns a triplet whose difference has something positive in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.real_bogus.backgrounds import Background, photon_noise
from astro_assets.images.real_bogus.injection import centre, drawn_snr
from astro_assets.images.real_bogus.point_spread import moffat
from astro_assets.images.real_bogus.preparation import SIDE

Floats = NDArray[np.float64]
#: Named by a text: NumPy loads its random numbers when they are asked for.
Maker = Callable[[Background, "np.random.Generator"], Floats]
_CENTRE: Final = SIDE // 2


def artefact(background: Background, kind: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make an artefact of a kind (one of `KINDS`) in the middle of a background: float32, (3, 63, 63)."""
    return _peak_in_middle(KINDS[kind](background, rng)).astype(np.float32)


def cosmic_ray(background: Background, rng: np.random.Generator) -> Floats:
    """Leave the track of a cosmic ray in science and difference: sharper than the seeing, often long."""
    images, (row, column) = background.images.copy(), centre(rng)
    length = float(rng.exponential(3.0)) if rng.random() < 0.7 else 0.0
    angle = float(rng.uniform(0, np.pi))
    steps = np.linspace(-length / 2, length / 2, max(1, round(3 * length)))
    charge = rng.gamma(3.0, size=steps.size)
    track = np.zeros((SIDE, SIDE))
    for step, part in zip(steps, charge / charge.sum(), strict=True):
        place = row + step * np.sin(angle), column + step * np.cos(angle)
        track += part * moffat(SIDE, *place, float(rng.uniform(0.5, 0.9)))
    track *= drawn_snr(rng) * background.sigma[2] * 2.5 * max(1.0, length) ** 0.5
    images[0] += track
    images[2] += track * float(rng.uniform(0.8, 1.1))
    return images


def hot_pixel(background: Background, rng: np.random.Generator) -> Floats:
    """Make one or two pixels hot in science and difference, with the ring of a matched filter at times."""
    images = background.images.copy()
    height = drawn_snr(rng) * background.sigma[2] * 1.5
    hit = np.zeros((SIDE, SIDE))
    hit[_CENTRE, _CENTRE] = height
    if rng.random() < 0.35:
        down, right = ((0, 1), (1, 0), (0, -1), (-1, 0))[int(rng.integers(4))]
        hit[_CENTRE + down, _CENTRE + right] = height * float(rng.uniform(0.3, 1.0))
    images[0] += hit
    images[2] += hit
    if rng.random() < 0.4:
        ring = moffat(SIDE, _CENTRE, _CENTRE, 2 * background.fwhm_pixels)
        images[2] -= hit.sum() * float(rng.uniform(0.1, 0.5)) * ring
    return images


def dipole(background: Background, rng: np.random.Generator) -> Floats:
    """Subtract a bright star from where it was not: a positive lobe beside a negative one."""
    images, fwhm = background.images.copy(), background.fwhm_pixels * float(rng.uniform(0.85, 1.15))
    angle, shift = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.15, 1.2))
    lobe = 0.35 * fwhm
    row, column = (at - lobe * step for at, step in zip(centre(rng), _towards(angle), strict=True))
    down, right = (shift * step for step in _towards(angle))
    here = moffat(SIDE, row + down / 2, column + right / 2, fwhm)
    there = moffat(SIDE, row - down / 2, column - right / 2, fwhm)
    balance = float(rng.normal(1.0, 0.04))
    wanted = drawn_snr(rng) * background.sigma[2] * 3.0
    flux = wanted / float(np.abs(here - balance * there).max())
    return _with_star(images, flux * here, flux * there, flux * (here - balance * there), rng)


def bad_kernel(background: Background, rng: np.random.Generator) -> Floats:
    """Subtract a bright star of another width: a core in a ring of the other sign, or a ring about a hole."""
    images, (row, column) = background.images.copy(), centre(rng)
    fwhm = background.fwhm_pixels
    ratio = float(rng.uniform(1.1, 1.6)) ** (1 if rng.random() < 0.65 else -1)
    here, there = moffat(SIDE, row, column, fwhm), moffat(SIDE, row, column, fwhm * ratio)
    residual = here - float(rng.normal(1.0, 0.03)) * there
    flux = drawn_snr(rng) * background.sigma[2] * 3.0 / float(np.abs(residual).max())
    return _with_star(images, flux * here, flux * there, flux * residual, rng)


def torn_star(background: Background, rng: np.random.Generator) -> Floats:
    """Subtract a bright star whose profile is not known well: bits of either sign in its core."""
    images, (row, column) = background.images.copy(), centre(rng)
    star = moffat(SIDE, row, column, background.fwhm_pixels)
    grains, wide = np.zeros_like(star), 0.8 * background.fwhm_pixels
    for _ in range(int(rng.integers(3, 9))):
        place = row + float(rng.normal(0, wide)), column + float(rng.normal(0, wide))
        grains += float(rng.normal()) * moffat(SIDE, *place, float(rng.uniform(1.2, 2.6)))
    residual = grains * star
    residual *= drawn_snr(rng) * background.sigma[2] * 3.0 / float(np.abs(residual).max())
    share = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
    bright = star * float(np.abs(residual).max()) / float(star.max()) / share
    return _with_star(images, bright, bright, residual, rng)


def saturated(background: Background, rng: np.random.Generator) -> Floats:
    """Subtract a star that is saturated: flat tops, a torn residual in its disc, columns that bleed."""
    images, (row, column) = background.images.copy(), centre(rng)
    row, column = row + float(rng.normal(0, 2.0)), column + float(rng.normal(0, 2.0))
    fwhm = background.fwhm_pixels
    peak = float(np.exp(rng.uniform(np.log(300.0), np.log(5000.0)))) * background.sigma[0]
    star = moffat(SIDE, row, column, fwhm)
    star *= peak * float(rng.uniform(2, 30)) / star.max()
    disc = star > peak * 0.8
    torn = rng.normal(size=star.shape) * peak * float(rng.uniform(0.02, 0.2))
    wide = moffat(SIDE, row, column, 1.5 * fwhm)
    smooth = peak * float(rng.uniform(0.01, 0.2)) * wide / wide.max()
    images[0] += np.minimum(star, peak)
    images[1] += np.minimum(star * float(rng.uniform(0.9, 1.1)), peak * float(rng.uniform(0.9, 1.3)))
    images[2] += np.where(disc, torn, 0) + smooth * float(rng.choice([-1.0, 1.0]))
    if rng.random() < 0.5:
        half = int(rng.integers(4, 25))
        at = slice(max(0, round(row) - half), round(row) + half)
        images[0, at, round(column)] = np.nanmedian(images[0]) + peak
        images[2, at, round(column)] += peak * float(rng.uniform(-0.3, 0.6))
    if rng.random() < 0.3:
        images[2][star > peak * 3] = np.nan
    return _positive_middle(images, background, rng)


def streak(background: Background, rng: np.random.Generator) -> Floats:
    """Let a satellite cross science and difference."""
    images, (row, column) = background.images.copy(), centre(rng)
    angle = float(rng.uniform(0, np.pi))
    at = np.arange(SIDE)
    away = (at[None, :] - column) * np.sin(angle) - (at[:, None] - row) * np.cos(angle)
    width = background.fwhm_pixels / 2.3548 * float(rng.uniform(1.0, 1.8))
    along = (at[None, :] - column) * np.cos(angle) + (at[:, None] - row) * np.sin(angle)
    flicker = 1 + 0.3 * np.sin(along / float(rng.uniform(3, 30)) + float(rng.uniform(0, 6.28)))
    profile = np.exp(-0.5 * (away / width) ** 2) * flicker
    if rng.random() < 0.3:  # it ends in the stamp
        profile = profile * (along < float(rng.uniform(1, 15)))
    profile = profile * drawn_snr(rng) * background.sigma[2] * 0.8
    images[0] += profile + photon_noise(profile, rng)
    images[2] += profile
    return images


def edge(background: Background, rng: np.random.Generator) -> Floats:
    """End the detector, or a flat field, near the middle, with a rim of bad pixels."""
    images = background.images.copy()
    at = int(rng.integers(-6, 7))
    beyond = np.zeros((SIDE, SIDE), bool)
    beyond[:, _CENTRE + max(at, 1) :] = True
    rim = np.zeros((SIDE, SIDE), bool)
    rim[:, _CENTRE : _CENTRE + max(at, 1)] = True
    height = drawn_snr(rng) * background.sigma[2] * 0.7
    images[2][rim] += height * np.abs(rng.normal(1.0, 0.6, int(rim.sum())))
    images[0][rim] += height * float(rng.uniform(0.3, 1.0))
    if rng.random() < 0.6:
        images[:, beyond] = np.nan
    else:
        step = height * float(rng.uniform(0.3, 1.0))
        images[0][beyond] += step
        images[2][beyond] += step
    turns, flip = int(rng.integers(4)), bool(rng.integers(2))
    turned = np.rot90(images, turns, axes=(1, 2))
    return (turned[:, ::-1] if flip else turned).copy()


def diffuse(background: Background, rng: np.random.Generator) -> Floats:
    """Scatter light: a blob or ring far wider than the seeing."""
    images, (row, column) = background.images.copy(), centre(rng)
    wide = background.fwhm_pixels * float(rng.uniform(2.5, 7.0))
    blob = moffat(SIDE, row, column, wide)
    if rng.random() < 0.4:
        blob = blob - float(rng.uniform(0.5, 1.0)) * moffat(SIDE, row, column, 0.6 * wide)
    blob *= drawn_snr(rng) * background.sigma[2] * 0.8 / float(np.abs(blob).max())
    images[0] += blob
    images[2] += blob
    return _positive_middle(images, background, rng)


def noise_peak(background: Background, rng: np.random.Generator) -> Floats:
    """Let noise of few pixels pass the threshold, with as much beside it that is negative."""
    images = background.images.copy()
    patch = np.zeros((SIDE, SIDE))
    half = int(rng.integers(1, 4))
    part = slice(_CENTRE - half, _CENTRE + half + 1)
    noise = rng.normal(size=(2 * half + 1, 2 * half + 1))
    patch[part, part] = noise * background.sigma[2] * float(rng.uniform(1.0, 3.0))
    patch[_CENTRE, _CENTRE] = abs(patch[_CENTRE, _CENTRE]) + 2.5 * background.sigma[2]
    images[0] += patch
    images[2] += patch
    return images


def _towards(angle: float) -> tuple[float, float]:
    return float(np.sin(angle)), float(np.cos(angle))


def _with_star(
    images: Floats, science: Floats, template: Floats, residual: Floats, rng: np.random.Generator
) -> Floats:
    images[0] += science
    images[1] += template
    images[2] += residual + 0.5 * photon_noise(science, rng)
    return images


def _peak_in_middle(images: Floats, farthest: int = 5) -> Floats:
    """Bring the brightest pixel near the middle of the difference into it: there the alert would be."""
    part = slice(_CENTRE - farthest, _CENTRE + farthest + 1)
    near = images[2, part, part]
    at = np.arange(-farthest, farthest + 1)
    is_near = np.isfinite(near) & (np.hypot(at[:, None], at[None, :]) <= farthest)
    if not is_near.any():
        return images
    row, column = np.unravel_index(int(np.argmax(np.where(is_near, near, -np.inf))), near.shape)
    wide = np.pad(images, ((0, 0), (farthest, farthest), (farthest, farthest)), mode="reflect")
    return wide[:, row : row + SIDE, column : column + SIDE]


def _positive_middle(images: Floats, background: Background, rng: np.random.Generator) -> Floats:
    """See that something was detected in the middle: only positive peaks become alerts."""
    part = slice(_CENTRE - 1, _CENTRE + 2)
    middle = images[2, part, part]
    lacking = 4.0 * background.sigma[2] - (float(np.nanmax(middle)) if np.isfinite(middle).any() else 0.0)
    if lacking > 0:
        reach = float(rng.uniform(1.0, 2.0)) * background.fwhm_pixels
        at = np.arange(SIDE) - _CENTRE
        squared = (at[:, None] / reach) ** 2 + (at[None, :] / (0.6 * reach)) ** 2
        images[2] += lacking * np.exp(-0.5 * squared)
    return images


KINDS: Final[dict[str, Maker]] = {
    "cosmic ray": cosmic_ray,
    "hot pixel": hot_pixel,
    "dipole": dipole,
    "bad kernel": bad_kernel,
    "torn star": torn_star,
    "saturated": saturated,
    "streak": streak,
    "edge": edge,
    "diffuse": diffuse,
    "noise": noise_peak,
}
