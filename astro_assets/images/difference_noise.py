"""What is not trusted in the difference of two frames: edges, holes, and the subtraction of stars.

Variances and masks are worked out here for `differencing`, which subtracts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.pixels import standing_alone
from astro_assets.images.psf_matching import derivatives, smoothed

Image = NDArray[np.float32]

#: Share of a smoothed pixel's light that may come from missing pixels; where they are saturated, and bright.
LEAK: Final = 0.02
_LEAK_SATURATED: Final = 0.001
#: Pixels along the edge in which no kernel but the Gaussian is known.
_EDGE: Final = 2
#: Pixels that tell how well stars are subtracted, at least; limits of what is sought, and steps.
_FEWEST_TELLING: Final = 50
_FACTORS, _HALVINGS = (0.01, 100.0), 25
#: Of the square of a normal number.
_MEDIAN_CHI2: Final = 0.455


class DifferencingSettings(BaseModel):
    """Settings of backgrounds, and of what the subtraction of stars is not trusted for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mesh_pixels: int = Field(64, ge=16, le=512, description="Side of the background's meshes, pixels.")
    registration_pixels: float = Field(
        0.05,
        ge=0,
        le=2,
        description="Expected error of the alignment along an axis, pixels: noise where there are gradients.",
    )
    hot_pixel_contrast: float = Field(
        0.2,
        ge=0,
        lt=1,
        description="A pixel whose neighbours have less than this part of its signal is hot: no measurement.",
    )
    scale_error: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="Expected relative error of the subtraction of a star: noise likewise.",
    )


def hot_pixels(
    image: Image, rms: Image, missing: NDArray[np.bool_], settings: DifferencingSettings
) -> NDArray[np.bool_]:
    """Return pixels that stand alone above the sky of a frame as it was read: no star is as sharp."""
    return standing_alone(image, rms, missing, settings.hot_pixel_contrast)[0]


def bridged(image: Image, missing: NDArray[np.bool_], width: float) -> Image:
    """Fill missing pixels with the mean of what is around them, lest their neighbours' slopes be cliffs."""
    if not missing.any():
        return image
    known = smoothed((~missing).astype(np.float32), width)
    with np.errstate(divide="ignore", invalid="ignore"):
        around = smoothed(image, width) / known
    return np.where(missing & (known > LEAK), around, image).astype(np.float32)


def leaking(frame: Frame, missing: NDArray[np.bool_], blur: float) -> tuple[Image, NDArray[np.bool_]]:
    """Return the share of each smoothed pixel that lies where nothing was measured, and pixels it spoils."""
    from scipy.ndimage import maximum_filter

    full = np.zeros(missing.shape, np.float32)
    if frame.saturation is not None:
        # Charge flows to a saturated pixel's neighbours. A comparison with NaN is False.
        full = maximum_filter((frame.image >= frame.saturation).astype(np.float32), 3)
        missing = missing | (full > 0)
    lost = missing.astype(np.float32)
    if blur:
        inside = smoothed(lost, blur)
        lost = 1 - smoothed(np.ones_like(lost), blur) + inside
        missing = missing | (inside > LEAK) | (smoothed(full, blur) > _LEAK_SATURATED)
    lost[:_EDGE] = lost[-_EDGE:] = lost[:, :_EDGE] = lost[:, -_EDGE:] = 1
    return lost, missing


def stars_seen(stars: Image, noise: Image) -> tuple[Image, Image, Image]:
    """Return the reference's light where it is seen, and its derivatives: noise alone has gradients."""
    seen = stars > 3 * noise
    down, right = derivatives(stars)
    return stars * seen, down * seen, right * seen


def variance_of_stars(
    seen: tuple[Image, Image, Image], per_count: float, settings: DifferencingSettings
) -> Image:
    """Return what stars add to the variance of the sky, counts^2."""
    light, down, right = seen
    return np.asarray(
        light * np.float32(per_count)
        + np.float32(settings.registration_pixels**2) * (down**2 + right**2)
        + (np.float32(settings.scale_error) * light) ** 2,
        np.float32,
    )


def trust_in(
    significance: Image,
    seen: tuple[Image, Image, Image],
    weight: Image,
    norm: Image,
    is_missing: NDArray[np.bool_],
    width: float,
    settings: DifferencingSettings,
) -> Image:
    """Return by how much significance shrinks when errors of the subtraction count as they are found.

    An error of a star's scale or position is one for all of its pixels, and adds up in the filter as a source
    does. What it would be by the settings is worked out; how many times as large it is in this frame, the
    median of stars tells, which few variable ones do not move. As photometry on differences scales its errors
    by the residuals of stars that do not vary.
    """
    light, down, right = (smoothed(weight * part, width) * norm for part in seen)
    missed = (np.float32(settings.scale_error) * light) ** 2
    missed += np.float32(settings.registration_pixels**2) * (down**2 + right**2)
    telling = (missed > 1) & ~is_missing
    factor = 1.0
    if int(telling.sum()) >= _FEWEST_TELLING:
        found, expected = significance[telling] ** 2, missed[telling]
        low, high = _FACTORS
        for _ in range(_HALVINGS):
            factor = float(np.sqrt(low * high))
            if float(np.median(found / (1 + np.float32(factor) * expected))) > _MEDIAN_CHI2:
                low = factor
            else:
                high = factor
    return np.asarray(1 / np.sqrt(1 + np.float32(factor) * missed), np.float32)
