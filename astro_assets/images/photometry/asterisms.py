"""First guesses of how two lists of stars lie upon one another, from triangles of neighbours.

Guesses only: which of them is true, and how well, is decided in `registration`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.settings import RegistrationSettings

#: Triangles whose ratios of sides differ by less than this look alike.
RATIO_TOLERANCE: Final = 0.02
#: A triangle is compared with so many that look like it.
N_ALIKE: Final = 4
#: A triangle flatter or smaller than this tells little: shortest side over longest; longest side in pixels.
FLATTEST: Final = 0.1
SMALLEST_PIXELS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Guesses:
    """Similarities ``w = turn * z + shift`` of complex positions, or of their conjugates; shape (n,).

    Parameters
    ----------
    turn, shift
        Rotation with scale, and translation.
    is_mirrored
        The conjugate of z takes part: one list is a mirror image.
    n_votes
        How many triangles say about the same; in decreasing order.
    """

    turn: NDArray[np.complex128]
    shift: NDArray[np.complex128]
    is_mirrored: Booleans
    n_votes: NDArray[np.int64]


def guesses(stars: Floats, reference: Floats, settings: RegistrationSettings) -> Guesses:
    """Compare triangles of neighbours by the ratios of their sides, which no similarity changes.

    Triangles of Groth (1986), AJ 91, 1244, of each star and its neighbours as in astroalign (Beroiz, Cabral &
    Sanchez 2020, A&C 32, 100384); that many of them agree is what tells a true match from chance.

    Parameters
    ----------
    stars, reference
        Positions, the brightest first, shape (n, 2) and (m, 2).
    settings
        Neighbours, scale.

    Returns
    -------
    Guesses
        The most voted for first; none where no triangles look alike.
    """
    ours, our_ratios = _triangles(stars, settings.n_neighbours)
    theirs, their_ratios = _triangles(reference, settings.n_neighbours)
    if not (ours.size and theirs.size):
        return _of_pairs(np.empty((0, 3), np.complex128), np.empty((0, 3), np.complex128), settings)
    from scipy.spatial import cKDTree

    distance, place = cKDTree(their_ratios).query(
        our_ratios, k=min(N_ALIKE, len(their_ratios)), distance_upper_bound=RATIO_TOLERANCE
    )
    distance, place = distance.reshape(len(ours), -1), place.reshape(len(ours), -1)
    which, rank = np.nonzero(np.isfinite(distance))
    complex_stars, complex_reference = (one[:, 0] + 1j * one[:, 1] for one in (stars, reference))
    return _of_pairs(complex_stars[ours[which]], complex_reference[theirs[place[which, rank]]], settings)


def _triangles(stars: Floats, n_neighbours: int) -> tuple[NDArray[np.int64], Floats]:
    """Make triangles; return corners, opposite of the longest side first, and ratios of sides."""
    if len(stars) < 3:
        return np.empty((0, 3), np.int64), np.empty((0, 2))
    from scipy.spatial import cKDTree

    _, near = cKDTree(stars).query(stars, k=min(n_neighbours + 1, len(stars)))
    corners = np.unique(
        np.sort(np.concatenate([near[:, [0, *pair]] for pair in combinations(range(1, near.shape[1]), 2)])),
        axis=0,
    )
    points = stars[corners]
    sides = np.linalg.norm(np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1), axis=2)
    order = np.argsort(-sides, axis=1, kind="stable")
    corners, sides = np.take_along_axis(corners, order, 1), np.take_along_axis(sides, order, 1)
    is_good = (sides[:, 2] > FLATTEST * sides[:, 0]) & (sides[:, 0] > SMALLEST_PIXELS)
    corners, sides = corners[is_good], sides[is_good]
    return corners.astype(np.int64), sides[:, 1:] / sides[:, :1]


def _of_pairs(
    ours: NDArray[np.complex128], theirs: NDArray[np.complex128], settings: RegistrationSettings
) -> Guesses:
    """Fit a similarity to each pair of triangles, shape (n, 3), and count how many agree."""
    from scipy.spatial import cKDTree

    middle, their_middle = ours.mean(axis=1), theirs.mean(axis=1)
    z, w = ours - middle[:, None], theirs - their_middle[:, None]
    is_mirrored = np.signbit(_area(z)) != np.signbit(_area(w))
    z = np.where(is_mirrored[:, None], z.conj(), z)
    middle = np.where(is_mirrored, middle.conj(), middle)
    turn = np.sum(z.conj() * w, axis=1) / np.sum(np.abs(z) ** 2, axis=1)
    shift = their_middle - turn * middle
    error = np.sqrt(np.mean(np.abs(turn[:, None] * z - w) ** 2, axis=1)) if len(z) else np.empty(0)
    most = 1 + settings.scale_tolerance
    kept = (np.abs(turn) < most) & (np.abs(turn) > 1 / most) & (error < settings.match_pixels)
    turn, shift, is_mirrored, middle = turn[kept], shift[kept], is_mirrored[kept], middle[kept]
    if not turn.size:
        return Guesses(turn, shift, is_mirrored, np.empty(0, np.int64))
    # Where guesses that agree send one and the same corner of the sky, and how they turn it.
    length = 4 * settings.match_pixels / RATIO_TOLERANCE
    home = np.median(ours.real) + 1j * np.median(ours.imag)
    sent = turn * np.where(is_mirrored, np.conj(home), home) + shift
    points = np.column_stack(
        [sent.real, sent.imag, length * turn.real, length * turn.imag, 1e6 * is_mirrored]
    )
    n_votes = cKDTree(points).query_ball_point(points, 6 * settings.match_pixels, return_length=True)
    order = np.lexsort((shift.imag, shift.real, -n_votes))
    return Guesses(turn[order], shift[order], is_mirrored[order], n_votes[order].astype(np.int64))


def _area(corners: NDArray[np.complex128]) -> Floats:
    """Twice the signed area of triangles, shape (n, 3) to (n,)."""
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area: Floats = one.real * other.imag - one.imag * other.real
    return area
