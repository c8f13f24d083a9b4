"""A reference made like a science frame: its PSF, position and scale.

Kernels and their fit live here; what is left after the subtraction is `differencing`'s business.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Matching = tuple[float, float, float, float]

#: Radius of smoothing kernels, in their standard deviations.
TRUNCATE: Final = 3.5
#: Bright pixels that each term of a matching needs at least.
_FEWEST_BRIGHT: Final = 40
#: Relative error of a scale from zero points.
_SCALE_TOLD: Final = 0.03
#: Largest factor of a derivative, in those of the image: first order holds no farther.
_FURTHEST: Final = 1.0


def smoothed(image: Image, sigma_pixels: float) -> Image:
    """Convolve with a Gaussian; outside the image is nothing."""
    if sigma_pixels <= 0:
        return image
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image, sigma_pixels, mode="constant", truncate=TRUNCATE), np.float32)


def matched(reference: Image, matching: Matching) -> Image:
    """Apply a matching to a smoothed reference."""
    scale, down, right, wider = (np.float32(factor) for factor in matching)
    found = scale * reference
    if down or right or wider:
        rows, columns, laplacian = derivatives(reference)
        found += down * rows + right * columns + wider * laplacian
    return found


def derivatives(image: Image) -> tuple[Image, Image, Image]:
    """Return derivatives along rows and columns and the Laplacian; 0 on the frame's edge."""
    rows, columns, laplacian = np.zeros((3, *image.shape), np.float32)
    rows[1:-1] = (image[2:] - image[:-2]) / 2
    columns[:, 1:-1] = (image[:, 2:] - image[:, :-2]) / 2
    inner = image[1:-1, 1:-1]
    laplacian[1:-1, 1:-1] = (
        image[2:, 1:-1] + image[:-2, 1:-1] + image[1:-1, 2:] + image[1:-1, :-2] - 4 * inner
    )
    return rows, columns, laplacian


def fitted_matching(
    image: Image,
    other: Image,
    rms: Image,
    other_rms: Image,
    missing: NDArray[np.bool_],
    told: float | None,
) -> Matching:
    """Fit the matching to bright pixels; those far from the fit, such as of variable stars, are left out.

    With few of them it is the scale alone that is fitted, to fainter ones if need be. They are chosen by the
    reference, so that what is new does not choose itself.
    """
    bright, terms = missing, []
    for limit, n_terms in ((15.0, 4), (7.0, 4), (15.0, 1), (5.0, 1)):
        bright = (other > limit * other_rms) & ~missing
        if int(bright.sum()) >= _FEWEST_BRIGHT * n_terms:
            terms = [other, *derivatives(other)][:n_terms]
            break
    if not terms:
        return (1.0 if told is None else told), 0.0, 0.0, 0.0
    target = image[bright].astype(np.float64)
    design = np.stack([part[bright] for part in terms], axis=1).astype(np.float64)
    found = np.zeros(4)
    found[0] = scale = max(float(np.median(target / design[:, 0])), 1e-3) if told is None else told
    # What is told of the scale is one more measurement.
    prior, known = np.zeros((1, len(terms))), np.zeros(1)
    if told is not None:
        prior[0, 0], known[0] = 1 / (_SCALE_TOLD * told), 1 / _SCALE_TOLD
    error = np.hypot(np.hypot(rms[bright], scale * other_rms[bright]), 0.05 * scale * design[:, 0])
    for clip in (6.0, 3.0, 3.0):
        away = np.abs(target - design @ found[: len(terms)]) / error
        kept = away < clip * max(1.0, float(np.median(away)))
        if int(kept.sum()) < _FEWEST_BRIGHT / 4:
            break
        weighted = np.concatenate([design[kept] / error[kept, None], prior])
        wanted = np.concatenate([target[kept] / error[kept], known])
        found[: len(terms)] = np.linalg.lstsq(weighted, wanted, rcond=1e-6)[0]
    limited = found.clip(-_FURTHEST * abs(scale), _FURTHEST * abs(scale))
    return float(found[0]), float(limited[1]), float(limited[2]), float(limited[3])
