"""The seeing of a frame, measured on its stars.

One number a frame lives here; photometry and the quality of frames have their own measures.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame

Floats = NDArray[np.float64]

_FEWEST_STARS, _MOST_STARS = 3, 40
#: Radius of the pixels that a profile is fitted to.
_RADIUS: Final = 8


def fwhm_pixels(frame: Frame) -> float:
    """Measure the FWHM of stars: the first of :func:`star_profile`."""
    return star_profile(frame)[0]


def star_profile(frame: Frame) -> tuple[float, float]:
    """Measure FWHM and exponent of the Moffat profile that fits all of the brighter stars together.

    Raises
    ------
    ValueError
        If fewer than three stars can be measured.
    """
    import sep
    from scipy.optimize import least_squares

    image = np.array(frame.image, np.float32, order="C")
    missing = ~np.isfinite(image)
    image[missing] = 0
    saturation = np.inf if frame.saturation is None else 0.8 * frame.saturation
    background = sep.Background(image, mask=missing, bw=64, bh=64)
    bright = missing | (image >= saturation)
    image -= background.back()
    image[missing] = 0
    # Unfiltered, a cosmic ray covers fewer pixels than a star.
    sources = sep.extract(image, 8.0, err=background.globalrms, mask=missing, minarea=6, filter_kernel=None)
    stars = _stars(sources, bright)
    if len(stars) < _FEWEST_STARS:
        raise ValueError(f"{len(stars)} stars can be measured; the seeing needs {_FEWEST_STARS}")
    radius2, light, error = _profiles(image, stars, float(background.globalrms))

    def away(parameters: Floats) -> Floats:
        fwhm, beta, height = np.exp(parameters)
        alpha2 = fwhm**2 / (4 * (2 ** (1 / beta) - 1))
        found: Floats = (height * (1 + radius2 / alpha2) ** -beta - light) / error
        return found

    guess = np.log([2.3548 * float(np.median(np.sqrt(stars["a"] * stars["b"]))), 3.0, 1.0])
    fit = least_squares(
        away, guess, bounds=(np.log([0.8, 1.3, 0.2]), np.log([40.0, 12.0, 5.0])), loss="soft_l1"
    )
    return float(np.exp(fit.x[0])), float(np.exp(fit.x[1]))


def _stars(sources: NDArray[np.void], bright: NDArray[np.bool_]) -> NDArray[np.void]:
    """Choose sources that are round, alone, unsaturated and of the commonest size; brightest first."""
    rows, columns = bright.shape
    kept = []
    for place, source in enumerate(sources):
        y, x = round(float(source["y"])), round(float(source["x"]))
        if not (_RADIUS <= y < rows - _RADIUS and _RADIUS <= x < columns - _RADIUS):
            continue
        around = bright[y - _RADIUS : y + _RADIUS + 1, x - _RADIUS : x + _RADIUS + 1]
        if source["flag"] == 0 and source["a"] < 1.6 * source["b"] and not around.any():
            kept.append(place)
    chosen = sources[kept]
    if not len(chosen):
        return chosen
    size = np.sqrt(chosen["a"] * chosen["b"])
    # Galaxies are larger, cosmic rays smaller; stars are in between, and most.
    chosen = chosen[np.abs(size / np.median(size) - 1) < 0.35]
    brightest: NDArray[np.void] = chosen[np.argsort(-chosen["flux"], kind="stable")[:_MOST_STARS]]
    return brightest


def _profiles(
    image: NDArray[np.float32], stars: NDArray[np.void], noise: float
) -> tuple[Floats, Floats, Floats]:
    """Return squared distances, brightness relative to the middle and its error, of all stars' pixels."""
    import sep

    sigma = np.sqrt(stars["a"] * stars["b"])
    x, y, _ = sep.winpos(image, stars["x"], stars["y"], sigma)
    distances, lights, errors = [], [], []
    steps = np.arange(-_RADIUS, _RADIUS + 1)
    for row, column, width in zip(y, x, sigma, strict=True):
        top, left = round(float(row)), round(float(column))
        stamp = image[top - _RADIUS : top + _RADIUS + 1, left - _RADIUS : left + _RADIUS + 1]
        if stamp.shape != (steps.size, steps.size):
            continue
        radius2 = (top + steps[:, None] - row) ** 2 + (left + steps - column) ** 2
        # The height of a Gaussian that fits best is a first guess of the star's own.
        shape = np.exp(-radius2 / (2 * width**2))
        height = float((stamp * shape).sum() / (shape**2).sum())
        inside = radius2 <= _RADIUS**2
        distances.append(radius2[inside])
        lights.append(stamp[inside] / height)
        errors.append(np.full(int(inside.sum()), max(noise / height, 0.01)))
    return np.concatenate(distances), np.concatenate(lights).astype(np.float64), np.concatenate(errors)
