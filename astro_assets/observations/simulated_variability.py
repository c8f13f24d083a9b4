"""What simulated stars do besides eclipsing: spots that come and go, pulsations, flares, surface noise.

Only shapes and their distributions live here; which star does what is in `simulated_stars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

#: Samples a rotation at which spots are drawn: between them a straight line is right to 1 part in 1,000.
_SAMPLES_A_ROTATION: Final = 100
#: Flares are averaged over exposures in steps of this length.
_FLARE_STEP_DAYS: Final = 0.0007
#: Flare template of Davenport et al. (2014), ApJ 797, 122, in half-durations: rise and two-phase decay.
_RISE: Final = (1.0, 1.941, -0.175, -2.246, -1.125)
_DECAY: Final = ((0.6890, 1.600), (0.3030, 0.2783))


@dataclass(frozen=True, slots=True)
class Rotation:
    """Spots of a rotating star: a Gaussian process of two oscillators, at the period and at its half.

    celerite2's ``RotationTerm`` (Foreman-Mackey et al. 2017, AJ 154, 220).

    Parameters
    ----------
    period_days
        Rotation period [d].
    amplitude
        Standard deviation, as a fraction of the flux.
    quality, mix
        How many radians spots last, and the variance at half the period over that at the period.
    """

    period_days: float
    amplitude: float
    quality: float
    mix: float

    def flux(self, time: Times, origin: float, rng: np.random.Generator) -> Times:
        """Return the change of the flux at some times [d] after `origin`, whatever the last of them is."""
        from celerite2 import GaussianProcess
        from celerite2.terms import RotationTerm

        step = self.period_days / _SAMPLES_A_ROTATION
        grid = np.arange(int(np.ceil((time[-1] - origin) / step)) + 1) * step
        term = RotationTerm(sigma=1.0, period=self.period_days, Q0=self.quality, dQ=0.5, f=self.mix)
        process = GaussianProcess(term)
        process.compute(grid, diag=np.full(len(grid), 1e-10))
        spots: Times = process.dot_tril(rng.standard_normal(len(grid)))
        return self.amplitude * np.interp(time - origin, grid, spots)


@dataclass(frozen=True, slots=True)
class Pulsation:
    """A star that oscillates in several modes.

    Parameters
    ----------
    periods_days, amplitudes, phases
        Of each mode: period [d], semi-amplitude as a fraction of the flux, phase [rad]; the strongest first.
    """

    periods_days: tuple[float, ...]
    amplitudes: tuple[float, ...]
    phases: tuple[float, ...]

    def smeared(self, exposure_days: float) -> tuple[float, ...]:
        """Return the semi-amplitudes that exposures of some length [d] leave."""
        return tuple(
            abs(amplitude * float(np.sinc(exposure_days / period)))
            for period, amplitude in zip(self.periods_days, self.amplitudes, strict=True)
        )

    def flux(self, time: Times, exposure_days: float) -> Times:
        """Return the change of the flux at some times [d]; long exposures smear short periods."""
        flux = np.zeros(len(time))
        for period, amplitude, phase in zip(
            self.periods_days, self.smeared(exposure_days), self.phases, strict=True
        ):
            flux += amplitude * np.sin(2 * np.pi * time / period + phase)
        return flux


@dataclass(frozen=True, slots=True)
class Flares:
    """A star that flares at random.

    Parameters
    ----------
    rate_per_day
        Expected flares a day that brighten the star by `smallest` or more.
    smallest
        Their least peak, as a fraction of the flux; peaks follow a power law of index -2.
    """

    rate_per_day: float
    smallest: float

    def flux(self, time: Times, exposure_days: float, rng: np.random.Generator) -> Times:
        """Return the light that each flare adds at some times [d], shape (n_flares, n)."""
        n = int(rng.poisson(self.rate_per_day * (time[-1] - time[0])))
        peaks = np.minimum(self.smallest / rng.uniform(size=n), 1.0)
        # An exposure of half an hour is the mean of 30 moments.
        moments = max(int(exposure_days / _FLARE_STEP_DAYS), 1)
        offsets = exposure_days * ((np.arange(moments) + 0.5) / moments - 0.5)
        light = np.zeros((n, len(time)))
        for one, middle, peak in zip(light, rng.uniform(time[0], time[-1], size=n), peaks, strict=True):
            # Larger flares last longer, energies growing as duration cubed (Maehara et al. 2015).
            half_days = 0.004 * (peak / self.smallest) ** 0.5
            first, last = np.searchsorted(time, middle + half_days * np.array([-2, 31]))
            near = slice(max(first - 1, 0), last + 1)
            since = (time[near] + offsets[:, np.newaxis] - middle) / half_days
            one[near] = peak * flare(since.ravel()).reshape(since.shape).mean(axis=0)
        return light


def flare(since_peak: Times) -> Times:
    """Return the template of a flare, 1 at its peak, at times in half-durations (Davenport et al. 2014)."""
    light = np.zeros(len(since_peak))
    rising = (since_peak > -1) & (since_peak <= 0)
    light[rising] = np.clip(np.polynomial.polynomial.polyval(since_peak[rising], _RISE), 0.0, None)
    falling = (since_peak > 0) & (since_peak < 30)
    later = since_peak[falling]
    light[falling] = sum(height * np.exp(-rate * later) for height, rate in _DECAY)
    return light


def red_noise(n: int, step: float, rng: np.random.Generator) -> Times:
    """Return noise of zero mean and unit variance, correlated like exp(-lag).

    The spectrum of a damped random walk (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895) is imposed on
    white noise that is longer by ten correlation times, so that the ends do not join.

    Parameters
    ----------
    n
        Number of samples, at least 2.
    step
        Spacing of the samples in correlation times.
    """
    # A multiple of 1024 keeps the transform fast whatever the length.
    size = 1024 * int(np.ceil((n + min(n, 10 / step)) / 1024))
    frequency = np.fft.rfftfreq(size, step)
    spectrum = np.fft.rfft(rng.standard_normal(size)) / np.hypot(1.0, 2 * np.pi * frequency)
    spectrum[0] = 0.0
    weights = 1.0 / (1.0 + (2 * np.pi * frequency) ** 2)
    weights[0] = 0.0
    # Variance of the filtered white noise: twice the mean power of the one-sided filter.
    noise: Times = np.fft.irfft(spectrum, size)[:n] / np.sqrt(2 * weights.sum() / size)
    return noise


def draw_rotation(rng: np.random.Generator, *, strong: bool) -> Rotation:
    """Draw spots: 20 to 600 ppm and 5 to 30 d, or 0.2 to 2 % and 0.6 to 10 d on strong ones."""
    low, high = (2e-3, 2e-2) if strong else (2e-5, 6e-4)
    shortest, longest = (0.6, 10.0) if strong else (5.0, 30.0)
    return Rotation(
        period_days=float(np.exp(rng.uniform(np.log(shortest), np.log(longest)))),
        amplitude=float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        quality=float(rng.uniform(3, 20)),
        mix=float(rng.uniform(0.1, 0.6)),
    )


def draw_pulsation(rng: np.random.Generator) -> Pulsation:
    """Draw a delta Scuti star: 5 modes of 0.03 to 0.2 d, the strongest 0.05 to 1 %."""
    strongest = float(np.exp(rng.uniform(np.log(5e-4), np.log(1e-2))))
    shares = np.sort(np.append(rng.uniform(0.05, 0.8, 4), 1.0))[::-1]
    return Pulsation(
        periods_days=tuple(float(period) for period in np.exp(rng.uniform(np.log(0.03), np.log(0.2), 5))),
        amplitudes=tuple(float(strongest * share) for share in shares),
        phases=tuple(float(phase) for phase in rng.uniform(0, 2 * np.pi, 5)),
    )


def draw_flares(rng: np.random.Generator) -> Flares:
    """Draw a flaring star: 0.1 to 1 flare a day of 0.5 % or more."""
    return Flares(rate_per_day=float(np.exp(rng.uniform(np.log(0.1), np.log(1.0)))), smallest=0.005)
