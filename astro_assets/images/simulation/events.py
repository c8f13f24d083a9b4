"""What truly changed between two simulated epochs: transients, supernovae, variable stars, asteroids.

Where such things happen and how they look lives here; how bright they are is asked for as a signal-to-noise
ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.simulation.artefacts import Patch
from astro_assets.images.simulation.galaxies import Galaxies
from astro_assets.images.simulation.psf import Part, Psf, add_point_sources
from astro_assets.images.simulation.stars import Stars

Floats = NDArray[np.float64]

#: Share of a star's light that a fading one may lose, and by which a brightening one may gain.
_MOST_FADED, _MOST_GAINED = 0.9, 2.0


@dataclass(frozen=True, slots=True)
class Event:
    """A change.

    Parameters
    ----------
    kind
        One of :data:`astro_assets.images.kinds.KINDS`.
    row, column
        Where it is; of an asteroid in the middle of the exposure.
    electrons
        Total change in the science exposure; negative of a star that faded.
    patch
        Expected electrons of each pixel.
    """

    kind: str
    row: float
    column: float
    electrons: float
    patch: Patch


class NoiseAt(Protocol):
    """Says which flux has a signal-to-noise ratio of 1 at a position, electrons."""

    def __call__(self, row: float, column: float) -> float:
        """Return it."""
        ...


class Maker(Protocol):
    """Makes an event of a signal-to-noise ratio somewhere in a field."""

    def __call__(self, rng: np.random.Generator, field: Field, snr: float) -> Event:
        """Make it."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """What events happen in.

    Parameters
    ----------
    shape
        Of the frame, pixels.
    psf
        Of the science epoch.
    noise_at
        Flux of unit signal-to-noise ratio.
    faintest
        Electrons a pixel below which wings are left out.
    """

    shape: tuple[int, int]
    psf: Psf
    noise_at: NoiseAt
    faintest: float

    def inside(self, row: float, column: float, margin: float = 2.0) -> bool:
        """Return whether a position is well inside the frame."""
        height, width = self.shape
        return margin <= row <= height - 1 - margin and margin <= column <= width - 1 - margin


def transient(rng: np.random.Generator, field: Field, snr: float) -> Event:
    """Make a new source at a random place; most of the sky is blank."""
    row, column = rng.uniform(2, field.shape[0] - 3), rng.uniform(2, field.shape[1] - 3)
    return point_source("transient", field, row, column, snr * field.noise_at(row, column))


def supernova(
    rng: np.random.Generator, field: Field, galaxies: Galaxies, seen: NDArray[np.bool_], snr: float
) -> Event | None:
    """Make a new source in a galaxy, where its light is: surface density falls like a disc's.

    Parameters
    ----------
    seen
        Which galaxies can be made out in the frame, (n,).

    Returns
    -------
    Event or None
        None if no galaxy that is seen has room for it inside the frame.
    """
    hosts = np.flatnonzero(seen)
    for _ in range(8 if hosts.size else 0):
        host = int(rng.choice(hosts))
        # Radii of an exponential disc have a gamma distribution of shape 2; its scale is r_e / 1.678.
        major = min(rng.gamma(2.0, 1 / 1.678), 3.0) * galaxies.radii_pixels[host]
        turn, angle = rng.uniform(0, 2 * np.pi), galaxies.angles_rad[host]
        x, y = major * np.cos(turn), major * galaxies.axis_ratios[host] * np.sin(turn)
        row = float(galaxies.rows[host] + x * np.sin(angle) + y * np.cos(angle))
        column = float(galaxies.columns[host] + x * np.cos(angle) - y * np.sin(angle))
        if field.inside(row, column):
            return point_source("supernova", field, row, column, snr * field.noise_at(row, column))
    return None


def variable(
    rng: np.random.Generator,
    field: Field,
    stars: Stars,
    electrons: Floats,
    usable: NDArray[np.bool_],
    snr: float,
) -> Event | None:
    """Change the light of a star; one that would have to change too much is left alone.

    Parameters
    ----------
    electrons
        Of each star in the science exposure, (n,).
    usable
        Which stars may vary, (n,): not those that saturate.

    Returns
    -------
    Event or None
        None if there is no such star.
    """
    candidates = rng.permutation(np.flatnonzero(usable))[:30]
    sign = 1.0 if rng.random() < 0.5 else -1.0
    for star in candidates:
        row, column = float(stars.rows[star]), float(stars.columns[star])
        if not field.inside(row, column):
            continue
        change = snr * field.noise_at(row, column)
        if change <= (_MOST_GAINED if sign > 0 else _MOST_FADED) * electrons[star]:
            return point_source("variable", field, row, column, sign * change)
    return None


def asteroid(rng: np.random.Generator, field: Field, snr: float) -> Event:
    """Make a source that moves by 0.8 to 5 FWHM; ``snr`` is of the PSF filter at its peak."""
    row, column = rng.uniform(4, field.shape[0] - 5), rng.uniform(4, field.shape[1] - 5)
    trail, angle = field.psf.fwhm_pixels * rng.uniform(0.8, 5.0), rng.uniform(0, np.pi)
    # A filter of about a FWHM sees that part of the trail.
    longer = np.hypot(1.0, 0.62 * trail / field.psf.fwhm_pixels)
    return point_source(
        "asteroid", field, row, column, snr * longer * field.noise_at(row, column), trail, angle
    )


def point_source(
    kind: str,
    field: Field,
    row: float,
    column: float,
    electrons: float,
    trail: float = 0.0,
    angle: float = 0.0,
) -> Event:
    """Make a point source, or one that moves by ``trail`` pixels along ``angle`` radians."""
    half = int(np.ceil(5 * field.psf.fwhm_pixels + (trail + field.psf.trail_pixels) / 2)) + 1
    top, left = round(row) - half, round(column) - half
    rows, columns = (
        (max(top, 0), min(top + 2 * half + 1, field.shape[0])),
        (max(left, 0), min(left + 2 * half + 1, field.shape[1])),
    )
    # Drawn as into the whole frame, since the PSF depends on where in it something is.
    image = np.zeros((rows[1] - rows[0], columns[1] - columns[0]), np.float32)
    add_point_sources(
        image,
        field.psf,
        row - rows[0],
        column - columns[0],
        electrons,
        field.faintest,
        trail,
        angle,
        Part(field.shape, rows[0], columns[0]),
    )
    return Event(kind, row, column, electrons, Patch(rows[0], columns[0], image))


def moved(stars: Stars, shift: tuple[float, float]) -> Stars:
    """Return stars where a misaligned frame has them."""
    return Stars(stars.rows + shift[0], stars.columns + shift[1], stars.magnitudes)


def light_within(light: NDArray[np.float32], galaxies: Galaxies) -> Floats:
    """Return each galaxy's light a second in the 5 x 5 pixels around its middle, by which it is seen."""
    found = np.zeros(galaxies.rows.size)
    for i, (row, column) in enumerate(zip(galaxies.rows, galaxies.columns, strict=True)):
        y, x = round(float(row)), round(float(column))
        found[i] = light[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].sum()
    return found
