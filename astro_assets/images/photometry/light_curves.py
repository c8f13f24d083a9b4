"""From counts in apertures to differential light curves with errors.

What was measured comes in; nothing here looks at pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.ensemble import Ensemble, artificial_star
from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.levels import levels_of
from astro_assets.images.photometry.night import NightMeasurements
from astro_assets.images.photometry.noise_model import estimate_gain, scintillation
from astro_assets.images.photometry.robust import row_medians, row_scatters
from astro_assets.images.photometry.settings import EnsembleSettings, SeriesSettings
from astro_assets.images.photometry.shared_trends import shared_trends

#: A radius is chosen by the scatter of so many stars next in brightness.
N_EQUALS: Final = 30
#: Stars with this signal-to-noise ratio tell the gain.
GAIN_SNR: Final = 15.0


@dataclass(frozen=True, slots=True)
class LightCurves:
    """Of all stars; arrays of shape (n_stars,) or (n_stars, n_frames), NaN where there is no measurement.

    Parameters
    ----------
    flux
        Mean counts in the star's aperture.
    radius_pixels
        Of that aperture.
    relative_flux
        Over the star's own artificial comparison star, without the trends that stars share; median 1.
    detrended_flux
        The same, 1 outside the deepest dip.
    error
        Photons of star and sky, detector, scintillation, comparison stars, as computed; relative.
    scaled_error
        The same times `error_factor`, so that it fits the scatter.
    error_factor
        Scatter over the median of `error`.
    scatter
        Robust, of what remains without the deepest dip.
    photon_limit
        Median scatter that photons of star and sky and the detector's noise make alone.
    is_comparison, weight
        Whether the star is one that others are compared with; its part in the ensemble of its aperture.
    dip
        The deepest dip, fitted so that the level is that outside; 0 there.
    gain, gain_is_estimated, gain_error
        Electrons a count; from the headers, or from how noise grows with flux; NaN if neither tells.
    shared_terms
        Which trends that stars share were removed, of each radius.
    """

    flux: Floats
    radius_pixels: Floats
    relative_flux: Floats
    detrended_flux: Floats
    error: Floats
    scaled_error: Floats
    error_factor: Floats
    scatter: Floats
    photon_limit: Floats
    is_comparison: Booleans
    weight: Floats
    dip: Floats
    gain: float
    gain_is_estimated: bool
    gain_error: float
    shared_terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Differential:
    """Of one radius."""

    relative: Floats
    ensemble: Ensemble
    shared: tuple[str, ...]


def light_curves(
    night: NightMeasurements, settings: SeriesSettings, target: int | None = None
) -> LightCurves:
    """Compare stars with one another.

    Parameters
    ----------
    night
        All stars in all frames.
    settings
        Ensemble, trends, telescope.
    target
        A star that no other is compared with; none of the choices that are made is made on its light.

    Returns
    -------
    LightCurves
        Of every star.

    Raises
    ------
    ValueError
        If too few stars can be compared.
    """
    of_radii = [_differential(night, number, settings, target) for number in range(night.radii_pixels.size)]
    choice = _radius_of_each(night, of_radii, target)
    stars = np.arange(len(choice))
    relative = np.stack([one.relative for one in of_radii])[choice, stars]
    flux = night.flux[choice, stars]
    sky = night.sky_variance[choice, stars]
    weights = np.stack([one.ensemble.weights for one in of_radii])[choice, stars]
    levels = levels_of(relative, _hours(night), settings.level)
    level = levels.level[:, None]
    mean = row_medians(flux)
    gain, gain_error = (night.gain, 0.0) if night.gain else _gain(mean, relative, sky, target)
    variance = (np.maximum(flux, 1) / gain if np.isfinite(gain) else 0 * flux) + sky
    photons = np.sqrt(variance) / np.maximum(flux, 1e-9)
    error = np.hypot(photons, _others(night, of_radii, choice, gain))
    if settings.telescope_diameter_m is not None:
        error = np.hypot(error, _air(night, settings.telescope_diameter_m))
    detrended = relative / np.where(level > 0, level, np.nan)
    error = np.where(np.isfinite(detrended), error, np.nan)
    factor = levels.scatter / row_medians(error)
    return LightCurves(
        flux=mean,
        radius_pixels=night.radii_pixels[choice],
        relative_flux=relative,
        detrended_flux=detrended,
        error=error,
        scaled_error=error * factor[:, None],
        error_factor=factor,
        scatter=levels.scatter,
        photon_limit=row_medians(np.where(np.isfinite(relative), photons, np.nan)),
        is_comparison=weights > 0,
        weight=weights,
        dip=levels.dip,
        gain=gain,
        gain_is_estimated=not night.gain,
        gain_error=gain_error,
        shared_terms=tuple(one.shared for one in of_radii),
    )


def _differential(
    night: NightMeasurements, number: int, settings: SeriesSettings, target: int | None
) -> _Differential:
    """Compare stars in one aperture: ensemble, map of the detector, ensemble again."""
    rules = settings.ensemble
    flux = night.flux[number]
    is_candidate = _candidates(night, number, rules, target)
    first = artificial_star(flux, is_candidate, rules)
    relative = first.relative(flux, rules.fewest_stars)
    brightness = row_medians(flux)
    shared = shared_trends(
        relative,
        first.weights,
        night.places,
        brightness,
        frame_terms(night),
        night.shape,
        rules.highest_degree,
    )
    if not shared.terms:
        return _Differential(relative, first, ())
    flat = flux / shared.ratio
    second = artificial_star(flat, is_candidate, rules)
    return _Differential(second.relative(flat, rules.fewest_stars), second, shared.terms)


def _candidates(
    night: NightMeasurements, number: int, rules: EnsembleSettings, target: int | None
) -> Booleans:
    """Say which stars may be compared with: alone, bright, linear, measured in most frames."""
    flux = night.flux[number]
    n_used = max(1, int(night.is_used().sum()))
    snr = row_medians(flux / np.sqrt(night.sky_variance[number]))
    can = ~night.stars.is_blended & (np.nan_to_num(snr) >= rules.least_snr)
    can &= np.isfinite(flux).sum(axis=1) >= rules.least_coverage * n_used
    if target is not None:
        can[target] = False
    can[np.flatnonzero(can)[rules.most_stars :]] = False
    return can


def _radius_of_each(
    night: NightMeasurements, of_radii: list[_Differential], target: int | None
) -> NDArray[np.int64]:
    """Choose the radius in which a star's equals scatter least; itself and the target have no say."""
    scatters = np.stack([row_scatters(one.relative) for one in of_radii])
    n_stars = scatters.shape[1]
    told = np.isfinite(scatters).all(axis=0) & ~night.stars.is_blended
    if target is not None:
        told[target] = False
    # Of stars that hardly scatter more than they must, or the noisy ones outvote the others.
    voters = np.flatnonzero(told)
    choice = np.zeros(n_stars, np.int64)
    for star in range(n_stars):
        place = int(np.searchsorted(voters, star))
        near = voters[max(0, place - N_EQUALS // 2) : place + N_EQUALS // 2 + 1]
        near = near[near != star]
        if near.size:
            choice[star] = int(np.argmin(np.median(scatters[:, near], axis=1)))
    return choice


def _hours(night: NightMeasurements) -> Floats:
    """Since the first frame; frames without a time follow, for their fluxes are all missing."""
    hours = 24 * (night.mid_mjd_utc - np.nanmin(night.mid_mjd_utc))
    return np.where(np.isfinite(hours), hours, np.nanmax(hours))


def frame_terms(night: NightMeasurements) -> dict[str, Floats]:
    """Return what light may go with, of each frame, shape (n_frames,): for fits of a dip along with trends.

    Airmass; where the middle of the reference lies, x and y; FWHM; background. NaN in frames left out.
    """
    middle = np.array([night.shape[::-1]]) / 2
    is_used = night.is_used()
    drift = np.array([one.from_reference(middle)[0] for one in night.alignments if one.is_aligned])
    terms = np.full((5, is_used.size), np.nan)
    terms[0, is_used] = night.airmass[is_used]
    terms[1:3, is_used] = drift.T
    terms[3:, is_used] = np.array(
        [[one.fwhm_pixels, one.background_level] for one in np.array(night.measures, dtype=object)[is_used]]
    ).T
    return dict(zip(("airmass", "x", "y", "fwhm", "background"), terms, strict=True))


def _gain(mean: Floats, relative: Floats, sky: Floats, target: int | None) -> tuple[float, float]:
    """Estimate the gain from differences of neighbours in time, which slow changes do not touch."""
    step = relative[:, 2:] / 2 - relative[:, 1:-1] + relative[:, :-2] / 2
    variance = row_scatters(step) ** 2 / 1.5 * mean**2
    typical = row_medians(sky)
    told = mean > GAIN_SNR * np.sqrt(typical)
    if target is not None:
        told[target] = False
    found = estimate_gain(mean[told], variance[told], typical[told])
    return (np.nan, np.nan) if found is None else (found.gain, found.gain_error)


def _others(
    night: NightMeasurements, of_radii: list[_Differential], choice: NDArray[np.int64], gain: float
) -> Floats:
    """Noise of the artificial comparison stars, relative, shape (n_stars, n_frames)."""
    noises = []
    for number, one in enumerate(of_radii):
        flux = night.flux[number]
        variance = np.nan_to_num((flux / gain if np.isfinite(gain) else 0) + night.sky_variance[number])
        weight = one.ensemble.counted
        own = (weight * np.sqrt(variance) / np.maximum(np.nan_to_num(flux, nan=1.0), 1e-9)) ** 2
        total = np.maximum(weight.sum(axis=0) - weight, 1e-12)
        noises.append(np.sqrt(np.maximum(own.sum(axis=0) - own, 0)) / total)
    result: Floats = np.stack(noises)[choice, np.arange(choice.size)]
    return result


def _air(night: NightMeasurements, diameter_m: float) -> Floats:
    """Scintillation of each frame; zenith and sea level where airmass and site are unknown."""
    elevation = 0.0 if night.site is None else night.site.elevation_m
    air = scintillation(night.exposure_s, np.nan_to_num(night.airmass, nan=1.0), diameter_m, elevation)
    return np.nan_to_num(air)
