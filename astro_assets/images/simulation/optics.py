"""What clouds, dew, wind and a bad focus do to the light of a frame.

From strengths between 0 and 1 to blurring kernels and transmission; when they hold is drawn in `conditions`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from astro_assets.images.simulation.psf import Image, Psf, kernel


def blurring(
    rng: np.random.Generator, fwhm_pixels: float, defocus: float, wind_shake: float, dew: float
) -> Image | None:
    """Make the kernel that blurs the PSF; None if nothing does.

    Out of focus a star is the image of the pupil, a ring. Wind shakes the telescope along two axes, as a
    damped oscillation does, so that stars are smeared unevenly. Dew scatters light into a halo.
    """
    if not (defocus or wind_shake or dew):
        return None
    half = int(np.ceil(8 + 14 * max(defocus, wind_shake) + 14 * dew))
    size = 2 * half + 1
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    found = np.zeros((size, size), np.float32)
    found[half, half] = 1
    if defocus:
        distance, radius = np.hypot(y, x), 12 * defocus
        ring = _edge(radius - distance) - _edge(0.35 * radius - distance)
        ring = np.maximum(ring, 0) + np.exp(-0.5 * (distance / 0.4) ** 2) * max(0.0, 1 - radius)
        found = ring / ring.sum()
    if wind_shake:
        found = _convolved(found, _shaken(rng, half, 6 * wind_shake))
    if dew:
        halo = np.exp(-np.hypot(y, x) / (3 + 4 * dew))
        scattered = 0.6 * dew
        found = (1 - scattered) * found + scattered * halo / halo.sum()
    return np.asarray(found / found.sum(), np.float32)


def point_spread(psf: Psf, blur: Image | None) -> Image:
    """Return the whole PSF as an image of sum 1."""
    half = int(np.ceil(4 * psf.fwhm_pixels + psf.trail_pixels / 2)) + (
        0 if blur is None else blur.shape[0] // 2
    )
    plain = kernel(psf, half)
    return plain if blur is None else _convolved(plain, blur)


def transmission(
    rng: np.random.Generator, shape: tuple[int, int], strengths: Mapping[str, float], sky_electrons: float
) -> tuple[Image, Image]:
    """Work out what comes through clouds, dew and a dome that is in the way, and how bright the sky is.

    Clouds are smooth on scales of a frame; they hold back starlight and throw back the light of towns. Thin
    ones cost up to 0.9 mag, thick ones up to 4.5 mag.

    Returns
    -------
    through
        Share of the light of a star, by pixel.
    sky
        Electrons a pixel.
    """
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)
    phases = rng.uniform(0, 2 * np.pi, 4)
    structure = (
        1 + 0.25 * np.sin(2.1 * x + 1.3 * y + phases[0]) + 0.15 * np.sin(4.3 * y - 3.1 * x + phases[1])
    )
    extinction = (0.9 * strengths["thin_clouds"] + 4.5 * strengths["thick_clouds"]) * structure
    through = 10 ** (-0.4 * np.maximum(extinction, 0)) * (1 - 0.45 * strengths["dew"])
    towns = 1 + 0.5 * strengths["thin_clouds"] + 2.0 * strengths["thick_clouds"]
    sky = sky_electrons * towns * (1 + 0 * y * x)
    if twilight := strengths["twilight"]:
        towards = np.cos(phases[2]) * x + np.sin(phases[2]) * y
        sky = sky * (1 + (100**twilight - 1) / 4 * (1 + 0.3 * towards))
    if vignetting := strengths["vignetting"]:
        # The edge of the dome, out of focus, wanders in from one side.
        side = np.cos(phases[3]) * x + np.sin(phases[3]) * y
        shadow = 1 - 0.97 / (1 + np.exp(-4 * (side - 1.3 + 2.4 * vignetting)))
        through, sky = through * shadow, sky * shadow
    return np.asarray(through * np.ones(shape), np.float32), np.asarray(sky, np.float32)


def _edge(depth_pixels: Image) -> Image:
    """Rise from 0 to 1 over a pixel or so."""
    return np.asarray(1 / (1 + np.exp((-3 * depth_pixels).clip(-60, 60))), np.float32)


def _shaken(rng: np.random.Generator, half: int, amplitude: float) -> Image:
    """Return where the image was in a gusty exposure: damped oscillations, set off again and again."""
    n = 600
    path = np.zeros((2, n))
    time = np.arange(n)
    for axis, strength in ((0, 1.0), (1, 0.5)):
        for _ in range(6):
            since = time - rng.integers(n)
            swing = np.exp(-since / 90) * np.sin(since / 12 + rng.uniform(0, 6))
            path[axis] += np.where(since > 0, strength * rng.normal(0, 1) * swing, 0)
    path *= amplitude / max(float(path[0].std()), 1e-3) / 2
    place = np.rint(path).astype(np.int64).clip(-half, half) + half
    found = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    np.add.at(found, (place[0], place[1]), 1)
    return np.asarray(found / n, np.float32)


def _convolved(one: Image, other: Image) -> Image:
    from scipy.signal import fftconvolve

    return np.asarray(fftconvolve(one, other, mode="same"), np.float32)
