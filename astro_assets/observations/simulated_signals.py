"""What simulated stars do: transits, eclipses and variability, drawn from a seeded generator.

Only the physics of the simulated survey lives here; which star has which is in
`simulated_stars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

#: Semi-major axis over stellar radius for a one-day orbit around a star as dense as the Sun (Kepler III).
_SCALED_AXIS_ONE_DAY: Final = 4.2082


@dataclass(frozen=True, slots=True)
class Signal:
    """A periodic eclipse whose dips are trapezoids (no limb darkening).

    Parameters
    ----------
    kind
        ``planet`` or ``eclipsing_binary``.
    period_days, epoch_btjd
        Orbital period [d], and a mid-time of the primary dip [BJD_TDB - 2457000].
    duration_days, ingress_days
        First to last contact, and first to second contact [d]; ``2 ingress_days <= duration_days``.
    depth, secondary_depth
        Lost fraction of the flux at mid-eclipse.
    secondary_phase
        Orbital phase of the secondary eclipse.
    ellipsoidal
        Semi-amplitude of the tidal distortion, as a fraction of the flux.
    """

    kind: str
    period_days: float
    epoch_btjd: float
    duration_days: float
    ingress_days: float
    depth: float
    secondary_depth: float = 0.0
    secondary_phase: float = 0.5
    ellipsoidal: float = 0.0

    def flux(self, time: Times) -> Times:
        """Return the relative flux at some times [BTJD], 1 outside eclipse and distortion."""
        flux = 1.0 - self.depth * self._shape(time - self.epoch_btjd)
        if self.secondary_depth > 0:
            later = self.secondary_phase * self.period_days
            flux -= self.secondary_depth * self._shape(time - self.epoch_btjd - later)
        if self.ellipsoidal > 0:
            # Brightest at quadrature, when the stretched stars show their long side.
            flux -= self.ellipsoidal * np.cos(4 * np.pi * (time - self.epoch_btjd) / self.period_days)
        return flux

    def _shape(self, since_middle: Times) -> Times:
        """Return a trapezoid, 1 between second and third contact and 0 outside eclipse."""
        half_period = self.period_days / 2
        distance = np.abs((since_middle + half_period) % self.period_days - half_period)
        return np.clip((self.duration_days / 2 - distance) / self.ingress_days, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Variability:
    """Smooth variability of a star.

    Parameters
    ----------
    periods_days, amplitudes, phases
        Sinusoids: periods [d], semi-amplitudes as fractions of the flux, phases [rad].
    red_noise
        Standard deviation of correlated noise, as a fraction of the flux.
    red_noise_days
        Its correlation time [d].
    """

    periods_days: tuple[float, ...] = ()
    amplitudes: tuple[float, ...] = ()
    phases: tuple[float, ...] = ()
    red_noise: float = 0.0
    red_noise_days: float = 1.0

    def flux(self, time: Times, rng: np.random.Generator) -> Times:
        """Return the relative flux at equally spaced times [d], around 1."""
        flux = (
            1.0 + red_noise(len(time), float(time[1] - time[0]) / self.red_noise_days, rng) * self.red_noise
        )
        for period, amplitude, phase in zip(self.periods_days, self.amplitudes, self.phases, strict=True):
            flux += amplitude * np.sin(2 * np.pi * time / period + phase)
        return flux


def red_noise(n: int, step: float, rng: np.random.Generator) -> Times:
    """Return noise of zero mean and unit variance, correlated like exp(-lag).

    The spectrum of a damped random walk (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895) is imposed on
    white noise over twice the length, so that the ends do not join.

    Parameters
    ----------
    n
        Number of samples, at least 2.
    step
        Spacing of the samples in correlation times.
    """
    size = 1 << int(np.ceil(np.log2(2 * n)))
    frequency = np.fft.rfftfreq(size, step)
    spectrum = np.fft.rfft(rng.standard_normal(size)) / np.hypot(1.0, 2 * np.pi * frequency)
    spectrum[0] = 0.0
    weights = 1.0 / (1.0 + (2 * np.pi * frequency) ** 2)
    weights[0] = 0.0
    # Variance of the filtered white noise: twice the mean power of the one-sided filter.
    noise: Times = np.fft.irfft(spectrum, size)[:n] / np.sqrt(2 * weights.sum() / size)
    return noise


def draw_planets(rng: np.random.Generator, start_btjd: float, several: float) -> tuple[Signal, ...]:
    """Draw one planet, or two with probability `several`; the second's period is at least 1.5 times as long.

    Periods are log-uniform from 0.6 to 12 d, so that planets transit at least twice a sector, gaps aside;
    radii are log-uniform from 0.02 to 0.12 stellar radii, impact parameters uniform up to 0.8.
    """
    density = np.exp(rng.uniform(np.log(0.3), np.log(2.0)))
    inner = float(np.exp(rng.uniform(np.log(0.6), np.log(12.0))))
    periods = [inner]
    if rng.random() < several and inner < 8.0:
        periods.append(float(rng.uniform(1.5 * inner, 12.0)))
    return tuple(_draw_planet(rng, period, float(density), start_btjd) for period in periods)


def draw_binary(rng: np.random.Generator, start_btjd: float) -> Signal:
    """Draw an eclipsing binary of main-sequence stars, periods log-uniform from 0.5 to 8 d.

    The smaller star has the fainter surface. Grazing eclipses are V-shaped; beyond 3 d orbits may be
    eccentric, which shifts the secondary eclipse.
    """
    period = float(np.exp(rng.uniform(np.log(0.5), np.log(8.0))))
    radius_ratio = rng.uniform(0.3, 1.0)
    brightness_ratio = radius_ratio ** rng.uniform(1, 4)
    axis = _SCALED_AXIS_ONE_DAY * period ** (2 / 3) * (rng.uniform(0.6, 1.5) * (1 + radius_ratio)) ** (1 / 3)
    impact = rng.uniform(0.0, 0.8 * (1 + radius_ratio))
    duration, ingress = _contacts(period, radius_ratio, impact, axis)
    covered = min(1.0, (1 + radius_ratio - impact) / (2 * radius_ratio))
    light = 1 + radius_ratio**2 * brightness_ratio
    return Signal(
        kind="eclipsing_binary",
        period_days=period,
        epoch_btjd=float(start_btjd + rng.uniform(0, period)),
        duration_days=duration,
        ingress_days=ingress,
        depth=float(covered * radius_ratio**2 / light),
        secondary_depth=float(covered * radius_ratio**2 * brightness_ratio / light),
        secondary_phase=float(rng.uniform(0.4, 0.6)) if period > 3 else 0.5,
        ellipsoidal=float(0.75 * radius_ratio / axis**3),
    )


def draw_variability(rng: np.random.Generator, *, strong: bool) -> Variability:
    """Draw a star's variability: spots and granulation; strongly variable stars may pulsate instead.

    Spots: rotation period 2 to 20 d with a harmonic, semi-amplitude 20 to 1,000 ppm, when strong 1,000 to
    20,000 ppm. Pulsations: three modes of 0.03 to 0.2 d. Granulation: 20 to 100 ppm over half a day.
    """
    low, high = (1e-3, 2e-2) if strong else (2e-5, 1e-3)
    amplitude = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    if strong and rng.random() < 0.3:
        periods = [float(period) for period in rng.uniform(0.03, 0.2, 3)]
        shares = (1.0, 0.6, 0.3)
    else:
        rotation = float(np.exp(rng.uniform(np.log(2.0), np.log(20.0))))
        periods, shares = [rotation, rotation / 2, rotation * 1.05], (1.0, 0.4, 0.3)
    return Variability(
        periods_days=tuple(periods),
        amplitudes=tuple(amplitude * share for share in shares),
        phases=tuple(float(phase) for phase in rng.uniform(0, 2 * np.pi, 3)),
        red_noise=float(rng.uniform(2e-5, 1e-4)),
        red_noise_days=0.5,
    )


def _draw_planet(rng: np.random.Generator, period: float, density: float, start_btjd: float) -> Signal:
    radius_ratio = float(np.exp(rng.uniform(np.log(0.02), np.log(0.12))))
    axis = _SCALED_AXIS_ONE_DAY * period ** (2 / 3) * density ** (1 / 3)
    duration, ingress = _contacts(period, radius_ratio, float(rng.uniform(0.0, 0.8)), axis)
    return Signal(
        kind="planet",
        period_days=period,
        epoch_btjd=float(start_btjd + rng.uniform(0, period)),
        duration_days=duration,
        ingress_days=ingress,
        depth=radius_ratio**2,
    )


def _contacts(period: float, radius_ratio: float, impact: float, axis: float) -> tuple[float, float]:
    """Return T14 and T12 [d] of a circular orbit (Seager & Mallen-Ornelas 2003, ApJ 585, 1038)."""
    sine = np.sqrt(1 - (impact / axis) ** 2)
    total = period / np.pi * np.arcsin(np.sqrt((1 + radius_ratio) ** 2 - impact**2) / (axis * sine))
    if impact >= 1 - radius_ratio:
        return float(total), float(total / 2)
    flat = period / np.pi * np.arcsin(np.sqrt((1 - radius_ratio) ** 2 - impact**2) / (axis * sine))
    return float(total), float((total - flat) / 2)
