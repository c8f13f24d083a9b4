"""Four years searched at the density of years, and at that of a sector: what each finds, and its time.

Weak transits in Kepler curves of four years, SNR 6.5 to 8.5 in white noise, over the whole range of periods.
Printed is how often the first period is right, by the whole search and by the most likely period of the
spectrum alone, with the pairs lost and gained. Exits with 1 where the search loses more than a point.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
from injection_cells import ALL_DURATIONS, FOUR_YEARS
from injections import injection
from our_searches import settings_of
from timing import end, on_one_thread

from astro_assets.transits.search.levels import Density
from astro_assets.transits.search.ranking import log_odds
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine

CELL = replace(FOUR_YEARS, ratios=(6.5, 8.5), factors=ALL_DURATIONS)
#: Curves searched together.
BATCH = 64


def main() -> None:
    """Print a line a density and way of searching."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=512, help="injections")
    size = parser.parse_args().size
    on_one_thread()
    settings = settings_of(CELL)
    step = settings.bin_minutes / 1440
    engines = {"sector": SurveyEngine(step, Density()), "years": SurveyEngine(step)}
    right: dict[tuple[str, str], list[bool]] = {}
    seconds = dict.fromkeys(engines, 0.0)
    for first in range(0, size, BATCH):
        some = [injection(CELL, number) for number in range(first, min(first + BATCH, size))]
        curves = [one.curve for one in some]
        for name, engine in engines.items():
            started = time.process_time()
            spectra = engine(curves, settings.period_range, settings.duration_factors)
            seconds[name] += time.process_time() - started
            likely = [float(one.periods[np.argmax(log_odds(one))]) for one in spectra]
            found = [
                signals[0].box.period if signals else np.nan
                for signals in find_signals(curves, settings, engine)
            ]
            for way, periods in (("search", found), ("spectrum", likely)):
                right.setdefault((way, name), []).extend(map(lambda o, p: o.is_right(p), some, periods))
    missed = []
    for way in ("search", "spectrum"):
        dense, coarse = (np.array(right[way, name]) for name in engines)
        lost, gained = np.count_nonzero(dense & ~coarse), np.count_nonzero(coarse & ~dense)
        print(
            f"{way:9} {dense.sum()} of {size} at the density of a sector, {coarse.sum()} at that of years "
            f"(-{lost} +{gained})"
        )
        if way == "search" and gained - lost < -0.01 * size:
            missed.append("the search loses more than a point")
    print(", ".join(f"{name}: {1e3 * spent / size:.0f} ms a spectrum" for name, spent in seconds.items()))
    end(missed)


if __name__ == "__main__":
    main()
