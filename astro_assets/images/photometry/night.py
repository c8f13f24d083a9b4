"""A night's frames laid upon their best one, and all its stars measured in all of them.

Counts come out; which stars are compared with which is decided in `light_curves`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame, Site
from astro_assets.images.photometry.apertures import Circles, measure_apertures
from astro_assets.images.photometry.frame_sources import Booleans, Floats, FrameMeasures, FrameSources
from astro_assets.images.photometry.night_stars import NightStars, stars_of_night
from astro_assets.images.photometry.registration import Alignment, not_aligned, register
from astro_assets.images.photometry.settings import SeriesSettings

#: So many frames are tried as the reference, the best first.
MOST_REFERENCES: Final = 3
#: A frame that does not lie on the reference may lie on one of so many next in time that do.
MOST_BRIDGES: Final = 4


class LeftOut(enum.IntFlag):
    """Why a star has no measurement in a frame; bits of `NightMeasurements.left_out`."""

    #: The whole frame is left out, `NightMeasurements.reasons` says why.
    FRAME = 1
    #: The aperture leaves the frame.
    EDGE = 2
    #: There are pixels that are no measurements in it.
    MASKED = 4
    #: There are saturated pixels in it.
    SATURATED = 8
    #: The light in it is not above the sky.
    NO_LIGHT = 16


@dataclass(frozen=True, slots=True)
class NightMeasurements:
    """Stars in apertures of several radii, frames in order of time.

    Parameters
    ----------
    names, reference
        Of the frames, and of the one whose pixels positions are given in.
    alignments, reasons
        Of each frame; why it is left out, None if it is not.
    measures
        Of each frame.
    mid_mjd_utc, exposure_s, airmass
        Of each frame, shape (n_frames,); NaN if unknown.
    shape, site, direction
        Rows and columns of the reference; of the telescope, None if unknown; ICRS degrees, NaN if unknown.
    gain
        Electrons a count, of the headers; None if they do not agree or do not tell.
    stars
        On the reference frame.
    radii_pixels
        Shape (n_radii,).
    flux, sky_variance
        Counts, NaN where left out, and squared noise of sky and detector; (n_radii, n_stars, n_frames).
    left_out
        Bits of `LeftOut`, same shape.
    places
        Pixels of each frame, shape (n_stars, n_frames, 2); NaN in frames left out.
    """

    names: tuple[str, ...]
    reference: str
    alignments: tuple[Alignment, ...]
    reasons: tuple[str | None, ...]
    measures: tuple[FrameMeasures, ...]
    mid_mjd_utc: Floats
    exposure_s: Floats
    airmass: Floats
    shape: tuple[int, int]
    site: Site | None
    direction: tuple[float, float]
    gain: float | None
    stars: NightStars
    radii_pixels: Floats
    flux: Floats
    sky_variance: Floats
    left_out: NDArray[np.uint8]
    places: Floats

    def is_used(self) -> Booleans:
        """Return which frames are not left out, shape (n_frames,)."""
        return np.array([reason is None for reason in self.reasons])


def measure_night(
    frames: Mapping[str, Frame],
    sources: Mapping[str, FrameSources],
    settings: SeriesSettings,
    told: Mapping[str, Frame] | None = None,
) -> NightMeasurements:
    """Register all frames to the best one and measure every star in every frame.

    Parameters
    ----------
    frames
        By name; each is asked for once or twice, so that they may be read when they are wanted.
    sources
        Of the same frames.
    settings
        Registration, apertures.
    told
        The same frames without pixels, where ``frames`` reads each when it is asked for; itself when None.

    Returns
    -------
    NightMeasurements
        All frames, in order of time, whatever order they came in.

    Raises
    ------
    ValueError
        If names differ, filters differ, no frame has a time, or no two frames can be aligned.
    """
    # Imported here to keep the reading of headers apart from that of pixels.
    from astro_assets.images.photometry.headers import headers_of

    if frames.keys() != sources.keys():
        only = sorted(frames.keys() ^ sources.keys())[:5]
        raise ValueError(f"frames and sources have different names: {', '.join(only)}")
    headers = headers_of(frames if told is None else told)
    ordered = {name: sources[name] for name in headers.names}
    first: dict[float, str] = {}
    for name, time in zip(headers.names, headers.mid_mjd_utc, strict=True):
        if np.isfinite(time):
            first.setdefault(float(time), name)
    timed = list(first.values())
    reference, alignments = align_night({name: ordered[name] for name in timed}, settings)
    # Copies of a frame, raw and calibrated or packed and not, are one exposure.
    for name, time in zip(headers.names, headers.mid_mjd_utc, strict=True):
        if np.isfinite(time):
            alignments.setdefault(name, not_aligned(f"its time is that of {first[float(time)]}"))
    for name in headers.names:
        alignments.setdefault(name, not_aligned("its time is unknown"))
    alignments = {name: alignments[name] for name in headers.names}
    fwhm = float(
        np.median([ordered[name].measures.fwhm_pixels for name in timed if alignments[name].is_aligned])
    )
    stars = stars_of_night(ordered, alignments, reference, fwhm, settings.least_presence)
    radii = fwhm * np.array(sorted(settings.aperture_fwhms))
    inner, outer = settings.annulus_fwhms
    circles = Circles(radii, fwhm * inner, fwhm * outer, fwhm)
    full = [one.saturation for one in ordered.values() if one.saturation is not None]
    saturation = min(full) if full else None
    size = (circles.radii.size, len(stars.positions), len(ordered))
    flux, variance = np.full(size, np.nan), np.full(size, np.nan)
    left_out = np.full(size, LeftOut.FRAME, np.uint8)
    places = np.full((*size[1:], 2), np.nan)
    for number, name in enumerate(headers.names):
        if not alignments[name].is_aligned:
            continue
        expected = alignments[name].from_reference(stars.positions)
        one = measure_apertures(frames[name], expected, circles, saturation, settings.measuring)
        flags = (
            one.is_edge * np.uint8(LeftOut.EDGE)
            | one.is_masked * np.uint8(LeftOut.MASKED)
            | one.is_saturated * np.uint8(LeftOut.SATURATED)
        )
        flags |= (~(one.flux > 0) & (flags == 0)) * np.uint8(LeftOut.NO_LIGHT)
        left_out[:, :, number] = flags
        flux[:, :, number] = np.where(flags == 0, one.flux, np.nan)
        variance[:, :, number] = one.sky_variance
        places[:, number] = one.places
    return NightMeasurements(
        names=headers.names,
        reference=reference,
        alignments=tuple(alignments.values()),
        reasons=tuple(one.reason for one in alignments.values()),
        measures=tuple(one.measures for one in ordered.values()),
        mid_mjd_utc=headers.mid_mjd_utc,
        exposure_s=headers.exposure_s,
        airmass=headers.airmass,
        shape=ordered[reference].shape,
        site=headers.site,
        direction=headers.direction,
        gain=headers.gain,
        stars=stars,
        radii_pixels=circles.radii,
        flux=flux,
        sky_variance=variance,
        left_out=left_out,
        places=places,
    )


def align_night(
    sources: Mapping[str, FrameSources], settings: SeriesSettings
) -> tuple[str, dict[str, Alignment]]:
    """Choose the reference frame and lay all others upon it.

    The reference is the frame in which the faintest stars show; another, if half of the frames do not lie on
    that one. Frames that have no stars in common with it are laid on frames that do.

    Parameters
    ----------
    sources
        Of each frame, in order of time.
    settings
        Registration.

    Returns
    -------
    reference : str
        Name of the frame.
    alignments : dict
        Of each frame; the reference's is the identity.

    Raises
    ------
    ValueError
        If no two frames can be aligned.
    """
    names = list(sources)
    best: tuple[str, dict[str, Alignment]] | None = None
    ranked = sorted(names, key=lambda name: -sources[name].measures.depth)
    for reference in ranked[:MOST_REFERENCES]:
        aligned = {
            name: _identity(sources[name])
            if name == reference
            else register(sources[name], sources[reference], settings.registration)
            for name in names
        }
        if best is None or _count(aligned) > _count(best[1]):
            best = reference, aligned
        if _count(aligned) >= 0.5 * len(names):
            break
    if best is None or _count(best[1]) < min(2, len(names)):
        reasons = sorted({one.reason for one in best[1].values() if one.reason}) if best else []
        raise ValueError(f"no two of {len(names)} frames can be aligned: {'; '.join(reasons[:3])}")
    reference, aligned = best
    _bridge(aligned, sources, settings)
    return reference, aligned


def _identity(sources: FrameSources) -> Alignment:
    return Alignment(np.eye(2), np.zeros(2), sources.measures.n_stars, 0.0)


def _count(alignments: Mapping[str, Alignment]) -> int:
    return sum(one.is_aligned for one in alignments.values())


def _bridge(
    aligned: dict[str, Alignment], sources: Mapping[str, FrameSources], settings: SeriesSettings
) -> None:
    """Lay frames that do not lie on the reference upon those next in time that do, as long as that helps."""
    names = list(sources)
    has_helped = True
    while has_helped:
        has_helped = False
        for place, name in enumerate(names):
            if (
                aligned[name].is_aligned
                or sources[name].measures.n_stars < settings.registration.fewest_stars
            ):
                continue
            near = sorted(
                (abs(other - place), other) for other in range(len(names)) if aligned[names[other]].is_aligned
            )
            for _, other in near[:MOST_BRIDGES]:
                bridge = register(sources[name], sources[names[other]], settings.registration)
                if bridge.is_aligned:
                    aligned[name] = aligned[names[other]].after(bridge)
                    has_helped = True
                    break
