"""Transits much shorter than a central one of the Sun: how many the search finds, where its bins widen.

TESS two-minute curves of white noise with limb-darkened dips of SNR 8.5 at periods around those from which on
short boxes are left to wider bins. Printed is how often the first signal has the period, by duration. Exits
with 1 where that is too rarely.
"""

from __future__ import annotations

import numpy as np
from timing import end, on_one_thread

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.periods import transit_duration_days
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals

CADENCE, DAYS, NOISE, SNR = 2 / 1440, 27.4, 1e-3, 8.5
PERIODS = (3.4, 6.0)
PARTS = (0.3, 0.38, 0.45, 0.55, 1.0)  # of the duration of a central transit of the Sun
N_CURVES, SEED = 300, 5
LEAST = 93.0  # per cent, at each duration
SETTINGS = SearchSettings(shortest_period_days=0.5, longest_period_days=13.4, max_signals=1)


def curve(time: np.ndarray, period: float, duration: float, rng: np.random.Generator) -> Curve:
    """Return white noise with dips of a period and duration."""
    phase = (time / period - rng.uniform() + 0.5) % 1 - 0.5
    edge = np.clip(2 * np.abs(phase) * period / duration, 0, 1)
    dip = np.where(edge < 1, 0.6 + 0.4 * np.sqrt(1 - edge**2), 0)
    depth = SNR * NOISE / np.sqrt(np.sum(dip**2))
    return Curve(time, rng.normal(1, NOISE, time.size) - depth * dip, np.full(time.size, NOISE), CADENCE)


def main() -> None:
    """Print a line a duration."""
    on_one_thread()
    rng = np.random.default_rng(SEED)
    time = np.arange(0, DAYS, CADENCE)
    time = time[np.abs(time - DAYS / 2) > 0.5]
    print(
        f"{N_CURVES} curves each, periods {PERIODS[0]:g} to {PERIODS[1]:g} d, SNR {SNR:g}; {LEAST:g} % wanted"
    )
    missed = []
    for part in PARTS:
        periods = np.exp(rng.uniform(*np.log(PERIODS), N_CURVES))
        durations = part * np.asarray(transit_duration_days(periods))
        curves = [curve(time, *one, rng) for one in zip(periods, durations, strict=True)]
        firsts = [signals[0].box.period if signals else np.nan for signals in find_signals(curves, SETTINGS)]
        share = 100 * float(np.mean(np.abs(np.array(firsts) / periods - 1) * DAYS < durations))
        print(f"  {part:4.2f} of a central transit of the Sun: {share:.1f} % first", flush=True)
        missed += [f"{part:g} of a central transit"] * (share < LEAST)
    end(missed)


if __name__ == "__main__":
    main()
