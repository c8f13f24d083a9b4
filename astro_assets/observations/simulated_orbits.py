"""Draws the orbits of the simulated survey: planets, eclipsing binaries, and binaries behind a target.

Only distributions live here; the light of an orbit is in `simulated_signals`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.observations.simulated_signals import Eclipses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

#: Semi-major axis over stellar radius for a one-day orbit around a star as dense as the Sun (Kepler III).
SCALED_AXIS_ONE_DAY: Final = 4.2082


@dataclass(frozen=True, slots=True)
class Background:
    """A binary that shares the aperture with the target.

    Parameters
    ----------
    eclipses
        The binary.
    share
        Its part of the light of the aperture, out of eclipse.
    offset_pixels
        Where it lies from the target: columns, rows.
    """

    eclipses: Eclipses
    share: float
    offset_pixels: tuple[float, float]

    def blend(self, target: Times, time: Times, exposure_days: float) -> tuple[Times, Times]:
        """Return the light of both, and the share of it that is the binary's, shape (n,)."""
        behind = self.share * self.eclipses.flux(time, exposure_days)
        total = (1 - self.share) * target + behind
        return total, behind / total

    @property
    def depth(self) -> float:
        """Depth of the primary eclipse in the light of both."""
        return self.share * self.eclipses.depth

    @property
    def secondary_depth(self) -> float:
        """Depth of the secondary eclipse in the light of both."""
        return self.share * self.eclipses.secondary_depth

    @property
    def shift_pixels(self) -> tuple[float, float]:
        """Shift of the centre of light at mid-eclipse: columns, rows."""
        during = self.share * (1 - self.eclipses.depth)
        change = during / (1 - self.share + during) - self.share
        return self.offset_pixels[0] * change, self.offset_pixels[1] * change


def density_by_orbit(orbit: Eclipses) -> float:
    """Mean density of the larger body by an orbit, in units of the Sun's (Kepler III).

    A planet's mass is nothing; that of a companion is as its radius, as on the main sequence.
    """
    total = (orbit.scaled_axis / SCALED_AXIS_ONE_DAY) ** 3 / orbit.period_days**2
    return total if orbit.kind == "planet" else total / (1 + orbit.radius_ratio)


def draw_planets(
    rng: np.random.Generator,
    start_btjd: float,
    several: float,
    longest_days: float,
    limb_darkening: tuple[float, float],
) -> tuple[Eclipses, ...]:
    """Draw one planet, or two with probability `several`; the second's period is at least 1.5 times as long.

    Periods are log-uniform from 0.6 d; radii are log-uniform from 0.02 to 0.12 stellar radii, impact
    parameters uniform up to 0.8, orbits circular.
    """
    density = float(np.exp(rng.uniform(np.log(0.3), np.log(2.0))))
    inner = float(np.exp(rng.uniform(np.log(0.6), np.log(longest_days))))
    periods = [inner]
    if rng.random() < several and inner < longest_days / 1.5:
        periods.append(float(rng.uniform(1.5 * inner, longest_days)))
    return tuple(
        Eclipses(
            kind="planet",
            period_days=period,
            epoch_btjd=float(start_btjd + rng.uniform(0, period)),
            radius_ratio=float(np.exp(rng.uniform(np.log(0.02), np.log(0.12)))),
            scaled_axis=SCALED_AXIS_ONE_DAY * period ** (2 / 3) * density ** (1 / 3),
            impact=float(rng.uniform(0.0, 0.8)),
            limb_darkening=limb_darkening,
        )
        for period in periods
    )


def draw_binary(rng: np.random.Generator, start_btjd: float, limb_darkening: tuple[float, float]) -> Eclipses:
    """Draw an eclipsing binary of main-sequence stars, periods log-uniform from 0.5 to 8 d.

    The smaller star has the fainter surface, so that at half the period odd and even eclipses differ: little
    in one of four, whose stars are nearly equal. Beyond 3 d orbits are eccentric, which shifts the secondary.
    """
    period = float(np.exp(rng.uniform(np.log(0.5), np.log(8.0))))
    is_twin = rng.random() < 0.25
    radius_ratio = float(rng.uniform(0.9, 1.0) if is_twin else rng.uniform(0.3, 0.9))
    light_ratio = float(radius_ratio ** (2 + rng.uniform(1, 4)))
    size = float(rng.uniform(0.6, 1.5)) * (1 + radius_ratio)
    axis = SCALED_AXIS_ONE_DAY * period ** (2 / 3) * size ** (1 / 3)
    eccentricity = float(rng.uniform(0.0, 0.25)) if period > 3 else 0.0
    return Eclipses(
        kind="eclipsing_binary",
        period_days=period,
        epoch_btjd=float(start_btjd + rng.uniform(0, period)),
        radius_ratio=radius_ratio,
        scaled_axis=axis,
        impact=float(rng.uniform(0.0, 0.8)),
        limb_darkening=limb_darkening,
        light_ratio=light_ratio,
        eccentricity=eccentricity,
        periastron_deg=float(rng.uniform(0, 360)) if eccentricity else 90.0,
        ellipsoidal=0.75 * radius_ratio / axis**3,
    )


def draw_background(
    rng: np.random.Generator, start_btjd: float, limb_darkening: tuple[float, float]
) -> Background:
    """Draw a binary that gives 0.3 to 10 % of the light and lies 0.3 to 2 pixels from the target."""
    binary = replace(draw_binary(rng, start_btjd, limb_darkening), kind="background_binary")
    share = float(np.exp(rng.uniform(np.log(0.003), np.log(0.1))))
    distance, angle = rng.uniform(0.3, 2.0), rng.uniform(0, 2 * np.pi)
    return Background(binary, share, (float(distance * np.cos(angle)), float(distance * np.sin(angle))))
