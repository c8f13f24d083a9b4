"""What other searches find in an injected curve: astropy's box least squares, TLS and GERBLS.

Each is run as its documentation says, on the same periods and, where it takes any, the same durations.
Whoever changes how one is called deletes what is stored of it: the store knows version and input only.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import numpy as np
from injection_cells import SOLAR_DAY_TRANSIT, Cell
from injections import Floats, Injection
from timing import silence

from astro_assets.transits.search.periods import ofir_periods

#: Trial periods of astropy while a transit drifts by its duration.
OVERSAMPLING: Final = 3.0
#: GERBLS averages shorter cadences to this, days: with those of 2 min it takes 100 times as long.
GERBLS_BIN: Final = 10 / 1440
N_PEAKS: Final = 5


@dataclass(frozen=True)
class Answer:
    """The highest distinct peaks of a spectrum, highest first.

    Parameters
    ----------
    periods
        Days; NaN where there are fewer.
    power
        Of the highest.
    at_truth
        Highest power at periods that count as right; NaN where none was tried.
    seconds
        Of the processor.
    """

    periods: tuple[float, ...]
    power: float
    at_truth: float
    seconds: float


@dataclass(frozen=True)
class Peer:
    """A search of others: its name and version, and the spectrum it makes of an injected curve."""

    name: str
    package: str
    spectrum: Callable[[Cell, Injection, tuple[float, float]], tuple[Floats, Floats]]

    @property
    def version(self) -> str:
        """Name and version, as answers are filed under."""
        return f"{self.name}-{version(self.package)}"

    def answer(self, cell: Cell, one: Injection) -> Answer:
        """Search a curve, in the cell's range or near the true period."""
        limits = one.periods
        if cell.near is not None:
            limits = (
                max(limits[0], one.period * (1 - cell.near)),
                min(limits[1], one.period * (1 + cell.near)),
            )
        started = time.process_time()
        with silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            periods, power = self.spectrum(cell, one, limits)
        return answer_of(one, periods, power, time.process_time() - started)


def answer_of(
    one: Injection, periods: Floats, power: Floats, seconds: float, height: Floats | None = None
) -> Answer:
    """Read the highest peaks off a spectrum: two are one where transits drift apart by two durations.

    Peaks are ranked by power where no other ``height`` is given.
    """
    left = np.where(np.isfinite(power), power if height is None else height, -np.inf)
    right = np.abs(periods / one.period - 1) * one.curve.baseline_days < one.duration
    found: list[float] = []
    for _ in range(N_PEAKS):
        best = int(np.argmax(left))
        if left[best] == -np.inf:
            found.append(np.nan)
            continue
        found.append(float(periods[best]))
        drift = np.abs(periods / periods[best] - 1) * one.curve.baseline_days
        left[drift < 2 * SOLAR_DAY_TRANSIT * np.cbrt(periods[best])] = -np.inf
    at_truth = float(np.max(power[right])) if right.any() else np.nan
    return Answer(tuple(found), float(np.nanmax(power)), at_truth, seconds)


def _astropy(cell: Cell, one: Injection, limits: tuple[float, float]) -> tuple[Floats, Floats]:
    from astropy.timeseries import BoxLeastSquares

    curve = one.curve
    periods = ofir_periods(curve.baseline_days, *limits, OVERSAMPLING)
    found = BoxLeastSquares(curve.time, curve.flux, curve.flux_err).power(
        periods, cell.durations, objective="snr"
    )
    return periods, np.asarray(found.power)


def _tls(cell: Cell, one: Injection, limits: tuple[float, float]) -> tuple[Floats, Floats]:
    from transitleastsquares import transitleastsquares

    curve = one.curve
    found = transitleastsquares(curve.time, curve.flux, curve.flux_err, verbose=False).power(
        period_min=limits[0], period_max=limits[1], use_threads=1, show_progress_bar=False
    )
    return np.asarray(found.periods), np.asarray(found.power)


def _gerbls(cell: Cell, one: Injection, limits: tuple[float, float]) -> tuple[Floats, Floats]:
    import gerbls

    curve = one.curve
    found = gerbls.run_bls(
        curve.time, curve.flux, curve.flux_err, min_period=one.periods[0], max_period=one.periods[1],
        durations=list(cell.durations), t_samp=GERBLS_BIN if curve.cadence_days < GERBLS_BIN else 0.0,
    )  # fmt: skip
    periods, gain = np.asarray(found["P"]), np.asarray(found["dchi2"])
    wanted = (periods >= limits[0]) & (periods <= limits[1])  # it finds none in a narrow range
    return periods[wanted], np.sqrt(gain[wanted].clip(min=0))


ASTROPY: Final = Peer("astropy", "astropy", _astropy)
PEERS: Final = (
    ASTROPY,
    Peer("tls", "transitleastsquares", _tls),
    Peer("gerbls", "gerbls", _gerbls),
)
