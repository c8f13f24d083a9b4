"""The difference of two aligned frames after matching their PSFs, and how significant each pixel of it is.

Backgrounds, matching, noise and the matched filter live here, for simulated and real frames alike; frames are
aligned elsewhere, and what a significant pixel means is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.frame import Frame

Image = NDArray[np.float32]
Matching = tuple[float, float, float, float]

_SIGMA_A_FWHM: Final = 1 / 2.3548
_MAD_TO_SIGMA: Final = np.float32(1.4826)
#: Radius of smoothing kernels, in their standard deviations.
_TRUNCATE: Final = 3.5
#: Share of a kernel that may lie on missing pixels.
_MOST_MISSING: Final = 0.25
#: Bright pixels that each term of a matching needs at least.
_FEWEST_BRIGHT: Final = 40
#: Relative error of a scale from zero points.
_SCALE_TOLD: Final = 0.03
#: Share of a frame without stars that its noise is measured on; where there is less, on all of it.
_LEAST_SKY: Final = 0.1
#: Largest factor of a derivative, in those of the image: first order holds no farther.
_FURTHEST: Final = 1.0


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
    scale_error: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="Expected relative error of the subtraction of a star: noise likewise.",
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What two frames tell of a change; all images float32 of one shape, 0 where nothing was measured.

    Parameters
    ----------
    science, reference
        Above their backgrounds, in units of their own noise; neither is smoothed.
    difference
        Science less reference, PSFs matched, in units of its noise, that of stars included.
    significance
        Of a point source at each pixel: its matched-filter signal-to-noise ratio, negative where it faded.
    is_missing
        Pixels that are no measurement in either frame.
    weight
        Inverse variance of a pixel of the difference, counts^-2 of the science frame.
    norm
        By which the filtered, weighted difference is divided.
    matching
        What makes the reference match: factors of its smoothed image, its derivatives along rows and columns,
        and its Laplacian.
    fwhm_pixels
        Of the difference's PSF.
    science_blur_pixels, reference_blur_pixels
        Standard deviation of the Gaussian that the science, or reference, frame was smoothed with.
    noise_counts
        Typical noise of the science frame's sky.
    """

    science: Image
    reference: Image
    difference: Image
    significance: Image
    is_missing: NDArray[np.bool_]
    weight: Image
    norm: Image
    matching: Matching
    fwhm_pixels: float
    science_blur_pixels: float
    reference_blur_pixels: float
    noise_counts: float

    def significance_of(self, counts: Image, where: tuple[slice, slice]) -> tuple[Image, tuple[slice, slice]]:
        """Filter a signal without noise: the significance it adds, and where.

        Parameters
        ----------
        counts
            Of the science frame, in a part of it.
        where
            That part.

        Returns
        -------
        significance, where
            In the part and as far around it as filters reach.
        """
        reach = int(np.ceil(_TRUNCATE * (self.fwhm_pixels * _SIGMA_A_FWHM + self.science_blur_pixels))) + 1
        rows, columns = (
            slice(max(part.start - reach, 0), min(part.stop + reach, size))
            for part, size in zip(where, self.weight.shape, strict=True)
        )
        around = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        top, left = where[0].start - rows.start, where[1].start - columns.start
        around[top : top + counts.shape[0], left : left + counts.shape[1]] = counts
        return self.filtered(smoothed(around, self.science_blur_pixels), (rows, columns)), (rows, columns)

    def filtered(self, counts: Image, where: tuple[slice, slice]) -> Image:
        """Return the significance of a difference without noise in a part of the frame."""
        weighted = counts * self.weight[where]
        return smoothed(weighted, self.fwhm_pixels * _SIGMA_A_FWHM) * self.norm[where]


def smoothed(image: Image, sigma_pixels: float) -> Image:
    """Convolve with a Gaussian; outside the image is nothing."""
    if sigma_pixels <= 0:
        return image
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image, sigma_pixels, mode="constant", truncate=_TRUNCATE), np.float32)


def subtract(
    science: Frame,
    reference: Frame,
    science_fwhm_pixels: float,
    reference_fwhm_pixels: float,
    settings: DifferencingSettings | None = None,
    flux_scale: float | None = None,
) -> Difference:
    """Subtract a reference from a science frame of the same pixels.

    The sharper frame is convolved to the broader with a Gaussian. Scale, and what is left to correct of
    position and width, are fitted to bright pixels: to first order, the kernel of Alard & Lupton (1998, ApJ
    503, 325) with four terms. The noise is that of the sky, of photons of stars, and of what an error of
    alignment makes of gradients (as in Zackay, Ofek & Gal-Yam 2016, ApJ 830, 27, section 3.3); a filter
    matched to the PSF gives the significance, whose scatter over the sky between stars is set to 1.

    Parameters
    ----------
    science, reference
        Aligned frames.
    science_fwhm_pixels, reference_fwhm_pixels
        Their seeing.
    settings
        Meshes, and what is not trusted.
    flux_scale
        Science over reference counts of the same star, from the frames' zero points, good to 3 %; None if
        they are not known, and stars in these frames have to tell.

    Raises
    ------
    ValueError
        If shapes differ or are smaller than a mesh, a FWHM is not positive, or no pixel is left.
    """
    settings = settings or DifferencingSettings()
    _refuse_bad(science, reference, science_fwhm_pixels, reference_fwhm_pixels, flux_scale)
    sky = [_sky_subtracted(frame, settings.mesh_pixels) for frame in (science, reference)]
    (image, rms, gain, missing), (other, other_rms, other_gain, other_missing) = sky
    blurs = [
        np.sqrt(max(broad**2 - own**2, 0)) * _SIGMA_A_FWHM
        for own, broad in (
            (science_fwhm_pixels, max(science_fwhm_pixels, reference_fwhm_pixels)),
            (reference_fwhm_pixels, max(science_fwhm_pixels, reference_fwhm_pixels)),
        )
    ]
    is_missing = _grown(missing, blurs[0]) | _grown(other_missing, blurs[1])
    if is_missing.all():
        raise ValueError("no pixel is a measurement in both frames")
    blurred, other_blurred = smoothed(image, blurs[0]), smoothed(other, blurs[1])
    matching = _matching(blurred, other_blurred, rms, other_rms, is_missing, flux_scale)
    scale = matching[0]
    stars = matched(other_blurred, matching)
    variance = (
        rms**2
        + (np.float32(scale) * other_rms) ** 2
        + _variance_of_stars(stars, np.float32(scale) * other_rms, 1 / gain + scale / other_gain, settings)
    )
    weight = np.where(is_missing, np.float32(0), 1 / variance)
    difference = _level(blurred - stars, is_missing, settings.mesh_pixels)
    fwhm = max(science_fwhm_pixels, reference_fwhm_pixels)
    filtered, norm, is_missing = _filtered(difference, weight, fwhm, is_missing)
    measured = ~is_missing & (stars < 3 * np.float32(scale) * other_rms)
    if measured.mean() < _LEAST_SKY:
        measured = ~is_missing
    per_noise = difference * np.sqrt(weight)
    per_noise /= max(_scatter(per_noise[measured]), np.float32(1e-3))
    factor = np.float32(1) / max(_scatter((filtered * norm)[measured]), np.float32(1e-3))
    norm *= factor
    return Difference(
        science=image / rms,
        reference=other / other_rms,
        difference=per_noise,
        significance=filtered * norm,
        is_missing=is_missing,
        weight=weight,
        norm=norm,
        matching=matching,
        fwhm_pixels=fwhm,
        science_blur_pixels=float(blurs[0]),
        reference_blur_pixels=float(blurs[1]),
        noise_counts=float(np.median(rms)),
    )


def _refuse_bad(
    science: Frame,
    reference: Frame,
    science_fwhm: float,
    reference_fwhm: float,
    flux_scale: float | None,
) -> None:
    shape = science.image.shape
    if len(shape) != 2 or shape != reference.image.shape:
        raise ValueError(f"a science frame of shape {shape} and a reference of {reference.image.shape}")
    if min(shape) < 16:
        raise ValueError(f"a frame of {shape[0]} x {shape[1]} pixels is too small to know its background")
    for name, fwhm in (("science", science_fwhm), ("reference", reference_fwhm)):
        if not (np.isfinite(fwhm) and 0.5 <= fwhm <= 50):
            raise ValueError(f"the {name} frame's FWHM of {fwhm} pixels is not between 0.5 and 50")
    if flux_scale is not None and not 1e-6 < flux_scale < 1e6:
        raise ValueError(f"a flux scale of {flux_scale} is not between 1e-6 and 1e6")


def _sky_subtracted(frame: Frame, mesh: int) -> tuple[Image, Image, float, NDArray[np.bool_]]:
    """Return the image above its background, 0 where missing; its noise, gain, and missing pixels."""
    import sep

    image = np.array(frame.image, np.float32, order="C")
    missing = ~np.isfinite(image)
    if frame.saturation is not None:
        missing |= image >= frame.saturation  # a comparison with NaN is False
    if missing.all():
        raise ValueError("a frame without a single measured pixel")
    image[missing] = 0
    # A star makes a mesh noisier, which the median of its neighbours mends; of a gradient it would leave a
    # part.
    level = sep.Background(image, mask=missing, bw=mesh, bh=mesh, fw=1, fh=1).back()
    background = sep.Background(image, mask=missing, bw=mesh, bh=mesh)
    rms = background.rms()
    floor = np.float32(max(float(background.globalrms), 1e-6))
    rms = np.maximum(rms, floor / 4)
    gain = frame.gain
    if gain is None:  # as if all of the sky's noise were its photons'
        sky = max(float(background.globalback), 0.0)
        gain = sky / float(floor) ** 2 if sky else np.inf
    image -= level
    image[missing] = 0
    return image, rms, float(gain), missing


def _level(difference: Image, is_missing: NDArray[np.bool_], mesh: int) -> Image:
    """Subtract the background of a difference, which stars and galaxies bias less than those of frames."""
    import sep

    difference[is_missing] = 0
    # Its meshes are as they are: their median would smooth away what is left of a gradient.
    difference -= sep.Background(difference, mask=is_missing, bw=mesh, bh=mesh, fw=1, fh=1).back()
    difference[is_missing] = 0
    return difference


def _grown(missing: NDArray[np.bool_], blur: float) -> NDArray[np.bool_]:
    if not blur or not missing.any():
        return missing
    return missing | (smoothed(missing.astype(np.float32), blur) > 0.02)


def matched(reference: Image, matching: Matching) -> Image:
    """Apply a matching to a smoothed reference."""
    scale, down, right, wider = (np.float32(factor) for factor in matching)
    found = scale * reference
    if down or right or wider:
        rows, columns, laplacian = _derivatives(reference)
        found += down * rows + right * columns + wider * laplacian
    return found


def _derivatives(image: Image) -> tuple[Image, Image, Image]:
    """Return derivatives along rows and columns and the Laplacian; 0 on the frame's edge."""
    rows, columns, laplacian = np.zeros((3, *image.shape), np.float32)
    rows[1:-1] = (image[2:] - image[:-2]) / 2
    columns[:, 1:-1] = (image[:, 2:] - image[:, :-2]) / 2
    inner = image[1:-1, 1:-1]
    laplacian[1:-1, 1:-1] = (
        image[2:, 1:-1] + image[:-2, 1:-1] + image[1:-1, 2:] + image[1:-1, :-2] - 4 * inner
    )
    return rows, columns, laplacian


def _matching(
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
            terms = [other, *_derivatives(other)][:n_terms]
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


def _variance_of_stars(stars: Image, noise: Image, per_count: float, settings: DifferencingSettings) -> Image:
    """Return what stars add to the variance of the sky, counts^2."""
    seen = np.where(stars > 3 * noise, stars, np.float32(0))
    down, right, _ = _derivatives(stars)
    steepness = down**2 + right**2
    # Noise alone has gradients; half the variance of a central difference each.
    steepness = np.where(seen > 0, steepness, np.float32(0))
    return np.asarray(
        seen * np.float32(per_count)
        + np.float32(settings.registration_pixels**2) * steepness
        + (np.float32(settings.scale_error) * seen) ** 2,
        np.float32,
    )


def _filtered(
    difference: Image, weight: Image, fwhm: float, is_missing: NDArray[np.bool_]
) -> tuple[Image, Image, NDArray[np.bool_]]:
    """Filter the weighted difference; where too much of the filter is missing nothing is known."""
    sigma = fwhm * _SIGMA_A_FWHM
    filtered = smoothed(difference * weight, sigma)
    # The square of a Gaussian filter is one of a narrower Gaussian, times this.
    squared = np.float32(1 / (4 * np.pi * sigma**2))
    power = smoothed(weight, sigma / np.sqrt(2)) * squared
    if is_missing.any():
        is_missing = is_missing | (
            smoothed((~is_missing).astype(np.float32), sigma / np.sqrt(2)) < _MOST_MISSING
        )
    with np.errstate(divide="ignore"):
        norm = np.where(is_missing | (power <= 0), np.float32(0), 1 / np.sqrt(power))
    return filtered, norm.astype(np.float32), is_missing


def _scatter(values: Image) -> np.float32:
    """Return the standard deviation about 0 as the median of absolute values tells it."""
    return np.float32(_MAD_TO_SIGMA * np.median(np.abs(values)))
