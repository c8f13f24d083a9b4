"""The stars of the simulated survey: which kinds there are, what each star is, and the light it sends.

Only the population and the sum of a star's signals live here; their shapes are in `simulated_signals` and
`simulated_variability`, what a telescope makes of them is in `simulated_observation`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.simulated_apertures import Aperture, draw_aperture
from astro_assets.observations.simulated_orbits import (
    Background,
    density_by_orbit,
    draw_background,
    draw_binary,
    draw_planets,
)
from astro_assets.observations.simulated_variability import (
    draw_flares,
    draw_pulsation,
    draw_rotation,
    red_noise,
)
from astro_assets.observations.targets import target_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astro_assets.observations.simulated_signals import Eclipses
    from astro_assets.observations.simulated_telescopes import Telescope
    from astro_assets.observations.simulated_variability import Flares, Pulsation, Rotation

    Times = NDArray[np.float64]

#: Successive multiples of it, modulo 1, fill the unit interval evenly, however many there are.
_GOLDEN: Final = (5**0.5 - 1) / 2
#: Names of a seed, more than its stars of all missions: those of the next seed begin there.
_NAMES_A_SEED: Final = 10_000_000
#: First of the numbers that seed a generator, so that no two kinds of draws share random numbers.
_ORDER, _STAR, _SPOTS, _SURFACE, _APERTURE = 0, 1, 4, 5, 7
#: Correlation time of granulation.
_GRANULE_DAYS: Final = 0.1
#: Surface gravity of the Sun, log10 of cm s-2, and the error of a catalogue's.
_SOLAR_LOG_G: Final = 4.438
_LOG_G_ERROR: Final = 0.05
#: Share of restless stars.
_RESTLESS: Final = 1 / 6


@dataclass(frozen=True, slots=True)
class Population:
    """Fractions of the stars of each kind; the rest are quiet.

    Parameters
    ----------
    planets, binaries, background_binaries, pulsators, rotators, flare_stars
        Fractions of stars with planets, of eclipsing binaries, of stars with such a binary in their light, of
        pulsating, strongly spotted and flaring stars; together at most 1.
    several_planets
        Fraction of the stars with planets that have two.

    Raises
    ------
    ValueError
        If a fraction is negative, or they sum to more than 1.
    """

    planets: float = 0.30
    binaries: float = 0.12
    background_binaries: float = 0.06
    pulsators: float = 0.06
    rotators: float = 0.10
    flare_stars: float = 0.06
    several_planets: float = 0.20

    def __post_init__(self) -> None:
        fractions = [getattr(self, name) for name in self._kinds()]
        if min(*fractions, self.several_planets) < 0 or sum(fractions) > 1 or self.several_planets > 1:
            raise ValueError(f"fractions of stars must be between 0 and 1 and sum to at most 1: {self}")

    def kind(self, place: float) -> str:
        """Return the kind of the star at a place in the unit interval."""
        for name, kind in self._kinds().items():
            fraction = getattr(self, name)
            if place < fraction:
                return kind
            place -= fraction
        return "quiet"

    @staticmethod
    def _kinds() -> dict[str, str]:
        names = [field.name for field in fields(Population) if field.name != "several_planets"]
        return dict(zip(names, KINDS, strict=True))


#: Kinds of stars besides quiet ones, in the order of the population's fractions.
KINDS: Final = ("planet", "eclipsing_binary", "background_binary", "pulsator", "rotator", "flare_star")


@dataclass(frozen=True, slots=True)
class StarLight:
    """What a star sends during a segment.

    Parameters
    ----------
    flux
        Relative flux, around 1, shape (n,).
    column_shift, row_shift
        Motion of the centre of light [pixel], shape (n,).
    flares
        What each flare of the segment adds to it, shape (n_flares, n).
    """

    flux: Times
    column_shift: Times
    row_shift: Times
    flares: Times


@dataclass(frozen=True, slots=True)
class SimulatedStar:
    """A star of the survey: the same in every segment.

    Parameters
    ----------
    number, seed, telescope
        Which star of which survey; they seed all that is random about it.
    kind
        One of `KINDS`, or ``quiet``.
    magnitude, ra_deg, dec_deg
        Brightness in the mission's band, and place on the sky (ICRS).
    aperture
        The pixels in which it is measured.
    teff_k, radius_sun, logg
        Effective temperature [K], radius [of the Sun] and surface gravity [log10 cm s-2]. By these two it is
        as dense as its orbits say, but for an error as catalogues have it.
    eclipses
        Its planets, or its companion.
    background
        A binary in its light.
    rotation, pulsation, flares
        What its surface does.
    surface_noise
        Granulation: standard deviation as a fraction of the flux, correlated over 0.1 d. Some 20 ppm in
        6.5 h, as in most of Kepler's stars; a sixth of them is several times as restless (Gilliland et al.
        2011, ApJS 197, 6).
    """

    number: int
    seed: int
    telescope: Telescope
    kind: str
    magnitude: float
    aperture: Aperture
    ra_deg: float
    dec_deg: float
    teff_k: float
    radius_sun: float
    logg: float
    eclipses: tuple[Eclipses, ...]
    background: Background | None
    rotation: Rotation
    pulsation: Pulsation | None
    flares: Flares | None
    surface_noise: float

    @property
    def target_id(self) -> str:
        """``SIM n``: another for each mission, seed and star; its number itself for seed 1."""
        return target_id("SIM", self.name_number)

    @property
    def name_number(self) -> int:
        """Number in the star's name."""
        return self.number + _NAMES_A_SEED * (self.seed - 1)

    def light(self, time: Times, segment: int) -> StarLight:
        """Return what the star sends at equally spaced times [BTJD] of a segment, shape (n,)."""
        exposure = self.telescope.cadence_days
        rng = np.random.default_rng([self.seed, _SURFACE, self.number, segment])
        spots = np.random.default_rng([self.seed, _SPOTS, self.number, 0])
        flux = 1.0 + self.rotation.flux(time, self.telescope.first_start_btjd, spots)
        flux += self.surface_noise * red_noise(len(time), exposure / _GRANULE_DAYS, rng)
        if self.pulsation is not None:
            flux += self.pulsation.flux(time, exposure)
        for orbit in self.eclipses:
            flux *= orbit.flux(time, exposure)
        flares = np.zeros((0, len(time)))
        if self.flares is not None:
            flares = self.flares.flux(time, exposure, rng)
            flux += flares.sum(axis=0)
        if self.background is None:
            return StarLight(flux, np.zeros(len(time)), np.zeros(len(time)), flares)
        total, share = self.background.blend(flux, time, exposure)
        columns, rows = self.background.offset_pixels
        change = share - self.background.share
        return StarLight(total, columns * change, rows * change, flares)


def simulate_star(
    number: int,
    seed: int,
    population: Population,
    telescope: Telescope,
    kind: str | None = None,
    magnitude: float | None = None,
) -> SimulatedStar:
    """Draw the star of a number from the population, or one of a given kind or magnitude."""
    first = np.random.default_rng([seed, _ORDER, 0, 0]).random()
    kind = kind or population.kind((first + number * _GOLDEN) % 1.0)
    rng = np.random.default_rng([seed, _STAR, number, 0])
    brightest, faintest = telescope.magnitudes
    # Stars grow in number towards the faint end.
    drawn = brightest + (faintest - brightest) * np.sqrt(rng.random())
    magnitude = round(float(drawn), 4) if magnitude is None else magnitude
    ra_deg, dec_deg = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
    teff_k = rng.uniform(3000, 4500) if kind == "flare_star" else rng.uniform(4200, 6600)
    if kind == "pulsator":
        teff_k = rng.uniform(6900, 8300)
    limb = telescope.limb_darkening(float(teff_k))
    start = telescope.first_start_btjd
    signals: dict[str, Any] = {"eclipses": (), "background": None, "pulsation": None, "flares": None}
    if kind == "planet":
        longest = telescope.longest_period_days
        signals["eclipses"] = draw_planets(rng, start, population.several_planets, longest, limb)
    elif kind == "eclipsing_binary":
        signals["eclipses"] = (draw_binary(rng, start, limb),)
    elif kind == "background_binary":
        signals["background"] = draw_background(rng, start, limb)
    elif kind == "pulsator":
        signals["pulsation"] = draw_pulsation(rng)
    elif kind == "flare_star":
        signals["flares"] = draw_flares(rng)
    # A main sequence, but that a star with orbits is as dense as they say.
    radius = float(teff_k / 5772) ** 1.6
    orbits: tuple[Eclipses, ...] = signals["eclipses"]
    density = density_by_orbit(orbits[0]) if orbits else radius**-1.8
    return SimulatedStar(
        number=number,
        seed=seed,
        telescope=telescope,
        kind=kind,
        magnitude=magnitude,
        aperture=draw_aperture(np.random.default_rng([seed, _APERTURE, number, 0]), telescope, magnitude),
        ra_deg=round(float(ra_deg), 6),
        dec_deg=round(float(dec_deg), 6),
        teff_k=round(float(teff_k), 1),
        radius_sun=round(radius, 3),
        logg=round(float(_SOLAR_LOG_G + np.log10(density * radius) + rng.normal(0, _LOG_G_ERROR)), 3),
        rotation=draw_rotation(rng, strong=kind == "rotator"),
        surface_noise=_draw_granulation(rng),
        **signals,
    )


def _draw_granulation(rng: np.random.Generator) -> float:
    """Draw the noise of a surface: 20 to 60 ppm, or 100 to 600 ppm of restless stars."""
    low, high = (1e-4, 6e-4) if rng.random() < _RESTLESS else (2e-5, 6e-5)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
