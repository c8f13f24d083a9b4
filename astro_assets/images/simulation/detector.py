"""A CCD: from light that falls on it to 16-bit counts, and back to a calibrated frame.

What the electronics and the chip do lives here; the sky is somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.simulation.psf import Image

_LARGEST_COUNT: Final = 65535
#: Expected electrons from which a Poisson number is drawn as a normal one.
_MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Detector:
    """A chip and its electronics.

    Parameters
    ----------
    gain
        Electrons a count.
    read_noise_electrons
        Standard deviation of one reading.
    bias
        Counts of a pixel without electrons.
    full_well_electrons
        What a pixel holds; more flows along its column.
    dark_electrons_s
        Of a normal pixel.
    """

    gain: float = 1.5
    read_noise_electrons: float = 6.0
    bias: float = 1000.0
    full_well_electrons: float = 90_000.0
    dark_electrons_s: float = 0.05

    @property
    def saturation(self) -> float:
        """Return the counts above the bias from which a pixel is no longer linear."""
        return min(self.full_well_electrons / self.gain, _LARGEST_COUNT - self.bias) * 0.95


def read_out(rng: np.random.Generator, electrons: Image, detector: Detector) -> NDArray[np.uint16]:
    """Expose a detector to expected electrons, and read it.

    Parameters
    ----------
    electrons
        Expected numbers of photo- and dark electrons, not negative, shape (n_rows, n_columns).

    Returns
    -------
    ndarray of uint16
        Counts: Poisson noise, bleeding, read noise, bias, rounding, clipping.
    """
    caught = photons(rng, electrons)
    bleed(caught, detector.full_well_electrons)
    caught += rng.standard_normal(caught.shape, np.float32) * np.float32(detector.read_noise_electrons)
    counts = np.rint(caught / np.float32(detector.gain) + np.float32(detector.bias))
    found: NDArray[np.uint16] = counts.clip(0, _LARGEST_COUNT).astype(np.uint16)
    return found


def photons(rng: np.random.Generator, expected: Image) -> Image:
    """Draw Poisson numbers, float32; from a hundred on, rounded normal ones with a Poisson's skewness.

    The correction is that of Cornish & Fisher (1938): the first three moments are right.
    """
    normal = rng.standard_normal(expected.shape, np.float32)
    found = normal * np.sqrt(expected)
    normal *= normal
    normal -= 1
    normal *= np.float32(1 / 6)
    found += normal
    found += expected
    np.rint(found, out=found)
    few = expected < _MANY
    if few.any():
        found[few] = rng.poisson(expected[few])
    return found


def bleed(electrons: Image, full_well: float) -> None:
    """Let what is above the full well flow up and down its column, half each way; in place."""
    for column in np.flatnonzero((electrons > full_well).any(axis=0)):
        charge = electrons[:, column].astype(np.float64)
        excess = np.maximum(charge - full_well, 0)
        charge -= excess
        for half, order in ((excess / 2, slice(None)), (excess / 2, slice(None, None, -1))):
            flowing, part, inflow = 0.0, charge[order], half[order]
            for i in range(part.size):
                flowing += inflow[i]
                if flowing > 0:
                    taken = min(full_well - part[i], flowing)
                    part[i] += taken
                    flowing -= taken
        electrons[:, column] = charge


def flat_field(
    rng: np.random.Generator, shape: tuple[int, int], vignetting: float, pixel_scatter: float = 0.01
) -> Image:
    """Make the relative sensitivity of pixels, 1 in the middle but for scatter.

    Parameters
    ----------
    vignetting
        Share of the light that is lost in the corners; falls off with the square of the radius.
    pixel_scatter
        Standard deviation from pixel to pixel.
    """
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)
    smooth = 1 - np.float32(vignetting) * (x**2 + y**2) / 2
    scatter = 1 + np.float32(pixel_scatter) * rng.standard_normal(shape, np.float32)
    return np.asarray(smooth * scatter, np.float32)


def calibrated(counts: NDArray[np.uint16], detector: Detector, flat: Image, dead: NDArray[np.bool_]) -> Image:
    """Subtract the bias and divide by the flat field.

    Parameters
    ----------
    dead
        Pixels that measure nothing.

    Returns
    -------
    ndarray of float32
        Counts above the bias; NaN in dead pixels.
    """
    image = (counts.astype(np.float32) - np.float32(detector.bias)) / flat
    image[dead] = np.nan
    return image


def bad_columns(rng: np.random.Generator, shape: tuple[int, int], per_megapixel: float) -> NDArray[np.bool_]:
    """Mark columns that are dead from some row on."""
    dead = np.zeros(shape, np.bool_)
    for _ in range(rng.poisson(per_megapixel * shape[0] * shape[1] / 1e6)):
        dead[rng.integers(shape[0]) :, rng.integers(shape[1])] = True
    return dead
