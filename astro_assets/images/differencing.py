"""The difference of two aligned frames after matching their PSFs, and how significant each pixel of it is.

Backgrounds, matching, noise and the matched filter live here, for simulated and real frames alike; frames are
aligned elsewhere, and what a significant pixel means is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.backgrounds import levelled, sky_subtracted
from astro_assets.images.difference_noise import (
    LEAK,
    DifferencingSettings,
    bridged,
    hot_pixels,
    leaking,
    stars_seen,
    trust_in,
    variance_of_stars,
)
from astro_assets.images.frame import Frame
from astro_assets.images.psf_matching import (
    TRUNCATE,
    Matching,
    fitted_matching,
    matched,
    smoothed,
)

Image = NDArray[np.float32]

_SIGMA_A_FWHM: Final = 1 / 2.3548
_MAD_TO_SIGMA: Final = np.float32(1.4826)
#: Share of a kernel that may lie on missing pixels.
_MOST_MISSING: Final = 0.25
#: Share of a frame without stars that its noise is measured on; where there is less, on all of it.
_LEAST_SKY: Final = 0.1


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
        Of a point source at each pixel: its matched-filter signal-to-noise ratio, negative where it faded;
        errors of the subtraction of stars count as if those of neighbouring pixels were independent.
    trust
        By which significance shrinks, 0 to 1, when these errors count as they are found in the frame: its
        product with the significance scatters by 1 in stars that do not vary, too.
    is_missing
        Pixels that are no measurement in either frame.
    weight
        Inverse variance of a pixel of the difference, counts^-2 of the science frame.
    norm
        By which the filtered, weighted difference is divided.
    matching
        What makes the reference match: see :func:`astro_assets.images.psf_matching.matched`.
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
    trust: Image
    is_missing: NDArray[np.bool_]
    weight: Image
    norm: Image
    matching: Matching
    fwhm_pixels: float
    science_blur_pixels: float
    reference_blur_pixels: float
    noise_counts: float

    @property
    def trusted(self) -> Image:
        """Return the signal-to-noise ratio of a point source at each pixel: significance times trust."""
        return self.significance * self.trust

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
        reach = int(np.ceil(TRUNCATE * (self.fwhm_pixels * _SIGMA_A_FWHM + self.science_blur_pixels))) + 1
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
    position, width, elongation and wings, are fitted to bright pixels: a kernel of Alard & Lupton (1998, ApJ
    503, 325) with eight terms. The noise is that of the sky, of photons of stars, of what an error of
    alignment makes of gradients (as in Zackay, Ofek & Gal-Yam 2016, ApJ 830, 27, section 3.3), and of stars'
    light that is lost beyond edges and in missing pixels; a filter matched to the PSF gives the
    significance, whose scatter over the sky between stars is set to 1. By how much it scatters more in stars
    is measured, and told as trust.

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
    sky = [sky_subtracted(frame, settings.mesh_pixels) for frame in (science, reference)]
    (image, rms, gain, missing), (other, other_rms, other_gain, other_gone) = sky
    # The reference is as it was read; in the science frame hot pixels are what is asked for, or were moved.
    other_gone = other_gone | hot_pixels(other, other_rms, other_gone, settings)
    other[other_gone] = 0
    blurs = [
        np.sqrt(max(broad**2 - own**2, 0)) * _SIGMA_A_FWHM
        for own, broad in (
            (science_fwhm_pixels, max(science_fwhm_pixels, reference_fwhm_pixels)),
            (reference_fwhm_pixels, max(science_fwhm_pixels, reference_fwhm_pixels)),
        )
    ]
    fwhm = max(science_fwhm_pixels, reference_fwhm_pixels)
    (own_lost, own_missing), (other_lost, other_missing) = (
        leaking(frame, gone, float(blur))
        for frame, gone, blur in ((science, missing, blurs[0]), (reference, other_gone, blurs[1]))
    )
    lost, is_missing = own_lost + other_lost, own_missing | other_missing
    if is_missing.all():
        raise ValueError("no pixel is a measurement in both frames")
    width = fwhm * _SIGMA_A_FWHM
    blurred = smoothed(bridged(image, missing, width), blurs[0], "nearest")
    other_blurred = smoothed(bridged(other, other_gone, width), blurs[1], "nearest")
    unclear = is_missing | (lost > LEAK)
    matching = fitted_matching(blurred, other_blurred, (rms, other_rms), unclear, fwhm, flux_scale)
    scale = matching[0]
    stars = matched(other_blurred, matching, fwhm)
    noise = np.float32(scale) * other_rms
    variance = rms**2 + noise**2
    variance += variance_of_stars(stars_seen(stars, noise), 1 / gain + scale / other_gain, settings)
    light = np.maximum(np.abs(stars), np.abs(blurred))
    variance += np.where(stars > 3 * noise, (2 * lost.clip(0, 1) * light) ** 2, np.float32(0))
    weight = np.where(is_missing, np.float32(0), 1 / variance)
    difference = levelled(blurred - stars, is_missing, settings.mesh_pixels)
    filtered, norm, is_missing = _filtered(difference, weight, fwhm, is_missing)
    measured = ~is_missing & (stars < 3 * noise)
    if measured.mean() < _LEAST_SKY:
        measured = ~is_missing
    per_noise = difference * np.sqrt(weight)
    per_noise /= max(_scatter(per_noise[measured]), np.float32(1e-3))
    factor = np.float32(1) / max(_scatter((filtered * norm)[measured]), np.float32(1e-3))
    norm *= factor
    significance = filtered * norm
    return Difference(
        science=image / rms,
        reference=other / other_rms,
        difference=per_noise,
        significance=significance,
        trust=trust_in(significance, stars_seen(stars, noise), weight, norm, is_missing, width, settings),
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
