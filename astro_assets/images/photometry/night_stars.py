"""Which stars a night has: the sources of all aligned frames, joined on the reference frame.

A star is what stays where the stars are; what stays where the pixels are drops out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from astro_assets.images.photometry.frame_sources import Booleans, Floats, FrameSources, SourceFlag
from astro_assets.images.photometry.registration import Alignment

#: Of every source's width, the part within which sources of two frames are one star.
SAME_PART = 0.4
#: So near to a star, in FWHM, a neighbour with `BLEND_PART` of its flux makes it a blend.
BLEND_FWHMS = 3.0
BLEND_PART = 0.05


@dataclass(frozen=True, slots=True)
class NightStars:
    """Stars on the reference frame, the brightest first; arrays of shape (n_stars,).

    Parameters
    ----------
    positions
        Pixels of the reference frame, shape (n_stars, 2).
    flux
        Mean over the frames that see the star, counts.
    n_seen
        In how many frames it was detected.
    is_blended
        A neighbour's light reaches into it.
    """

    positions: Floats
    flux: Floats
    n_seen: Floats
    is_blended: Booleans


def stars_of_night(
    sources: Mapping[str, FrameSources],
    alignments: Mapping[str, Alignment],
    reference: str,
    fwhm_pixels: float,
    least_presence: float,
) -> NightStars:
    """Join the sources of all frames.

    Parameters
    ----------
    sources, alignments
        Of each frame, in order of time.
    reference
        The frame whose sources are taken first.
    fwhm_pixels
        Of the night.
    least_presence
        In which part of the frames that show its place a star is detected.

    Returns
    -------
    NightStars
        Sources that are seen often enough.
    """
    from scipy.spatial import cKDTree

    order = [reference, *(name for name, one in alignments.items() if one.is_aligned and name != reference)]
    sums, flux, n_seen = np.empty((0, 2)), np.empty(0), np.empty(0)
    for name in order:
        one = sources[name]
        kept = one.is_star() & ((one.flags & SourceFlag.EDGE) == 0)
        here = alignments[name].to_reference(np.column_stack([one.x, one.y])[kept])
        light = one.flux[kept]
        is_new = np.ones(len(here), np.bool_)
        if len(sums) and len(here):
            distance, place = cKDTree(sums / n_seen[:, None]).query(
                here, distance_upper_bound=max(0.5, SAME_PART * fwhm_pixels)
            )
            # Of two sources that claim one star, the nearer has it; the other is no star of its own.
            is_new = ~np.isfinite(distance)
            found = np.flatnonzero(~is_new)
            found = found[np.argsort(-distance[found], kind="stable")]
            owner = np.full(len(sums), -1)
            owner[place[found]] = found
            old = np.flatnonzero(owner >= 0)
            sums[old] += here[owner[old]]
            flux[old] += light[owner[old]]
            n_seen[old] += 1
        sums = np.concatenate([sums, here[is_new]])
        flux = np.concatenate([flux, light[is_new]])
        n_seen = np.concatenate([n_seen, np.ones(is_new.sum())])
    positions, flux = sums / n_seen[:, None], flux / n_seen
    shows = np.zeros(len(positions))
    for name in order:
        there = alignments[name].from_reference(positions)
        rows, columns = sources[name].shape
        margin = 1.5 * fwhm_pixels
        shows += np.all((there > margin) & (there < np.array([columns, rows]) - 1 - margin), axis=1)
    kept = (n_seen >= least_presence * shows) & (n_seen >= min(3, len(order)))
    kept &= n_seen >= 0.2 * least_presence * len(order)
    positions, flux, n_seen = positions[kept], flux[kept], n_seen[kept]
    ranks = np.lexsort((positions[:, 0], positions[:, 1], -flux))
    positions, flux, n_seen = positions[ranks], flux[ranks], n_seen[ranks]
    return NightStars(positions, flux, n_seen, _is_blended(positions, flux, BLEND_FWHMS * fwhm_pixels))


def _is_blended(positions: Floats, flux: Floats, radius: float) -> Booleans:
    from scipy.spatial import cKDTree

    is_blended = np.zeros(len(positions), np.bool_)
    if len(positions):
        pairs = cKDTree(positions).query_pairs(radius, output_type="ndarray")
        for one, other in (pairs.T, pairs.T[::-1]):
            is_blended[one[flux[other] > BLEND_PART * flux[one]]] = True
    return is_blended
