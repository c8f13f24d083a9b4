"""Planets that are put into light curves to see whether they are found: which, and the light they take.

Drawing and light curves live here; the search of what they are put into is in `injected_curves`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from astro_assets.transits.noise import Floats

#: Period and semi-major axis of a planet of the Sun: Kepler's third law, in solar radii, masses and days.
_AXIS_OF_A_DAY: Final = 4.2083
#: Equatorial radius of the Earth in nominal solar radii (IAU 2015 resolution B3).
EARTH_RADIUS_SUN: Final = 6378.1 / 695700
#: Quadratic law of a star like the Sun, between the bands of Kepler and TESS (Claret 2017, A&A 600, A30).
_LIMB_DARKENING: Final = (0.36, 0.22)
#: Longer exposures than this part of a transit are integrated, over so many points.
_LONG_EXPOSURE: Final = 0.03
_POINTS_AN_EXPOSURE: Final = 7


class InjectionSettings(BaseModel):
    """Which planets are put in: cells of period and radius, of one width each on logarithmic scales."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shortest_period_days: float = Field(0.5, gt=0, le=1000, description="Shortest period put in, days.")
    longest_period_days: float = Field(16.0, gt=0, le=1000, description="Longest period put in, days.")
    n_periods: int = Field(5, ge=1, le=50, description="Cells of the map in period.")
    smallest_radius_earth: float = Field(
        0.5, gt=0, le=30, description="Smallest radius put in, of the Earth's."
    )
    largest_radius_earth: float = Field(
        16.0, gt=0, le=30, description="Largest radius put in, of the Earth's."
    )
    n_radii: int = Field(10, ge=1, le=50, description="Cells of the map in radius.")

    @model_validator(mode="after")
    def _ordered(self) -> InjectionSettings:
        if self.shortest_period_days >= self.longest_period_days:
            raise ValueError("shortest_period_days must be below longest_period_days")
        if self.smallest_radius_earth >= self.largest_radius_earth:
            raise ValueError("smallest_radius_earth must be below largest_radius_earth")
        return self

    @property
    def period_edges(self) -> Floats:
        """Edges of the cells in period, days, shape (n_periods + 1,)."""
        return np.geomspace(self.shortest_period_days, self.longest_period_days, self.n_periods + 1)

    @property
    def radius_edges(self) -> Floats:
        """Edges of the cells in radius, of the Earth's, shape (n_radii + 1,)."""
        return np.geomspace(self.smallest_radius_earth, self.largest_radius_earth, self.n_radii + 1)


@dataclass(frozen=True, slots=True)
class Star:
    """Radius and mass of a star, of the Sun's."""

    radius: float = 1.0
    mass: float = 1.0


@dataclass(frozen=True, slots=True)
class Planet:
    """A planet on a circular orbit.

    Parameters
    ----------
    cell
        Number of its cell in the map: ``n_radii`` times that in period, and that in radius.
    period, epoch
        Days; the epoch BTJD.
    radius
        Of the Earth's.
    impact
        Impact parameter, in radii of the star.
    """

    cell: int
    period: float
    epoch: float
    radius: float
    impact: float

    def radius_ratio(self, star: Star) -> float:
        """Return its radius over that of the star."""
        return self.radius * EARTH_RADIUS_SUN / star.radius

    def duration_days(self, star: Star) -> float:
        """Return the time from first to last contact; 0 where it does not touch the star's disc."""
        ratio, axis = self.radius_ratio(star), self.axis(star)
        half = np.sqrt(max((1 + ratio) ** 2 - self.impact**2, 0.0)) / axis
        return float(self.period / np.pi * np.arcsin(min(half, 1.0)))

    def axis(self, star: Star) -> float:
        """Return the semi-major axis in radii of the star."""
        return float(_AXIS_OF_A_DAY * star.mass ** (1 / 3) * self.period ** (2 / 3) / star.radius)


def draw_planets(name: str, n: int, first_time: float, settings: InjectionSettings) -> list[Planet]:
    """Draw planets for a star, as many in each cell, one more in the first ones where that leaves a rest.

    Period and radius are uniform in the logarithm within a cell, the time of the first transit after the
    beginning of the data is uniform in a period, and the impact parameter from 0 to where the planet's middle
    leaves the disc.

    Parameters
    ----------
    name
        Decides what is drawn, and nothing else does: the first planets of a longer list are the same.
    n
        How many.
    first_time
        Beginning of the data, BTJD.
    settings
        Cells.
    """
    seed = int.from_bytes(blake2b(name.encode(), digest_size=16).digest())
    uniform = np.random.default_rng(seed).random((n, 4))
    cells = np.arange(n) % (settings.n_periods * settings.n_radii)
    in_period, in_radius = np.divmod(cells, settings.n_radii)
    periods = _within(settings.period_edges, in_period, uniform[:, 0])
    radii = _within(settings.radius_edges, in_radius, uniform[:, 1])
    return [
        Planet(int(cell), float(period), float(first_time + period * phase), float(radius), float(impact))
        for cell, period, radius, (_, _, phase, impact) in zip(cells, periods, radii, uniform, strict=True)
    ]


def _within(edges: Floats, cell: NDArray[np.int64], part: Floats) -> Floats:
    logarithms = np.log(edges)
    drawn: Floats = np.exp(logarithms[cell] + part * (logarithms[1] - logarithms[0]))
    return drawn


def transit_light(planet: Planet, star: Star, time: Floats, exposure_days: float) -> Floats:
    """Return the relative flux of a star with a planet: 1 outside of transits.

    A planet whose orbit would be inside the star is put on its surface.
    Mandel & Agol (2002), ApJ 580, L171, by batman (Kreidberg 2015, PASP 127, 1161).

    Parameters
    ----------
    time
        Middles of exposures, BTJD, shape (n,).
    exposure_days
        Their length; long ones smear the transit.
    """
    import batman

    flux = np.ones(time.size)
    duration = planet.duration_days(star)
    cycles = (time - planet.epoch) / planet.period
    offset = np.abs(cycles - np.floor(cycles + 0.5)) * planet.period
    near = offset <= duration / 2 + exposure_days
    if duration == 0 or not near.any():
        return flux
    axis = max(planet.axis(star), 1 + planet.radius_ratio(star))
    orbit = batman.TransitParams()
    orbit.t0, orbit.per, orbit.rp, orbit.a = planet.epoch, planet.period, planet.radius_ratio(star), axis
    orbit.inc = float(np.degrees(np.arccos(planet.impact / axis)))
    orbit.ecc, orbit.w = 0.0, 90.0
    orbit.limb_dark, orbit.u = "quadratic", list(_LIMB_DARKENING)
    is_long = exposure_days > _LONG_EXPOSURE * duration
    model = batman.TransitModel(
        orbit,
        np.ascontiguousarray(time[near]),
        supersample_factor=_POINTS_AN_EXPOSURE if is_long else 1,
        exp_time=exposure_days if is_long else 0.0,
    )
    flux[near] = model.light_curve(orbit)
    return flux
