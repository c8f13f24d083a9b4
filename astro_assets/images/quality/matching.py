"""Stars of a frame matched with those of another frame of the same night, and their light compared.

Shifts alone, and half a turn as after a meridian flip: within a night a telescope does little else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import FrameSources, SourceFlag
from astro_assets.images.photometry.pixels import Pixels
from astro_assets.images.photometry.robust import MAD_TO_SIGMA

Floats = NDArray[np.float64]

#: So many of the brightest stars of both frames vote for a shift.
N_VOTING: Final = 40
#: Stars this near after the shift are the same, pixels: centres of defocused and trailed stars wander.
MATCH_PIXELS: Final = 3.0
#: Light of a star is summed this far out: rings of defocus and trails have room.
RADIUS_PIXELS: Final = 16
#: A shift that chance gives more often than this is none.
FALSE_ALARM: Final = 0.01
#: Counts; noise of what has none, lest something is divided by zero.
_LEAST_NOISE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a frame lies on another: ``other = sign * (x, y) + shift``.

    Parameters
    ----------
    sign
        1, or -1 after half a turn.
    shift
        Pixels, x and y.
    """

    sign: int
    shift: tuple[float, float]

    def from_other(self, positions: Floats) -> Floats:
        """Map positions (n, 2) on the other frame to this one."""
        moved: Floats = (positions - np.array(self.shift)) * self.sign
        return moved


def bright_stars(sources: FrameSources, n: int) -> Floats:
    """Return positions of the brightest sources that are no hot pixels, (at most n, 2)."""
    kept = np.flatnonzero((sources.flags & SourceFlag.HOT) == 0)[:n]
    return np.column_stack([sources.x[kept], sources.y[kept]])


def placed(stars: Floats, other: Floats, shape: tuple[int, int]) -> Placement | None:
    """Find how stars lie on those of another frame by the shift that most pairs agree on.

    Parameters
    ----------
    stars, other
        Brightest first, (n, 2) and (m, 2).
    shape
        Of the frame, which tells how many pairs agree by chance.

    Returns
    -------
    Placement or None
        None where no shift has more pairs than chance explains.
    """
    from scipy.spatial import cKDTree
    from scipy.stats import poisson

    ours, theirs = stars[:N_VOTING], other[:N_VOTING]
    best: tuple[int, Placement] | None = None
    for sign in (1, -1):
        shifts = (theirs[:, None] - sign * ours[None]).reshape(-1, 2)
        if not len(shifts):
            return None
        near = cKDTree(shifts).query_ball_point(shifts, MATCH_PIXELS)
        votes = np.array([len(one) for one in near])
        most = int(votes.argmax())
        if best is None or votes[most] > best[0]:
            x, y = np.median(shifts[near[most]], axis=0)
            best = int(votes[most]), Placement(sign, (float(x), float(y)))
    n_pairs = len(ours) * len(theirs)
    by_chance = n_pairs * np.pi * MATCH_PIXELS**2 / (shape[0] * shape[1])
    # Each pair, both ways up, could have had so many others around it.
    if best is None or 2 * n_pairs * poisson.sf(best[0] - 2, by_chance) > FALSE_ALARM:
        return None
    return best[1]


def star_light(pixels: Pixels, positions: Floats) -> tuple[Floats, Floats]:
    """Measure stars at given places.

    The root of the summed squares of a star's pixels, freed of what noise adds, is its flux times the
    root of the summed squares of the PSF: over the noise of a pixel there that is proportional to the
    signal-to-noise ratio of a matched filter on a faint star, whatever the shape of the PSF.

    Parameters
    ----------
    pixels
        Of the frame, above the sky.
    positions
        Shape (n, 2), x and y.

    Returns
    -------
    flux, filtered
        Shape (n,): summed counts, and root of the summed squares over the noise; NaN where the circle leaves
        the frame or has pixels that are no measurements.
    """
    rows, columns = pixels.signal.shape
    reach = np.arange(-RADIUS_PIXELS, RADIUS_PIXELS + 1)
    inside = np.hypot(*np.meshgrid(reach, reach)) <= RADIUS_PIXELS
    flux, filtered = np.full(len(positions), np.nan), np.full(len(positions), np.nan)
    for number, (x, y) in enumerate(np.rint(positions).astype(np.int64)):
        top, left = y - RADIUS_PIXELS, x - RADIUS_PIXELS
        if top < 0 or left < 0 or y + RADIUS_PIXELS >= rows or x + RADIUS_PIXELS >= columns:
            continue
        part = np.s_[top : y + RADIUS_PIXELS + 1, left : x + RADIUS_PIXELS + 1]
        if pixels.is_masked[part][inside].any():
            continue
        stamp = pixels.signal[part].astype(np.float64)
        signal, noise = stamp[inside], _white_noise(stamp)
        flux[number] = signal.sum()
        filtered[number] = np.sqrt(max(float((signal**2 - noise**2).sum()), 0.0)) / noise
    return flux, filtered


def _white_noise(stamp: Floats) -> float:
    """Return the noise of a pixel from second differences, to which no slope of the sky adds."""
    differences = stamp[:, :-2] - 2 * stamp[:, 1:-1] + stamp[:, 2:]
    noise = MAD_TO_SIGMA * float(np.median(np.abs(differences))) / 6**0.5
    return max(noise, _LEAST_NOISE)
