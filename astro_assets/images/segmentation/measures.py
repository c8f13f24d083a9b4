"""What is measured of a candidate besides the network's logits: how much it is like a point source.

Numbers of small cutouts live here; what is concluded from them is `objects`' and `calibration`'s business.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.differencing import Difference

Image = NDArray[np.float32]

_SIGMA_A_FWHM = 1 / 2.3548
#: Half side of the squares that are measured, in FWHM.
_REACH = 1.5


def fitted_point(image: Image, row: int, column: int, fwhm_pixels: float) -> tuple[float, float]:
    """Compare what is around a pixel with the point source that fits best.

    Parameters
    ----------
    image
        In units of its noise.
    row, column
        Of the candidate's peak; the source is taken to be within a pixel of it.
    fwhm_pixels
        Of the image.

    Returns
    -------
    unlike
        Signal that is not a point source's over what is, in sums of squares: 0 for a point source, about 6
        for a pixel alone, 0.5 to 3 for tracks and trails. Logarithm of one plus it.
    sharpness
        By how much noise the brightest pixel exceeds the point source's, a quarter more allowed for: 0 for
        point sources and trails, tens for cosmic rays. Logarithm of one plus it.
    """
    half = max(2, round(_REACH * fwhm_pixels))
    cut = _cut(image, row, column, half + 1)
    steps = np.arange(-half, half + 1)
    profile = np.exp(-(steps**2) / (2 * (fwhm_pixels * _SIGMA_A_FWHM) ** 2))
    shape = profile[:, None] * profile
    shape /= np.sqrt((shape**2).sum())
    best, energy = 0.0, 1.0
    for down in range(3):
        for right in range(3):
            part = cut[down : down + steps.size, right : right + steps.size]
            amplitude = float((part * shape).sum())
            if abs(amplitude) > abs(best):
                best, energy = amplitude, float((part**2).sum())
    # Noise alone has an energy of one a pixel.
    left = max(energy - best**2 - shape.size, 0.0)
    excess = float((np.sign(best) * cut).max()) - 1.25 * abs(best) * float(shape.max())
    return float(np.log1p(left / max(best**2, 1.0))), float(np.log1p(max(excess, 0.0)))


def measures_at(difference: Difference, row: int, column: int) -> tuple[float, float, float, float]:
    """Measure a candidate at its most significant pixel.

    Returns
    -------
    unlike, sharpness
        Of :func:`fitted_point`: the first in the difference, the second in the science frame before it
        was smoothed, in which cosmic rays are still sharp.
    opposite
        Most significant pixel of the other sign nearby, over that of the candidate: dipoles of bad subtractions.
    relative_change
        Logarithm of the change over the light that the reference has there, in its noise.
    """
    fwhm = difference.fwhm_pixels
    blur = difference.science_blur_pixels / _SIGMA_A_FWHM
    own = float(np.sqrt(max(fwhm**2 - blur**2, 1.0)))
    around = _cut(difference.significance, row, column, round(_REACH * fwhm))
    peak = float(difference.significance[row, column])
    opposite = max(float((-np.sign(peak) * around).max()), 0.0) / max(abs(peak), 1.0)
    light = _cut(difference.reference, row, column, 1).mean()
    changed = abs(float(difference.difference[row, column]))
    relative = np.log(max(changed, 0.5) / max(float(light), 1.0))
    return (
        fitted_point(difference.difference, row, column, fwhm)[0],
        fitted_point(difference.science, row, column, own)[1],
        float(opposite),
        float(relative),
    )


def _cut(image: Image, row: int, column: int, half: int) -> NDArray[np.float64]:
    """Cut a square out; 0 outside the image."""
    found = np.zeros((2 * half + 1, 2 * half + 1))
    rows = slice(max(row - half, 0), min(row + half + 1, image.shape[0]))
    columns = slice(max(column - half, 0), min(column + half + 1, image.shape[1]))
    top, left = rows.start - row + half, columns.start - column + half
    found[top : top + rows.stop - rows.start, left : left + columns.stop - columns.start] = image[
        rows, columns
    ]
    return found
