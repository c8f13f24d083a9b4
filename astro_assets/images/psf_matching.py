"""A reference made like a science frame: its PSF, position and scale.

Kernels and their fit live here; what is left after the subtraction is `differencing`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Matching = tuple[float, ...]

#: Radius of smoothing kernels, in their standard deviations.
TRUNCATE: Final = 3.5
#: Bright pixels that a matching needs at least.
_FEWEST_BRIGHT: Final = 40
#: Relative error of a scale from zero points.
_SCALE_TOLD: Final = 0.03
#: How many of its errors the fitted scale may be away from that: else it is not of stars.
_MOST_OFF: Final = 4.0
#: Share of a pixel's light by which frames may differ before they are matched.
_UNLIKE: Final = 0.25
#: What the terms beyond the scale are expected to be, as shares of it: first derivatives (pixels), second
# ones (pixels^2), what a broader kernel adds, and the fourth.
_EXPECTED: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.5)
#: Tried one after the other: how bright pixels are, in noise, how many are needed, and terms fitted to them.
_CHOICES: Final = (
    (15.0, 10 * _FEWEST_BRIGHT, 1 + len(_EXPECTED)),
    (7.0, 10 * _FEWEST_BRIGHT, 1 + len(_EXPECTED)),
    (5.0, 4 * _FEWEST_BRIGHT, 1 + len(_EXPECTED)),
    (5.0, _FEWEST_BRIGHT, 1),
)
#: Standard deviation of the kernel that takes care of wings, in FWHM.
_WINGS: Final = 0.6


def smoothed(image: Image, sigma_pixels: float, beyond: Literal["constant", "nearest"] = "constant") -> Image:
    """Convolve with a Gaussian; outside the image is nothing, or what is at its edge."""
    if sigma_pixels <= 0:
        return image
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image, sigma_pixels, mode=beyond, truncate=TRUNCATE), np.float32)


def matched(reference: Image, matching: Matching, fwhm_pixels: float) -> Image:
    """Apply a matching to a smoothed reference whose stars have a FWHM."""
    found = np.float32(matching[0]) * reference
    if any(matching[1:]):
        for factor, term in zip(matching[1:], _terms(reference, fwhm_pixels), strict=True):
            found += np.float32(factor) * term
    return found


def derivatives(image: Image) -> tuple[Image, Image]:
    """Return derivatives along rows and columns; 0 on the frame's edge."""
    rows, columns = np.zeros((2, *image.shape), np.float32)
    rows[1:-1] = (image[2:] - image[:-2]) / 2
    columns[:, 1:-1] = (image[:, 2:] - image[:, :-2]) / 2
    return rows, columns


def _terms(image: Image, fwhm_pixels: float) -> Iterator[Image]:
    """Yield what a small change of the PSF adds to an image, in the order of a matching."""
    yield from derivatives(image)
    down, across, mixed = np.zeros((3, *image.shape), np.float32)
    down[1:-1] = image[2:] + image[:-2] - 2 * image[1:-1]
    across[:, 1:-1] = image[:, 2:] + image[:, :-2] - 2 * image[:, 1:-1]
    mixed[1:-1, 1:-1] = (image[2:, 2:] + image[:-2, :-2] - image[2:, :-2] - image[:-2, 2:]) / 4
    yield from (down, across, mixed)
    yield smoothed(image, _WINGS * fwhm_pixels, "nearest") - image
    bend, fourth = down + across, np.zeros_like(image)
    inner = np.s_[1:-1, 1:-1]
    fourth[inner] = bend[2:, 1:-1] + bend[:-2, 1:-1] + bend[1:-1, 2:] + bend[1:-1, :-2] - 4 * bend[inner]
    yield fourth


def fitted_matching(
    image: Image,
    other: Image,
    noise: tuple[Image, Image],
    missing: NDArray[np.bool_],
    fwhm_pixels: float,
    told: float | None,
) -> Matching:
    """Fit the matching to bright pixels; those far from the fit, such as of variable stars, are left out.

    Terms are held to what is expected of them, so that a few stars cannot bend them far; with fewest it is
    the scale alone that is fitted. Pixels are chosen by the reference, so that what is new does not choose
    itself.

    Parameters
    ----------
    image, other
        Science frame and reference, both smoothed.
    noise
        Of both.
    missing
        Pixels that do not count.
    told
        The scale by zero points, good to 3 %; None if they are not known.
    """
    bright, n_terms = missing, 0
    for limit, needed, n in _CHOICES:
        bright = (other > limit * noise[1]) & ~missing
        if int(bright.sum()) >= needed:
            n_terms = n
            break
    scale = 1.0 if told is None else told
    if not n_terms:
        return scale, *(0.0,) * len(_EXPECTED)
    terms = [other[bright]]
    if n_terms > 1:
        terms += [term[bright] for term in _terms(other, fwhm_pixels)]
    target, design = image[bright].astype(np.float64), np.stack(terms, axis=1).astype(np.float64)
    if told is None:
        scale = max(_scale_of_stars(bright, target, design[:, 0]), 1e-3)
    found = np.zeros(1 + len(_EXPECTED))
    found[0] = scale
    # What is told or expected is one more measurement each.
    prior = np.diag([0.0, *(1 / (share * scale) for share in _EXPECTED)])[:, :n_terms]
    known = np.zeros(found.size)
    if told is not None:
        prior[0, 0], known[0] = 1 / (_SCALE_TOLD * told), 1 / _SCALE_TOLD
    light = scale * design[:, 0]
    sky = np.hypot(noise[0][bright], scale * noise[1][bright])
    # What only one frame has, such as a cosmic ray, is no star of both, whatever most pixels are.
    is_of_both = np.abs(target - light) < 3 * np.hypot(sky, _UNLIKE * light)
    error = np.hypot(sky, 0.05 * light)
    for clip in (6.0, 3.0, 3.0):
        away = np.abs(target - design @ found[:n_terms]) / error
        kept = is_of_both & (away < clip * max(1.0, _median(away[is_of_both])))
        if int(kept.sum()) < _FEWEST_BRIGHT / 4:
            break
        weighted = np.concatenate([design[kept] / error[kept, None], prior])
        wanted = np.concatenate([target[kept] / error[kept], known])
        found[:n_terms] = np.linalg.lstsq(weighted, wanted, rcond=1e-6)[0]
    if told is not None and abs(found[0] / told - 1) > _MOST_OFF * _SCALE_TOLD:
        return told, *(0.0,) * len(_EXPECTED)
    return tuple(map(float, found))


def _scale_of_stars(
    bright: NDArray[np.bool_], image: NDArray[np.float64], other: NDArray[np.float64]
) -> float:
    """Return the median of the ratios of sources, each of which counts once, however many pixels it has."""
    from scipy.ndimage import label

    numbers = label(bright)[0][bright] - 1
    return float(np.median(np.bincount(numbers, image) / np.bincount(numbers, other)))


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else 0.0
