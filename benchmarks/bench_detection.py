"""How many injected transits are detected, and how much noise is, by each of the two thresholds.

Noise: simulated curves (white, red, detrended) and real quiet quarters, inverted, whose days are put in
another order. Injections: cells of the recovery benchmark, SNR 6 to 11 in white noise. Printed are the
detected candidates by the statistic alone, by the false-alarm probability alone, and by either, as the
product does; of injections, those at the right period and, behind a slash, at another; and stars with a
strong signal in which another is detected that is none of its harmonics, of up to five. Exits with 1 where
simulated noise is detected more often than the thresholds promise, with a probability below 1 %; orders of
the same days are not independent, and only shown. Real curves need the real observations
(ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from bench_false_alarms import SCRAMBLES, SHARED, SIMULATED, inverted, scrambled, simulated
from injection_cells import CELLS, REAL_QUARTERS, REAL_TESS
from injections import injection
from our_searches import settings_of
from scipy import stats
from timing import end

from astro_assets.transits.recovery import period_ratio
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.settings import DETECTION_THRESHOLD, STATISTIC_FLOOR, SearchSettings
from astro_assets.transits.search.signals import find_signals

#: Of the noise, other than those that the probabilities were fitted with.
FIRST_SEED = 100
LEAST_PROBABLE = 0.01
BATCH = 256
#: How a candidate is detected: the least it takes of the statistic, and of the probability.
NEVER = 1e-300
WAYS = {
    "statistic": SearchSettings(false_alarm_threshold=NEVER),
    "probability": SearchSettings(detection_threshold=100),
    "either": SearchSettings(),
}
PROMISED = WAYS["either"].false_alarm_threshold


def detected(curves: Sequence[Curve], settings: SearchSettings) -> Iterator[tuple[float, dict[str, bool]]]:
    """Yield the period of each curve's first candidate, NaN without one, and how it is detected."""
    for signals in find_signals(curves, settings):
        if not signals:
            yield np.nan, dict.fromkeys(WAYS, False)
            continue
        first = signals[0]
        numbers = first.detection_statistic, first.log10_false_alarm
        yield first.box.period, {name: way.detects(*numbers) for name, way in WAYS.items()}


def batches(curves: Iterator[Curve]) -> Iterator[list[Curve]]:
    """Divide curves."""
    while some := list(islice(curves, BATCH)):
        yield some


def show_noise(name: str, curves: Iterator[Curve]) -> tuple[int, int]:
    """Print the line of a set of noise; return how many curves are detected, of how many."""
    settings = SearchSettings(max_signals=1)
    found = [ways for some in batches(curves) for _, ways in detected(some, settings)]
    counts = {way: sum(ways[way] for ways in found) for way in WAYS}
    print(f"{name:34}{len(found):8}" + "".join(f"{counts[way]:13}" for way in WAYS))
    return counts["either"], len(found)


def show_injections(name: str, size: int) -> None:
    """Print the line of a cell."""
    cell = CELLS[name]
    settings = settings_of(cell).model_copy(update={"statistic_floor": STATISTIC_FLOOR})
    injected = [injection(cell, number) for number in range(size)]
    counts = {way: [0, 0] for way in WAYS}
    for first in range(0, size, BATCH):
        some = injected[first : first + BATCH]
        for one, (period, ways) in zip(some, detected([i.curve for i in some], settings), strict=True):
            for way, is_detected in ways.items():
                counts[way][not one.is_right(period)] += is_detected
    columns = (f"{right}/{wrong}" for right, wrong in counts.values())
    print(f"{cell.title:34}{size:8}" + "".join(f"{column:>13}" for column in columns))


def show_beside(name: str, size: int, ratio: float) -> None:
    """Print how many stars with a strong signal have another that is detected and no harmonic of it."""
    cell = replace(CELLS[name], ratios=(ratio, 2 * ratio))
    settings = settings_of(cell).model_copy(update={"statistic_floor": STATISTIC_FLOOR, "max_signals": 5})
    counts = dict.fromkeys(WAYS, 0)
    for first in range(0, size, BATCH):
        some = [injection(cell, number) for number in range(first, min(first + BATCH, size))]
        for one, found in zip(some, find_signals([i.curve for i in some], settings), strict=True):
            others = [
                signal
                for signal in found
                if period_ratio(signal.box.period, one.period, one.duration, one.curve.baseline_days) is None
            ]
            for way, judge in WAYS.items():
                counts[way] += any(judge.detects(s.detection_statistic, s.log10_false_alarm) for s in others)
    columns = "".join(f"{counts[way]:13}" for way in WAYS)
    print(f"{f'{cell.title}, beside SNR {ratio:g} or more'[:60]:60}{size:8}{columns}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=1000, help="injections of a cell")
    parser.add_argument("--seeds", type=int, default=20, help=f"sets of {SIMULATED} curves of each noise")
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    print(f"detected: a statistic of {DETECTION_THRESHOLD:g}, a probability of {PROMISED:g}, either")
    print(f"{'':34}{'curves':>8}" + "".join(f"{way:>13}" for way in WAYS))
    missed = []
    for number, (red, flat) in enumerate((red, flat) for flat in (False, True) for red in (0, 0.3, 0.6)):
        name = f"{f'red {red}' if red else 'white'}{', detrended' if flat else ''}"
        noise = (c for seed in seeds for c in simulated(red, number + 100 * seed, is_detrended=flat))
        probable = stats.binomtest(*show_noise(name, noise), PROMISED, alternative="greater").pvalue
        missed += [f"{name}: noise is detected too often"] * bool(probable < LEAST_PROBABLE)
    if SHARED.is_dir():
        quiet = inverted()
        orders = (c for seed in seeds for c in scrambled(quiet, SCRAMBLES * seed))
        show_noise("real, inverted, days scrambled", orders)
    real = {cell.name for cell in (REAL_TESS, REAL_QUARTERS)}
    for name in ("ffi-red03", "ffi-red06", "ffi-red06-flat", "tess-red03", "tess-red06-flat", "real-tess",
                 "real-quarter", "quarter-red03", "quarter-red06", "quarter-red06-flat"):  # fmt: skip
        if SHARED.is_dir() or name not in real:
            show_injections(name, options.size)
    print("stars with a signal, and another that is detected at no harmonic of it")
    for name in ("ffi-red03", "ffi-red06-flat", "tess-red06-flat", "quarter-red06-flat", "real-quarter"):
        for ratio in (15.0, 60.0):
            if SHARED.is_dir() or name not in real:
                show_beside(name, options.size, ratio)
    end(missed)


if __name__ == "__main__":
    main()
