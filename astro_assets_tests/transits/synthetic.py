"""Light curves with known truth for the tests of the transit wing.

Only the generation of data lives here: no test, no expectation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TWO_MINUTES = 2 / 1440


@dataclass(frozen=True)
class Planet:
    """Trapezoid transits; times in days, depth relative; odd ones are ``alternate`` times as deep."""

    period: float
    epoch: float
    duration: float
    depth: float
    alternate: float = 1.0


def sector_times(seed: int = 0, cadence: float = TWO_MINUTES, days: float = 27.4, start: float = 1325.0):
    """Return the times of a TESS sector: a gap of a day in the middle and one sample in a hundred missing."""
    rng = np.random.default_rng([seed, 1])
    time = start + np.arange(0, days, cadence)
    in_gap = np.abs(time - start - days / 2) < 0.5
    return time[~in_gap & (rng.random(time.size) > 0.01)]


def transits(time, planets):
    """Relative flux of a star with planets, 1 out of transit; ingress takes a seventh of the duration."""
    flux = np.ones_like(time)
    for planet in planets:
        number = np.floor((time - planet.epoch) / planet.period + 0.5)
        offset = np.abs(time - planet.epoch - number * planet.period)
        shape = np.clip((planet.duration / 2 - offset) / (planet.duration / 7), 0, 1)
        flux -= np.where(number % 2 == 1, planet.alternate, 1.0) * planet.depth * shape
    return flux


def red_noise(time, timescale, sigma, rng):
    """Ornstein-Uhlenbeck process with standard deviation ``sigma``."""
    noise = np.empty(time.size)
    noise[0] = rng.normal(0, sigma)
    decay = np.exp(-np.diff(time) / timescale)
    kicks = rng.normal(0, sigma, time.size - 1) * np.sqrt(1 - decay**2)
    for i in range(1, time.size):
        noise[i] = decay[i - 1] * noise[i - 1] + kicks[i - 1]
    return noise


def spots(time, period, amplitude, rng):
    """Rotational variability: three harmonics whose amplitudes drift."""
    flux = np.zeros_like(time)
    for harmonic in (1, 2, 3):
        drift = 1 + 0.3 * np.sin(2 * np.pi * time / rng.uniform(15, 60) + rng.uniform(0, 6.28))
        flux += (
            amplitude
            / harmonic**1.5
            * drift
            * np.sin(2 * np.pi * harmonic * time / period + rng.uniform(0, 6.28))
        )
    return flux
