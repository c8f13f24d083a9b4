"""What a frame is like, on its own and beside the best of its night: the numbers that quality is told from.

What is unknown is NaN. How the numbers are judged is decided in `forest` and `density`.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.photometry.pixels import Pixels, above_the_sky
from astro_assets.images.photometry.robust import MAD_TO_SIGMA, scatter
from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.quality.expectation import COUNT_EXPONENT, Expectation
from astro_assets.images.quality.matching import bright_stars, placed, star_light

Floats = NDArray[np.float64]

#: A column this many of its own standard errors off its neighbours is odd.
ODD_SIGMA: Final = 8.0
#: A star's signal-to-noise ratio is at most so many times that in the best frame.
MOST_GAIN: Final = 1.5


@dataclass(frozen=True, slots=True)
class QualityMeasures:
    """Numbers of a frame; NaN where unknown. Those from ``fwhm_ratio`` on need an expectation.

    Parameters
    ----------
    fwhm_pixels, fwhm_spread, elongation, trailing
        Of stars: width, its scatter across the frame relative to it, ratio of axes, and length of the common
        part of the stars' elongation, 0 if they are round or point anywhere.
    background_rate, background_noise
        Counts a second, and the standard deviation of a pixel over the root of the level.
    gradient
        Range of a plane through the background over the level.
    stars_per_megapixel
        As in an exposure of one minute, where that is known.
    saturated_fraction, masked_fraction, hot_fraction, odd_columns
        Parts of the pixels, and of the columns.
    airmass, exposure_s
        As the header tells.
    fwhm_ratio, elongation_ratio, background_ratio, noise_ratio, gradient_ratio, stars_ratio, exposure_ratio
        Over the night's best frames; the gradient over their background. Of the exposure, over the usual one.
    transparency
        Light of the same stars over that in the best frame, at equal exposures: 1 is clear. See also
        :attr:`relative_zero_point`.
    transparency_spread
        Robust scatter of that among stars, relative.
    depth
        Signal-to-noise ratio of faint stars over that in the best frame at the usual exposure, averaged over
        the field.
    matched_fraction
        Part of the stars compared that can be placed; 0 if the frame cannot be placed at all.
    comparison_residual
        Robust scatter of comparison stars about their levels in the night, relative to their light, once what
        is common to the frame is removed: see :mod:`astro_assets.images.quality.residuals`.
    """

    fwhm_pixels: float
    fwhm_spread: float
    elongation: float
    trailing: float
    background_rate: float
    background_noise: float
    gradient: float
    stars_per_megapixel: float
    saturated_fraction: float
    masked_fraction: float
    hot_fraction: float
    odd_columns: float
    airmass: float
    exposure_s: float
    fwhm_ratio: float = np.nan
    elongation_ratio: float = np.nan
    background_ratio: float = np.nan
    noise_ratio: float = np.nan
    gradient_ratio: float = np.nan
    stars_ratio: float = np.nan
    exposure_ratio: float = np.nan
    transparency: float = np.nan
    transparency_spread: float = np.nan
    depth: float = np.nan
    matched_fraction: float = np.nan
    comparison_residual: float = np.nan

    @property
    def relative_zero_point(self) -> float:
        """Return the zero point minus that of the best frame, mag; NaN where no light is left."""
        return 2.5 * float(np.log10(self.transparency)) if self.transparency > 0 else np.nan

    def vector(self) -> Floats:
        """Return the numbers in the order of :data:`MEASURES`, shape (len(MEASURES),)."""
        return np.array(astuple(self), np.float64)

    def alone(self) -> QualityMeasures:
        """Return what is known without a night."""
        return replace(self, **dict.fromkeys(RELATIVE, np.nan))


#: Names of the numbers in their order.
MEASURES: Final = tuple(field.name for field in fields(QualityMeasures))
#: Those that an expectation is needed for.
RELATIVE: Final = MEASURES[MEASURES.index("fwhm_ratio") :]


def quality_measures(
    frame: Frame,
    sources: FrameSources,
    settings: MeasuringSettings,
    expectation: Expectation | None = None,
) -> tuple[QualityMeasures, Floats]:
    """Measure a frame, and compare it with the best of its night if that is given.

    What all frames of a night are needed for is left unknown: see `residuals.with_residuals`.

    Parameters
    ----------
    frame, sources
        The frame and what `photometry.sources.measure_frame` found in it with the same settings.
    settings
        Background.
    expectation
        Of the night; without it what is relative is NaN.

    Returns
    -------
    measures
        Of the frame.
    light
        Counts of the stars that are ``measured`` in the expectation, as in the usual exposure, shape (m,);
        NaN where one is not seen; none without an expectation.

    Raises
    ------
    ValueError
        As `photometry.pixels.above_the_sky`.
    """
    pixels = above_the_sky(frame.image, settings)
    alone = _alone(frame, sources, pixels)
    return (alone, np.zeros(0)) if expectation is None else _beside(alone, sources, pixels, expectation)


def _alone(frame: Frame, sources: FrameSources, pixels: Pixels) -> QualityMeasures:
    found, size = sources.measures, frame.image.size
    exposure = _known(frame.exposure_s)
    minutes = exposure / 60 if exposure > 0 else 1.0
    level = found.background_level
    length = 1 - 1 / max(found.elongation, 1.0) if np.isfinite(found.elongation) else np.nan
    return QualityMeasures(
        fwhm_pixels=found.fwhm_pixels,
        fwhm_spread=found.fwhm_spread,
        elongation=found.elongation,
        trailing=length * found.direction_coherence,
        background_rate=level / exposure if exposure > 0 else np.nan,
        background_noise=found.background_noise / np.sqrt(level) if level > 0 else np.nan,
        gradient=found.background_gradient / level if level > 0 else np.nan,
        stars_per_megapixel=1e6 * found.n_stars / size / minutes**COUNT_EXPONENT,
        saturated_fraction=found.saturated_fraction,
        masked_fraction=found.masked_fraction,
        hot_fraction=found.n_hot_pixels / size,
        odd_columns=_odd_columns(pixels),
        airmass=_known(frame.airmass),
        exposure_s=exposure,
    )


def _beside(
    alone: QualityMeasures, sources: FrameSources, pixels: Pixels, expectation: Expectation
) -> tuple[QualityMeasures, Floats]:
    found, best = sources.measures, expectation
    # Where an exposure is unknown, all of the night are taken for equal.
    exposure = alone.exposure_s / best.exposure_s
    longer = exposure if np.isfinite(exposure) and exposure > 0 else 1.0
    relative = replace(
        alone,
        fwhm_ratio=found.fwhm_pixels / best.fwhm_pixels,
        elongation_ratio=found.elongation / best.elongation,
        background_ratio=_ratio(found.background_level / longer, best.background_level),
        noise_ratio=_ratio(found.background_noise, best.background_noise),
        gradient_ratio=_ratio(found.background_gradient / longer, best.background_level),
        stars_ratio=_ratio(found.n_stars, best.n_stars),
        exposure_ratio=exposure,
    )
    placement = placed(bright_stars(sources, len(best.positions)), best.positions, sources.shape)
    if placement is None or not best.flux.size:
        return replace(relative, matched_fraction=0.0), np.full(best.flux.size, np.nan)
    places = placement.from_other(best.measured)
    flux, filtered = star_light(pixels, places)
    is_known = np.isfinite(flux)
    if not is_known.any():
        return replace(relative, matched_fraction=0.0), flux
    light = flux[is_known] / best.flux[is_known] / longer
    through = float(np.median(light))
    # A mean, as a shadow may lie on a part of the field; no star gains much but by what falls upon it.
    depth = np.clip(filtered[is_known] / best.filtered[is_known], 0, MOST_GAIN)
    compared = replace(
        relative,
        transparency=max(through, 0.0),
        transparency_spread=scatter(light) / through if through > 0 else np.nan,
        depth=float(np.mean(depth)),
        matched_fraction=float(np.mean(is_known)),
    )
    return compared, flux / longer


def _odd_columns(pixels: Pixels) -> float:
    """Return the part of the columns whose median does not fit in with those around them."""
    from scipy.ndimage import median_filter

    medians = np.median(pixels.signal, axis=0)
    left = medians - median_filter(medians, 9, mode="nearest")
    # The median of n normal numbers scatters by 1.2533 over the root of n.
    own = 1.2533 * float(np.median(pixels.noise)) / np.sqrt(pixels.signal.shape[0])
    spread = max(own, MAD_TO_SIGMA * float(np.median(np.abs(left))))
    return float(np.mean(np.abs(left) > ODD_SIGMA * spread))


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else np.nan


def _known(value: float | None) -> float:
    return np.nan if value is None else float(value)
