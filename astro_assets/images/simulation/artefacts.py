"""What the detector and the sky add to a frame that no telescope was pointed at.

Each function returns electrons alone, so that truth is known before noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.simulation.psf import Image, Psf

#: Electrons that a minimum ionising particle frees in a micrometre of silicon (Janesick 2001, ch. 4).
_ELECTRONS_MICROMETRE: Final = 80.0
#: Depth of a chip's sensitive layer in pixels, from thinned chips to deeply depleted ones; and the pixel's
# size.
_DEPTH_PIXELS, _PIXEL_MICROMETRES = (1.5, 8.0), 13.0
#: How far charge diffuses before it is caught, pixels.
_DIFFUSION: Final = 0.25
_STEPS_A_PIXEL: Final = 8


@dataclass(frozen=True, slots=True)
class Patch:
    """Electrons in a part of a frame.

    Parameters
    ----------
    row, column
        Of the corner with the smallest numbers; may be negative.
    electrons
        float32, shape (height, width).
    """

    row: int
    column: int
    electrons: Image

    def within(self, shape: tuple[int, int]) -> Patch | None:
        """Return what lies in a frame of a shape; None if nothing does."""
        rows = slice(max(self.row, 0), min(self.row + self.electrons.shape[0], shape[0]))
        columns = slice(max(self.column, 0), min(self.column + self.electrons.shape[1], shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return None
        inside = self.electrons[
            rows.start - self.row : rows.stop - self.row,
            columns.start - self.column : columns.stop - self.column,
        ]
        return Patch(rows.start, columns.start, inside)

    @property
    def where(self) -> tuple[slice, slice]:
        """Return the part of a frame that holds it."""
        height, width = self.electrons.shape
        return slice(self.row, self.row + height), slice(self.column, self.column + width)


def cosmic_ray(rng: np.random.Generator, shape: tuple[int, int]) -> Patch:
    """Make the track of a particle that crosses the chip at a random angle.

    Muons come with cos² of the zenith angle; the track's length follows from the depth of the chip, the
    charge from the length, with the spread of Landau's distribution (as of Moyal 1955). A third are worms:
    electrons of radioactive decay nearby that scatter on their way.
    """
    row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
    angle = rng.uniform(0, 2 * np.pi)
    if rng.random() < 1 / 3:
        n = int(_STEPS_A_PIXEL * rng.uniform(2, 15))
        directions = angle + np.cumsum(rng.normal(0, 0.35 / np.sqrt(_STEPS_A_PIXEL) * 1.8, n))
        freed = rng.uniform(1, 4) * _ELECTRONS_MICROMETRE * _PIXEL_MICROMETRES / _STEPS_A_PIXEL
    else:
        tangent = np.tan(np.arccos(rng.random() ** (1 / 3)))
        depth = rng.uniform(*_DEPTH_PIXELS)
        length = min(depth * tangent, 60.0)
        n = max(2, int(np.ceil(_STEPS_A_PIXEL * length)))
        directions = np.full(n, angle)
        path = _PIXEL_MICROMETRES * np.hypot(length, depth)
        freed = _ELECTRONS_MICROMETRE * path * (1 + 0.2 * _moyal(rng)) / n
    step = min(1.0 / _STEPS_A_PIXEL, 60.0 / n)
    rows, columns = row + step * np.cumsum(np.sin(directions)), column + step * np.cumsum(np.cos(directions))
    rows += rng.normal(0, _DIFFUSION, n)
    columns += rng.normal(0, _DIFFUSION, n)
    y, x = np.rint(rows).astype(np.int64), np.rint(columns).astype(np.int64)
    top, left = int(y.min()), int(x.min())
    height, width = int(y.max()) - top + 1, int(x.max()) - left + 1
    charge = np.bincount((y - top) * width + x - left, minlength=height * width) * max(freed, 1.0)
    return Patch(top, left, charge.reshape(height, width).astype(np.float32))


def hot_pixel(rng: np.random.Generator, shape: tuple[int, int], exposure_s: float) -> Patch:
    """Make a pixel whose dark current is tens to ten thousands of times the normal one."""
    current = 10 ** rng.uniform(0.0, 3.0)
    place = rng.integers(0, shape)
    return Patch(int(place[0]), int(place[1]), np.full((1, 1), current * exposure_s, np.float32))


def satellite_trail(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, peak: float) -> Patch:
    """Make a straight trail across the frame, as wide as the PSF; one in three tumbles and flashes.

    Parameters
    ----------
    peak
        Electrons a pixel on its ridge.
    """
    height, width = shape
    angle = rng.uniform(0, np.pi)
    through = rng.uniform(0.1, 0.9, 2) * shape
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
    across = (y - through[0]) * np.cos(angle) - (x - through[1]) * np.sin(angle)
    along = (y - through[0]) * np.sin(angle) + (x - through[1]) * np.cos(angle)
    # A line of Moffat profiles is a Moffat profile with an exponent half a unit smaller.
    profile = np.exp((0.5 - psf.beta) * np.log1p((across / psf.alpha_pixels) ** 2))
    if rng.random() < 1 / 3:
        period, phase = rng.uniform(20, 200), rng.uniform(0, 2 * np.pi)
        profile = profile * (0.55 + 0.45 * np.cos(2 * np.pi * along / period + phase))
    return Patch(0, 0, np.asarray(peak * profile, np.float32))


def ghost(rng: np.random.Generator, shape: tuple[int, int], surface_brightness: float) -> Patch:
    """Make the image of the pupil that a bright star throws by reflection: a disc with a hole, out of focus.

    Parameters
    ----------
    surface_brightness
        Electrons a pixel.
    """
    radius = rng.uniform(8, 30)
    hole = rng.uniform(0.25, 0.45) * radius
    centre = rng.uniform(0, 1, 2) * shape
    half = int(np.ceil(radius)) + 3
    top, left = int(centre[0]) - half, int(centre[1]) - half
    y = np.arange(top, top + 2 * half + 1)[:, None] - centre[0]
    x = np.arange(left, left + 2 * half + 1) - centre[1]
    distance = np.hypot(y, x)
    light = _edge(radius - distance) - _edge(hole - np.hypot(y - 0.1 * radius, x))
    light = light.clip(min=0) * (1 + 0.2 * y / radius)
    return Patch(top, left, (surface_brightness * light).astype(np.float32))


def dust(rng: np.random.Generator, shape: tuple[int, int], depth: float) -> Image:
    """Return what a grain on a window lets through, relative to 1: the shadow of the pupil, a ring."""
    radius = rng.uniform(12, 35)
    shadow = np.ones(shape, np.float32)
    centre = rng.uniform(0, 1, 2) * shape
    y, x = np.arange(shape[0])[:, None] - centre[0], np.arange(shape[1]) - centre[1]
    distance = np.hypot(y, x)
    ring = _edge((radius - distance) / 2) - _edge((0.4 * radius - distance) / 2)
    shadow -= (depth * ring).astype(np.float32)
    return shadow


def _edge(depth_pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rise from 0 to 1 over about two pixels."""
    with np.errstate(over="ignore"):  # far outside it is 0
        return 1 / (1 + np.exp(-2 * depth_pixels))


def _moyal(rng: np.random.Generator) -> float:
    """Draw from Moyal's distribution: minus the logarithm of a chi-squared with one degree of freedom."""
    return float(np.clip(-np.log(rng.standard_normal() ** 2 + 1e-12), -2.0, 10.0))
