"""The sources of a frame and the frame's measures, as the first stage leaves them to the second.

Only the forms live here, flat arrays and scalars that can be stored; they are filled in `sources`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class SourceFlag(enum.IntFlag):
    """What speaks against a source; bits of `FrameSources.flags`."""

    #: Its brightest pixel is no longer linear.
    SATURATED = 1
    #: Light of another source lies in it.
    BLENDED = 2
    #: Nearer than 1.5 FWHM to an edge or to pixels that are no measurements.
    EDGE = 4
    #: Sharper than a star can be: a hot pixel, or the hit of a cosmic ray.
    HOT = 8


@dataclass(frozen=True, slots=True)
class FrameMeasures:
    """What a frame is like: scalars that tell good frames from bad ones; NaN where no star tells.

    Parameters
    ----------
    n_stars
        Sources that are no hot pixels.
    n_hot_pixels
        Pixels that stand alone above their surroundings.
    fwhm_pixels, fwhm_spread
        Median over unblended stars, pixels; their robust scatter relative to it.
    elongation
        Median ratio of the axes, at least 1.
    direction_coherence, direction_deg
        Length, 0 to 1, of the mean of ``exp(2i angle)`` over those stars: 1 for trails; the mean's direction,
        degrees from +x to +y, -90 to 90.
    background_level, background_noise
        Medians, counts; the noise is that of one pixel.
    background_gradient
        Range over the frame of the plane that fits the background, counts.
    saturated_fraction, masked_fraction
        Of all pixels: at or above the saturation; no measurement.
    """

    n_stars: int
    n_hot_pixels: int
    fwhm_pixels: float
    fwhm_spread: float
    elongation: float
    direction_coherence: float
    direction_deg: float
    background_level: float
    background_noise: float
    background_gradient: float
    saturated_fraction: float
    masked_fraction: float

    @property
    def depth(self) -> float:
        """A figure that grows with how faint a star may be and how round they are; -1 if nothing tells."""
        blur = self.fwhm_pixels * self.background_noise * self.elongation
        return self.n_stars / blur if blur > 0 else -1.0


@dataclass(frozen=True, slots=True)
class FrameSources:
    """Sources of a frame, the brightest first; arrays of shape (n,).

    Parameters
    ----------
    x, y
        Windowed centroids, pixels; the centre of the first pixel is (0, 0).
    flux, peak
        Counts above the background: within the isophote; of the brightest pixel.
    fwhm_pixels
        Twice the radius of half the light, which is the FWHM of a Gaussian.
    elongation, position_angle_deg
        Ratio of the axes; direction of the longer, degrees from +x to +y, -90 to 90.
    flags
        Bits of `SourceFlag`.
    shape
        Rows and columns of the frame.
    saturation
        Counts at which pixels saturate: the header's, else as estimated, else None.
    measures
        Of the frame.
    """

    x: Floats
    y: Floats
    flux: Floats
    peak: Floats
    fwhm_pixels: Floats
    elongation: Floats
    position_angle_deg: Floats
    flags: NDArray[np.uint8]
    shape: tuple[int, int]
    saturation: float | None
    measures: FrameMeasures

    def is_star(self) -> Booleans:
        """Return which sources are no hot pixels."""
        is_star: Booleans = (self.flags & SourceFlag.HOT) == 0
        return is_star
