"""What a star's data should show of the signals known of it: transits covered, signal-to-noise ratio.

Nothing here sees what a search found; that comparison is made elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.labels import PRECEDENCE
from astro_assets.transits.noise import Floats, cdpp_ppm

#: Dispositions of what is really in the light of a star, the surer first. The others (false alarms, events
#: that nobody judged) may be nothing at all.
DISPOSITIONS: Final = tuple(name for name in PRECEDENCE if name not in ("false_alarm", "unknown"))
#: Two lists mean one signal where periods, or simple multiples of them, differ by less than this part.
_SAME_PERIOD: Final = 1e-3
_MULTIPLES: Final = (2.0, 0.5)
#: A transit is covered where at least this part of its samples is there.
_COVERED: Final = 0.5


class ExpectationSettings(BaseModel):
    """When a known signal should be detected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smallest_snr: float = Field(8.0, ge=1, le=1000, description="Signal-to-noise ratio that is detectable.")
    fewest_transits: int = Field(2, ge=1, le=100, description="Covered transits that are detectable.")
    assumed_duty_cycle: float = Field(
        0.1, gt=0, lt=0.5, description="Duration in periods of a signal whose duration no list gives."
    )


@dataclass(frozen=True, slots=True)
class KnownSignal:
    """A periodic signal that a list gives for a star; NaN where it does not say.

    Parameters
    ----------
    source, entry
        The list and its name of the signal.
    disposition
        One of :data:`DISPOSITIONS`.
    period, epoch, duration
        Days; the epoch BTJD.
    depth
        Relative.
    """

    source: str
    entry: str
    disposition: str
    period: float
    epoch: float = math.nan
    duration: float = math.nan
    depth: float = math.nan


@dataclass(frozen=True, slots=True)
class Expectation:
    """A known signal and what the data should show of it.

    Parameters
    ----------
    signal
        Its duration is the assumed one where no list gives any.
    is_duration_assumed
        Whether it is.
    n_transits
        Transits that the data cover.
    cdpp_ppm
        Noise of the data over one duration; NaN or 0 where the data do not show it.
    snr
        Depth over noise, times the root of the covered transits; NaN where either is not known.
    """

    signal: KnownSignal
    is_duration_assumed: bool
    n_transits: int
    cdpp_ppm: float
    snr: float

    def shortcoming(self, baseline_days: float, settings: ExpectationSettings) -> str | None:
        """Return why the data cannot show the signal; None if they can."""
        if self.n_transits < settings.fewest_transits:
            return f"{self.n_transits} transits covered, {settings.fewest_transits} needed"
        if self.signal.period > baseline_days / 2:
            return f"the period is longer than half of the {baseline_days:.1f} d of data"
        if math.isnan(self.signal.depth):
            return "no list gives a depth"
        if math.isnan(self.snr):
            return "the noise over one duration cannot be measured"
        if self.snr < settings.smallest_snr:
            return f"expected SNR {self.snr:.1f}, {settings.smallest_snr:g} needed"
        return None


def expected(
    signal: KnownSignal, time: Floats, flux: Floats, cadence_days: float, settings: ExpectationSettings
) -> Expectation:
    """Work out what a light curve should show of a signal.

    Parameters
    ----------
    signal
        What is known.
    time, flux
        Detrended light curve: BTJD, days, increasing, and relative flux, shape (n,).
    cadence_days
        Length of one sample.
    settings
        Which duration is assumed where none is known.
    """
    assumed = not signal.duration > 0
    duration = settings.assumed_duty_cycle * signal.period if assumed else signal.duration
    complete = replace(signal, duration=duration)
    n_transits = covered_transits(complete, time, cadence_days)
    (noise,) = cdpp_ppm(time, flux, cadence_days, 24 * duration)
    snr = 1e6 * signal.depth / noise * math.sqrt(n_transits) if noise > 0 else math.nan
    return Expectation(complete, assumed, n_transits, noise, snr)


def covered_transits(signal: KnownSignal, time: Floats, cadence_days: float) -> int:
    """Count the transits of which at least half is observed; without an epoch, as many as are likely."""
    if time.size == 0:
        return 0
    if math.isnan(signal.epoch):
        return round(time.size * cadence_days / signal.period)
    cycles = (time - signal.epoch) / signal.period
    number = np.floor(cycles + 0.5)
    inside = np.abs(cycles - number) * signal.period < signal.duration / 2
    _, counts = np.unique(number[inside], return_counts=True)
    return int(np.count_nonzero(counts >= max(1.0, _COVERED * signal.duration / cadence_days)))


def unique_signals(listed: Iterable[KnownSignal]) -> list[KnownSignal]:
    """Merge what several lists say of one signal.

    Entries of one period are one signal, and so are those of twice or half of it in different lists: a list
    does not name one signal twice. The surest disposition decides; what its entry does not say is taken from
    the next that has the same period.

    Returns
    -------
    list of KnownSignal
        In order of period; those without a period or with another disposition are left out.
    """
    usable = [signal for signal in listed if signal.disposition in DISPOSITIONS and signal.period > 0]
    usable.sort(key=lambda signal: (DISPOSITIONS.index(signal.disposition), _unknown(signal), signal.entry))
    unique: list[KnownSignal] = []
    for signal in usable:
        for position, kept in enumerate(unique):
            if _same(signal.period, kept.period):
                unique[position] = _completed(kept, signal)
                break
            if signal.source != kept.source and any(
                _same(signal.period, n * kept.period) for n in _MULTIPLES
            ):
                break
        else:
            unique.append(signal)
    return sorted(unique, key=lambda signal: signal.period)


def _same(period: float, other: float) -> bool:
    return abs(period / other - 1) < _SAME_PERIOD


def _unknown(signal: KnownSignal) -> int:
    return sum(math.isnan(value) for value in (signal.epoch, signal.duration, signal.depth))


def _completed(signal: KnownSignal, other: KnownSignal) -> KnownSignal:
    gaps = {
        name: getattr(other, name)
        for name in ("epoch", "duration", "depth")
        if math.isnan(getattr(signal, name))
    }
    return replace(signal, **gaps)


def listed_signals(rows: Sequence[Mapping[str, Any]]) -> list[KnownSignal]:
    """Read rows of ``catalogs/known_signals``."""
    return [
        KnownSignal(
            source=row["catalog"],
            entry=row["entry"],
            disposition=row["disposition"] or "",
            period=_number(row["period_days"]),
            epoch=_number(row["epoch_btjd"]),
            duration=_number(row["duration_hours"]) / 24,
            depth=_number(row["depth_ppm"]) / 1e6,
        )
        for row in rows
    ]


def simulated_signals(rows: Sequence[Mapping[str, Any]]) -> list[KnownSignal]:
    """Read rows of ``observations/simulated_truth``: what transits or eclipses there."""
    dispositions = {
        "planet": "confirmed_planet",
        "eclipsing_binary": "eclipsing_binary",
        "background_binary": "false_positive",
    }
    return [
        KnownSignal(
            source="simulated_truth",
            entry=f"{row['target_id']} {row['kind']} {row['signal']}",
            disposition=dispositions[row["kind"]],
            period=_number(row["period_days"]),
            epoch=_number(row["epoch_btjd"]),
            duration=_number(row["duration_hours"]) / 24,
            depth=_number(row["depth_ppm"]) / 1e6,
        )
        for row in rows
        if row["kind"] in dispositions
    ]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
