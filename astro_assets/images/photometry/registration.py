"""How frames lie upon one another, by their stars alone: shift, rotation, scale, flips and mirrors.

Lists of positions go in; pixels are not looked at, and a frame that cannot be aligned says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.asterisms import Guesses, guesses
from astro_assets.images.photometry.frame_sources import Floats, FrameSources, SourceFlag
from astro_assets.images.photometry.robust import scatter
from astro_assets.images.photometry.settings import RegistrationSettings

#: So many of the guesses that most triangles vote for are tried.
N_TRIED: Final = 16
MOST_LOOKED_AT: Final = 500
#: From so many matched stars on, an affine map is fitted; fewer are held to a similarity.
FEWEST_FOR_AFFINE: Final = 12
#: A guess that matches this part of the stars of a frame is the right one.
SURE_PART: Final = 0.3
#: Steps of matching and fitting.
STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a frame lies on the reference frame, ``reference = matrix @ (x, y) + shift``.

    Parameters
    ----------
    matrix, shift
        Shape (2, 2) and (2,), pixels; NaN if the frame could not be aligned.
    n_matched
        Stars that both have.
    rms_pixels
        Of the residuals of the matched stars, both axes together.
    reason
        Why the frame could not be aligned; None if it could.
    """

    matrix: Floats
    shift: Floats
    n_matched: int
    rms_pixels: float
    reason: str | None = None

    @property
    def is_aligned(self) -> bool:
        """Whether the frame lies on the reference."""
        return self.reason is None

    @property
    def is_mirrored(self) -> bool:
        """Whether one is a mirror image of the other."""
        return bool(np.linalg.det(self.matrix) < 0)

    @property
    def scale(self) -> float:
        """Pixels of the reference for each pixel of the frame."""
        (a, b), (c, d) = self.matrix  # of a frame without an alignment NaN
        return float(np.sqrt(np.abs(a * d - b * c)))

    @property
    def rotation_deg(self) -> float:
        """From the frame's +x to the reference's, -180 to 180."""
        return float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))

    def to_reference(self, positions: Floats) -> Floats:
        """Map positions, shape (n, 2), from the frame to the reference."""
        return positions @ self.matrix.T + self.shift

    def from_reference(self, positions: Floats) -> Floats:
        """Map positions, shape (n, 2), from the reference to the frame."""
        return (positions - self.shift) @ np.linalg.inv(self.matrix).T

    def after(self, first: Alignment) -> Alignment:
        """Return the alignment of a frame that was aligned, by ``first``, with this one's frame."""
        return Alignment(
            self.matrix @ first.matrix,
            self.matrix @ first.shift + self.shift,
            first.n_matched,
            float(np.hypot(first.rms_pixels, self.rms_pixels)),
        )


def not_aligned(reason: str, n_matched: int = 0) -> Alignment:
    """Return the alignment of a frame that has none, for a reason."""
    return Alignment(np.full((2, 2), np.nan), np.full(2, np.nan), n_matched, np.nan, reason)


def register(sources: FrameSources, reference: FrameSources, settings: RegistrationSettings) -> Alignment:
    """Lay a frame upon a reference frame.

    The most voted for guesses from triangles are each refined by matching all stars, and the one that matches
    most is taken, if chance would hardly match as many.

    Parameters
    ----------
    sources, reference
        Of the two frames; hot pixels are not looked at.
    settings
        Stars, tolerances, and how sure an alignment must be.

    Returns
    -------
    Alignment
        With a reason where there is none.
    """
    ours, theirs = _positions(sources), _positions(reference)
    for name, stars in (("it", ours), ("the reference", theirs)):
        if len(stars) < settings.fewest_stars:
            return not_aligned(f"{name} has {len(stars)} stars, an alignment needs {settings.fewest_stars}")
    found = guesses(ours[: settings.n_stars], theirs[: settings.n_stars], settings)
    if not found.turn.size:
        return not_aligned("no triangle of its stars looks like one of the reference")
    best = not_aligned("")
    reach = float(np.abs(ours).max())
    for place in _different(found, reach, settings):
        one = _refined(ours, theirs, found, place, settings)
        best = max(
            best, one, key=lambda alignment: (alignment.n_matched, -np.nan_to_num(alignment.rms_pixels))
        )
        # No other guess can match the same stars.
        if best.n_matched > max(SURE_PART * min(len(ours), len(theirs)), 2 * settings.fewest_stars):
            break
    if best.n_matched < settings.fewest_stars:
        return not_aligned(
            f"{best.n_matched} of its stars match, an alignment needs {settings.fewest_stars}", best.n_matched
        )
    chance = _by_chance(best, ours, theirs, reference.shape, len(found.turn), settings)
    if chance > settings.false_alarm_probability:
        return not_aligned(
            f"{best.n_matched} of its stars match, as many as by chance (probability {chance:.2g})",
            best.n_matched,
        )
    return best


def _positions(sources: FrameSources) -> Floats:
    """Return where stars are, the brightest first; the saturated last, for their centres are poor."""
    kept = np.flatnonzero(sources.is_star())
    is_poor = (sources.flags[kept] & SourceFlag.SATURATED) > 0
    kept = kept[np.argsort(is_poor, kind="stable")]
    return np.column_stack([sources.x[kept], sources.y[kept]])


def _different(found: Guesses, reach: float, settings: RegistrationSettings) -> list[int]:
    """Return places of the guesses that most vote for, without those that send stars where others do."""
    places: list[int] = []
    for place in range(min(found.turn.size, MOST_LOOKED_AT)):
        is_new = all(
            abs(found.shift[place] - found.shift[other]) > settings.match_pixels
            or abs(found.turn[place] - found.turn[other]) * reach > settings.match_pixels
            or found.is_mirrored[place] != found.is_mirrored[other]
            for other in places
        )
        if is_new:
            places.append(place)
        if len(places) == N_TRIED:
            break
    return places


def _refined(
    ours: Floats, theirs: Floats, found: Guesses, place: int, settings: RegistrationSettings
) -> Alignment:
    """Match stars and fit, again and again, with a tolerance that shrinks."""
    from scipy.spatial import cKDTree

    turn, shift, sign = found.turn[place], found.shift[place], -1 if found.is_mirrored[place] else 1
    matrix = np.array([[turn.real, -sign * turn.imag], [turn.imag, sign * turn.real]])
    current = Alignment(matrix, np.array([shift.real, shift.imag]), 0, np.inf)
    tree = cKDTree(theirs)
    for tolerance in settings.match_pixels * np.geomspace(3, 1, STEPS):
        pairs = _matched(current.to_reference(ours), theirs, tree, tolerance)
        if len(pairs) < 3:
            return not_aligned("", len(pairs))
        current = _fitted(ours[pairs[:, 0]], theirs[pairs[:, 1]], sign)
    return current


def _matched(mapped: Floats, theirs: Floats, tree: object, tolerance: float) -> NDArray[np.int64]:
    """Pair stars that are each other's nearest, shape (n_pairs, 2)."""
    from scipy.spatial import cKDTree

    distance, nearest = tree.query(mapped, distance_upper_bound=tolerance)  # type: ignore[attr-defined]
    near = np.flatnonzero(np.isfinite(distance))
    if not near.size:
        return np.empty((0, 2), np.int64)
    _, back = cKDTree(mapped[near]).query(theirs[nearest[near]])
    mutual = back == np.arange(near.size)
    return np.column_stack([near[mutual], nearest[near[mutual]]])


def _fitted(ours: Floats, theirs: Floats, sign: int) -> Alignment:
    """Fit by least squares, and again without what lies far off."""
    kept = np.ones(len(ours), np.bool_)
    for _ in range(3):
        fit = _affine if kept.sum() >= FEWEST_FOR_AFFINE else _similarity
        matrix, shift = fit(ours[kept], theirs[kept], sign)
        residuals = theirs - (ours @ matrix.T + shift)
        limit = 4 * max(scatter(residuals[kept].ravel()), 0.01)
        still = np.hypot(*residuals.T) < 1.5 * limit
        if still.sum() < 3:
            break
        kept = still
    rms = float(np.sqrt(np.mean(np.sum(residuals[kept] ** 2, axis=1))))
    return Alignment(matrix, shift, int(kept.sum()), rms)


def _affine(ours: Floats, theirs: Floats, sign: int) -> tuple[Floats, Floats]:
    design = np.column_stack([ours, np.ones(len(ours))])
    solution = np.linalg.lstsq(design, theirs, rcond=None)[0]
    matrix: Floats = np.asarray(solution[:2].T, dtype=np.float64)
    shift: Floats = np.asarray(solution[2], dtype=np.float64)
    return matrix, shift


def _similarity(ours: Floats, theirs: Floats, sign: int) -> tuple[Floats, Floats]:
    z, w = ours[:, 0] + 1j * sign * ours[:, 1], theirs[:, 0] + 1j * theirs[:, 1]
    turn = np.sum((z - z.mean()).conj() * (w - w.mean())) / np.sum(np.abs(z - z.mean()) ** 2)
    shift = w.mean() - turn * z.mean()
    matrix = np.array([[turn.real, -sign * turn.imag], [turn.imag, sign * turn.real]])
    return matrix, np.array([shift.real, shift.imag])


def _by_chance(
    best: Alignment,
    ours: Floats,
    theirs: Floats,
    shape: tuple[int, int],
    n_guesses: int,
    settings: RegistrationSettings,
) -> float:
    """Return how probably stars strewn at random match as well, three of them being matched by the guess."""
    from scipy.stats import binom

    mapped = best.to_reference(ours)
    inside = np.count_nonzero(np.all((mapped > 0) & (mapped < np.array(shape[::-1])), axis=1))
    share = min(1.0, len(theirs) * np.pi * settings.match_pixels**2 / (shape[0] * shape[1]))
    n_free = max(int(inside), best.n_matched) - 3
    chance = binom.sf(best.n_matched - 4, n_free, share)
    return float(min(1.0, n_guesses * chance))
