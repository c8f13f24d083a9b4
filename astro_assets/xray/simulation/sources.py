"""How the rates of sources change with time and energy, by their kind.

Only what leaves the source lives here, on axis and without background; how it is seen is in `exposures`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import Floats
from astro_assets.xray.simulation.exposures import Exposures
from astro_assets.xray.simulation.settings import SimulationSettings

_HOUR_S: Final = 3600.0
_DAY_S: Final = 86400.0
#: Of the three bands: a typical energy, and what a photon's chance is to be counted in it over E to the power
#: of its index (effective area on axis times width, cm2 keV), about.
_ENERGY_KEV: Final = np.array([0.42, 1.15, 3.1])
_WEIGHT: Final = np.array([0.4 * 800, 1.7 * 1800, 2.7 * 450])
#: Photoelectric absorption, cm2: falls about so with energy (Wilms et al. 2000, ApJ 542, 914).
_CROSS_SECTION: Final = 2.2e-22 * _ENERGY_KEV**-2.6
#: Frequencies of red noise.
_N_FREQUENCIES: Final = 96


class SourceKind(StrEnum):
    """Kinds of sources."""

    CONSTANT = "constant"
    RED_NOISE = "red_noise"
    LOG_NORMAL = "log_normal"
    FLARE = "flare"
    DIP = "dip"
    QUASI_PERIODIC_ERUPTION = "quasi_periodic_eruption"
    TIDAL_DISRUPTION = "tidal_disruption"
    OUTBURST = "outburst"
    STATE_CHANGE = "state_change"


def source_rates(
    kind: SourceKind, exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator
) -> Floats:
    """Draw a source and return its rates.

    Parameters
    ----------
    kind
        What it does.
    exposed
        The bins. What happens once, happens where there was an exposure.
    settings
        What is drawn between.
    rng
        Draws the source: its mean, its spectrum, then what its kind has.

    Returns
    -------
    ndarray, shape (n_bins, 3)
        Counts a second of full exposure in the middle of each bin, float64, positive.
    """
    quiet = log_uniform(settings.mean_rate, rng)
    index, column = rng.uniform(*settings.photon_index), rng.uniform(*settings.log_column)
    shares = spectrum(index, column)
    return quiet * shares * _CHANGES[kind](exposed, settings, rng)


def spectrum(photon_index: float, log_column: float) -> Floats:
    """Return the shares of the bands in the counts of a power law behind hydrogen; shape (3,), sum 1."""
    seen = _WEIGHT * _ENERGY_KEV**-photon_index * np.exp(-(10**log_column) * _CROSS_SECTION)
    return np.asarray(seen / seen.sum())


def log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw a number whose logarithm is spread evenly."""
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def _one_of(exposed: Exposures, rng: np.random.Generator) -> float:
    """Draw the time of a bin that was exposed, a bin if none was."""
    seen = np.flatnonzero(exposed.fraction[:, 1] > 0)
    return float(exposed.time_s[rng.choice(seen if seen.size else np.arange(exposed.time_s.size))])


def _coloured(factor: Floats, rng: np.random.Generator, harder: float = 0.15) -> Floats:
    """Return a factor for each band: brighter is somewhat harder, or softer."""
    tilt = rng.normal(0.5, 0.5) * harder
    return np.power(factor[:, np.newaxis], 1 + tilt * np.array([-1.0, 0.0, 1.0]))


def _constant(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    return np.ones((exposed.time_s.size, 3))


def _red_noise(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Return the exponential of noise of falling power (Uttley et al. 2005, MNRAS 359, 345)."""
    scatter, slope = rng.uniform(*settings.red_noise_scatter), rng.uniform(*settings.red_noise_slope)
    time = exposed.time_s - exposed.time_s[0]
    frequency = np.geomspace(1 / max(float(time[-1]), 10 * _HOUR_S), 1 / 1800.0, _N_FREQUENCIES)
    power = frequency ** (1 - slope)  # of an equal step in the logarithm of frequency
    amplitude = np.sqrt(power / power.sum()) * rng.normal(size=(2, _N_FREQUENCIES))
    phase = 2 * np.pi * np.outer(time, frequency)
    noise = np.cos(phase) @ amplitude[0] + np.sin(phase) @ amplitude[1]
    return _coloured(np.exp(scatter * noise - scatter**2 / 2), rng)


def _log_normal(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    scatter = rng.uniform(*settings.log_normal_scatter)
    of_visits = np.exp(scatter * rng.normal(size=int(exposed.visit[-1]) + 1) - scatter**2 / 2)
    return _coloured(of_visits[exposed.visit], rng)


def _flare(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Return a fast rise and an exponential decay; hotter, so harder, at the peak."""
    factor, decay = log_uniform(settings.flare_factor, rng), log_uniform(settings.flare_hours, rng) * _HOUR_S
    since = exposed.time_s - _one_of(exposed, rng)
    shape = _rise_and_decay(since, decay * rng.uniform(0.05, 0.3), decay)
    return _coloured(1 + (factor - 1) * shape, rng, harder=0.3)


def _dip(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Return a loss of light by what comes before the source, deepest in the soft band."""
    depth, length = rng.uniform(*settings.dip_depth), log_uniform(settings.dip_hours, rng) * _HOUR_S
    off = np.abs(exposed.time_s - _one_of(exposed, rng)) / (length / 2)
    shape = 1 / (1 + off**8)
    most = -np.log(np.maximum(1 - depth, 1e-3))
    of_bands = np.array([1.3, 1.0, rng.uniform(0.4, 1.0)])
    return np.asarray(np.exp(-most * of_bands * shape[:, np.newaxis]))


def _eruptions(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Return soft eruptions whose spacing is uneven by a tenth (Miniutti et al. 2019, Nature 573, 381)."""
    factor, period = log_uniform(settings.eruption_factor, rng), log_uniform(settings.eruption_hours, rng)
    width = period * rng.uniform(*settings.eruption_duty) * _HOUR_S / 2.3548
    cycle = (exposed.time_s - _one_of(exposed, rng)) / (period * _HOUR_S)
    number = np.rint(cycle).astype(np.int64)
    known, place = np.unique(number, return_inverse=True)
    late = 0.1 * rng.normal(size=known.size) * (known != 0)  # the one that is sure to be seen is in time
    off = (cycle - number - late[place]) * period * _HOUR_S / max(width, 1.0)
    shape = np.exp(-0.5 * off**2)
    return np.asarray(1 + (factor - 1) * shape[:, np.newaxis] * np.array([1.0, 0.8, 0.1]))


def _disruption(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Return the fall of a disrupted star's light, a soft one (Rees 1988, Nature 333, 523)."""
    factor, fall = log_uniform(settings.disruption_factor, rng), log_uniform(settings.disruption_days, rng)
    seen = _one_of(exposed, rng)
    since = (exposed.time_s - seen) / _DAY_S + rng.uniform(0, 0.5) * fall
    rise = fall * rng.uniform(0.1, 0.4)
    shape = np.where(since < 0, np.exp(-((since / rise) ** 2)), (1 + np.maximum(since, 0) / fall) ** (-5 / 3))
    of_bands = 1 + (factor - 1) * shape[:, np.newaxis] * np.array([1.0, 0.5, 0.03])
    return np.asarray(of_bands / np.sqrt(factor))


def _outburst(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    factor, decay = (
        log_uniform(settings.outburst_factor, rng),
        log_uniform(settings.outburst_days, rng) * _DAY_S,
    )
    since = exposed.time_s - _one_of(exposed, rng) + rng.uniform(0, 1) * decay
    shape = _rise_and_decay(since, decay * rng.uniform(0.1, 0.4), decay)
    of_bands = _coloured(1 + (factor - 1) * shape, rng, harder=0.3)
    return np.asarray(of_bands / np.sqrt(factor))


def _state_change(exposed: Exposures, settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Return two states, one bright and soft and one faint and hard, with a change between two exposures."""
    factor = log_uniform(settings.state_factor, rng)
    seen = np.unique(exposed.time_s[exposed.fraction[:, 1] > 0])
    before = rng.integers(max(seen.size - 1, 1))
    change = seen[before : before + 2].mean() if seen.size else exposed.time_s[0]
    is_bright: NDArray[np.bool_] = exposed.time_s > change
    if rng.uniform() < 0.5:
        is_bright = ~is_bright
    tilt = rng.uniform(0, 0.3) * np.array([1.0, 0.0, -1.0])
    of_bands = np.where(is_bright[:, np.newaxis], np.power(factor, 1 + tilt), 1.0)
    return np.asarray(of_bands / np.sqrt(factor))


def _rise_and_decay(since: Floats, rise: float, decay: float) -> Floats:
    """Return what rises and decays exponentially about 0, where it is 1."""
    return np.where(since < 0, np.exp(np.minimum(since, 0) / rise), np.exp(-np.maximum(since, 0) / decay))


_CHANGES: Final[dict[SourceKind, Callable[[Exposures, SimulationSettings, np.random.Generator], Floats]]] = {
    SourceKind.CONSTANT: _constant,
    SourceKind.RED_NOISE: _red_noise,
    SourceKind.LOG_NORMAL: _log_normal,
    SourceKind.FLARE: _flare,
    SourceKind.DIP: _dip,
    SourceKind.QUASI_PERIODIC_ERUPTION: _eruptions,
    SourceKind.TIDAL_DISRUPTION: _disruption,
    SourceKind.OUTBURST: _outburst,
    SourceKind.STATE_CHANGE: _state_change,
}
