"""Transits injected into light curves, simulated and real.

A curve follows from its cell and number alone, bit for bit, so that searches run at different times see the
same ones. What kinds there are is in `injection_cells`; nothing is searched here.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from injection_cells import Cell
from listed_signals import listed_labels
from numpy.typing import NDArray
from scipy.signal import lfilter

from astro_assets.observations.simulated_signals import Eclipses
from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.transits.detrend import DetrendingSettings, detrend
from astro_assets.transits.noise import point_scatter, red_noise_factor
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.stitching import Segment

Floats = NDArray[np.float64]

SHARED: Final = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared/data")
#: White noise of a simulated sample.
SIGMA: Final = 1e-3
#: Correlation time of the red noise, days; its strength is counted in units of the white noise of this long.
RED_NOISE_DAYS, RED_NOISE_UNIT_DAYS = 0.25, 30 / 1440
#: Window of the filter that takes red noise off, days; of the same filter for all searches.
WINDOW_DAYS: Final = 0.75
#: Semi-major axis over radius for the Sun and a period of one day, from Kepler's third law.
_AXIS_OF_A_DAY: Final = 4.2066
#: The population: masses in suns (radii as their 0.9th power), impact parameters, limb darkening, radius
#: ratio of the shape that is scaled to the wanted depth.
_MASSES, _IMPACTS, _LIMB_DARKENING, _RADIUS_RATIO = (0.5, 1.2), (0.0, 0.7), (0.4, 0.25), 0.05
#: Injected periods keep off the ends of the range that is searched by this factor.
_MARGIN: Final = 1.08


@dataclass(frozen=True)
class Injection:
    """A curve as it is searched, and the transit in it.

    Parameters
    ----------
    curve
        Detrended where the cell says so.
    period, epoch, duration
        Of the transit; the duration is from first to last contact; days.
    ratio
        Matched-filter signal-to-noise ratio before any detrending: of simulated curves in white noise, of
        real ones in that of boxes as long as the transit.
    periods
        Shortest and longest trial period, days.
    """

    number: int
    curve: Curve
    period: float
    epoch: float
    duration: float
    ratio: float
    periods: tuple[float, float]

    def is_right(self, period: float) -> bool:
        """Whether transits of this period drift off the true ones by less than one duration at the end."""
        return abs(period / self.period - 1) * self.curve.baseline_days < self.duration


def injection(cell: Cell, number: int) -> Injection:
    """Make the curve with a number, the same on every call."""
    rng = np.random.default_rng(
        [int.from_bytes(hashlib.sha256(cell.name.encode()).digest()[:8], "big"), number]
    )
    segment = _real(cell, rng) if cell.real else _noise(cell, rng)
    orbit, ratio = _orbit(cell, rng, segment.time), float(rng.uniform(*cell.ratios))
    scatter = segment.flux_err[0] * (_red_noise(segment, orbit.duration_days) if cell.real else 1.0)
    lost = 1 - orbit.flux(segment.time, cell.cadence_days)
    lost *= ratio * scatter / np.sqrt(np.sum(lost**2))
    flux = segment.flux * (1 - lost)
    time, flux, error = _detrended(cell, segment, flux)
    return Injection(
        number,
        Curve(time, flux, error, cell.cadence_days),
        orbit.period_days,
        orbit.epoch_btjd,
        orbit.duration_days,
        ratio,
        (cell.periods[0], min(cell.periods[1], float(time[-1] - time[0]) / 2)),
    )


def fingerprint(cell: Cell, one: Injection) -> str:
    """Return a hash of all that a search is given; of fluxes to single precision.

    The last bits of wotan's trend depend on where its arrays lie in memory.
    """
    values = [one.curve.flux.astype(np.float32), one.curve.flux_err.astype(np.float32)]
    asked = [one.curve.time, *values, cell.durations, np.array(one.periods)]
    return hashlib.sha256(b"".join(values.tobytes() for values in asked)).hexdigest()[:20]


def _noise(cell: Cell, rng: np.random.Generator) -> Segment:
    """Simulate white noise and an Ornstein-Uhlenbeck process, sampled with gaps."""
    time = 1325 + np.arange(0, cell.baseline_days, cell.cadence_days)
    kept = (time - 1325) % cell.gap_every_days >= cell.gap_days
    kept |= time - 1325 < cell.gap_days
    memory = np.exp(-cell.cadence_days / RED_NOISE_DAYS)
    start = [memory * rng.normal()]
    red, _ = lfilter([np.sqrt(1 - memory**2)], [1, -memory], rng.normal(size=time.size), zi=start)
    unit = np.sqrt(cell.cadence_days / RED_NOISE_UNIT_DAYS)
    flux = 1 + SIGMA * (rng.normal(size=time.size) + (cell.noise or 0.0) * unit * red)
    return Segment(0, 86400 * cell.cadence_days, time[kept], flux[kept], np.full(time[kept].size, SIGMA))


def _orbit(cell: Cell, rng: np.random.Generator, time: Floats) -> Eclipses:
    """Draw an orbit of which at least two transits are observed."""
    mass, impact = rng.uniform(*_MASSES), rng.uniform(*_IMPACTS)
    density = mass / (mass**0.9) ** 3
    longest = min(cell.periods[1], (time[-1] - time[0]) / 2)
    low, high = np.log(cell.periods[0] * _MARGIN), np.log(longest / _MARGIN)
    while True:
        period = float(np.exp(rng.uniform(low, high)))
        epoch = float(time[0] + rng.uniform(0, period))
        orbit = Eclipses(
            "planet", period, epoch, _RADIUS_RATIO, _AXIS_OF_A_DAY * np.cbrt(density * period**2), impact,
            _LIMB_DARKENING,
        )  # fmt: skip
        number = np.floor((time - epoch) / period + 0.5)
        inside = np.abs(time - epoch - number * period) < orbit.duration_days / 2
        _, counts = np.unique(number[inside], return_counts=True)
        if np.count_nonzero(counts >= 0.5 * orbit.duration_days / cell.cadence_days) >= 2:
            return orbit


def _detrended(cell: Cell, segment: Segment, flux: Floats) -> tuple[Floats, Floats, Floats]:
    """Take off the slow changes: of real curves as a run does, of simulated ones by wotan's biweight."""
    if cell.real:
        done = detrend(
            [Segment(segment.number, segment.cadence_s, segment.time, flux, segment.flux_err)],
            DetrendingSettings(),
        )
        # In single precision, as a run stores them: the last bits may change with the code.
        flux, error = (values.astype(np.float32).astype(np.float64) for values in (done.flux, done.flux_err))
        return done.time, flux, error
    if not cell.is_detrended:
        return segment.time, flux, segment.flux_err
    from wotan import flatten

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flat = flatten(segment.time, flux, method="biweight", window_length=WINDOW_DAYS, break_tolerance=0.5)
    kept = np.isfinite(flat)
    return segment.time[kept], np.asarray(flat[kept], dtype=np.float64), segment.flux_err[kept]


def _red_noise(segment: Segment, duration: float) -> float:
    """By how much the noise of a detrended curve over one duration exceeds white noise."""
    flat = detrend([segment], DetrendingSettings())
    return red_noise_factor(flat.time, flat.flux, flat.flux_err**-2, segment.cadence_s / 86400, duration)


def _real(cell: Cell, rng: np.random.Generator) -> Segment:
    curves = real_curves(cell.real)
    return curves[int(rng.integers(len(curves)))]


@cache
def real_curves(patterns: tuple[str, ...]) -> tuple[Segment, ...]:
    """Read real curves longer than three weeks, listed transits cut out; errors are the scatter."""
    files = sorted(path for pattern in patterns for path in SHARED.glob(pattern))
    if not files:
        raise FileNotFoundError(f"no real observations at {SHARED}: {patterns}")
    signals = {label.file: label.signal for label in listed_labels(SHARED)}
    curves = []
    for path in files:
        file = {"sha256": path, "description": None}
        (row,) = LIGHT_CURVES.compute(path.name, {"observation_files": [file]}, LIGHT_CURVES.config)
        time, flux = (row["light_curve"][name].astype(np.float64) for name in ("time", "flux"))
        kept = np.ones(time.size, dtype=bool)
        if path in signals:
            signal = signals[path]
            offset = (time - signal.epoch + signal.period / 2) % signal.period - signal.period / 2
            kept = np.abs(offset) > 0.75 * signal.duration
        if time[-1] - time[0] > 21:
            error = np.full(np.count_nonzero(kept), point_scatter(flux[kept]))
            curves.append(Segment(row["segment"], row["cadence_s"], time[kept], flux[kept], error))
    return tuple(curves)
