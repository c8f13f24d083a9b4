"""The stars of the simulated survey: which kinds there are and what each star is.

Only the population lives here; the shapes of signals are in `simulated_signals`, what TESS sees is in
`simulated_sector`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.observations.simulated_signals import (
    Signal,
    Variability,
    draw_binary,
    draw_planets,
    draw_variability,
)
from astro_assets.observations.targets import target_id

#: Start of sector 1, BJD_TDB - 2457000 [d]: epochs lie in the period that follows it.
FIRST_START_BTJD: Final = 1325.3
#: Successive multiples of it, modulo 1, fill the unit interval evenly, however many there are.
_GOLDEN: Final = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class Population:
    """Fractions of the stars of each kind; the rest are quiet.

    Parameters
    ----------
    planets, binaries, variables
        Fractions with planets, of eclipsing binaries, and of strongly variable stars; together at most 1.
    several_planets
        Fraction of the stars with planets that have two.

    Raises
    ------
    ValueError
        If a fraction is negative, or they sum to more than 1.
    """

    planets: float = 0.30
    binaries: float = 0.15
    variables: float = 0.20
    several_planets: float = 0.20

    def __post_init__(self) -> None:
        fractions = (self.planets, self.binaries, self.variables)
        if min(*fractions, self.several_planets) < 0 or sum(fractions) > 1 or self.several_planets > 1:
            raise ValueError(f"fractions of stars must be between 0 and 1 and sum to at most 1: {self}")

    def kind(self, place: float) -> str:
        """Return the kind of the star at a place in the unit interval."""
        for kind, fraction in (
            ("planet", self.planets),
            ("eclipsing_binary", self.binaries),
            ("variable", self.variables),
        ):
            if place < fraction:
                return kind
            place -= fraction
        return "quiet"


@dataclass(frozen=True, slots=True)
class SimulatedStar:
    """A star of the survey: the same in every sector.

    Parameters
    ----------
    target_id
        ``SIM n``.
    kind
        ``planet``, ``eclipsing_binary``, ``variable`` or ``quiet``.
    magnitude, ra_deg, dec_deg
        TESS magnitude and place on the sky (ICRS).
    signals
        Its planets, or its eclipses.
    variability
        What else it does.
    """

    target_id: str
    kind: str
    magnitude: float
    ra_deg: float
    dec_deg: float
    signals: tuple[Signal, ...]
    variability: Variability


def simulate_star(number: int, seed: int, population: Population) -> SimulatedStar:
    """Draw the star of a number from the population."""
    first = np.random.default_rng([seed]).random()
    kind = population.kind((first + number * _GOLDEN) % 1.0)
    rng = np.random.default_rng([seed, number])
    magnitude = 7.0 + 6.5 * np.sqrt(rng.random())
    ra_deg, dec_deg = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
    signals: tuple[Signal, ...] = ()
    if kind == "planet":
        signals = draw_planets(rng, FIRST_START_BTJD, population.several_planets)
    elif kind == "eclipsing_binary":
        signals = (draw_binary(rng, FIRST_START_BTJD),)
    return SimulatedStar(
        target_id=target_id("SIM", number),
        kind=kind,
        magnitude=round(float(magnitude), 4),
        ra_deg=round(float(ra_deg), 6),
        dec_deg=round(float(dec_deg), 6),
        signals=signals,
        variability=draw_variability(rng, strong=kind == "variable"),
    )
