"""Every engine and stage with loops of 16 lanes on few stars.

As a program, on a processor that Numba is told of:
``python -m astro_assets_tests.transits.on_this_processor FILE [without_signals]``.
"""

from __future__ import annotations

import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np

from astro_assets.transits.detrend import DetrendingSettings, detrend_stars
from astro_assets.transits.periodogram import periodogram
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.exact import exact_periodogram
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.stitching import Segment

CADENCE, NOISE = 1 / 48, 1e-3


def _curves() -> list[Curve]:
    """Return nine stars of one coverage, each with a planet."""
    rng = np.random.default_rng(5)
    time = np.arange(0, 27, CADENCE)
    error = np.full(time.size, NOISE)
    return [
        Curve(
            time, rng.normal(1, NOISE, time.size) - 3e-3 * ((time + n) % (2 + 0.3 * n) < 0.15), error, CADENCE
        )
        for n in range(9)
    ]


def computed(*, with_signals: bool = True) -> dict[str, np.ndarray]:
    """Return what each engine and stage finds, by its name.

    Parameters
    ----------
    with_signals
        Whether signals are searched for and measured, whose loops take longest to compile.
    """
    curves = _curves()
    time, error = curves[0].time, curves[0].flux_err
    flux = np.stack([one.flux for one in curves])
    found = {"spectra": np.stack([one.power for one in SurveyEngine()(curves, (0.4, 2.0), (0.25, 1.8))])}
    found |= _signals(curves) if with_signals else {}

    periods, durations = np.geomspace(0.6, 13.0, 200), np.geomspace(0.05, 0.4, 5)
    for objective in ("snr", "likelihood"):
        exact = exact_periodogram(time, flux, error, periods, durations, objective)
        found |= {f"exact {objective}": exact.power, f"times of exact {objective}": exact.transit_time}

    waves = 5e-3 * np.sin(2 * np.pi * time / 4)
    stars = [[Segment(1, 86400 * CADENCE, time, one + waves, error)] for one in flux]
    for star, flat in enumerate(detrend_stars(stars, DetrendingSettings())):
        found |= {f"trend of star {star}": flat.trend, f"flat flux of star {star}": flat.flux}
    found["sinusoids"] = np.stack([periodogram(time, one + waves, error, 0.1, 10.0).power for one in flux])
    return found


def _signals(curves: list[Curve]) -> dict[str, np.ndarray]:
    """Search stars of the same and of other coverages."""
    time, found = curves[0].time, {}
    gaps = [np.abs(time - 3 - 4 * n) > 0.4 for n in range(5)]
    mixed = [*curves[:4], *(one.where(gap) for one, gap in zip(curves[4:], gaps, strict=True))]
    for star, signals in enumerate(find_signals(mixed, SearchSettings(max_signals=2))):
        first = signals[0]
        parts = (first.box, first.transit, first.statistics)
        numbers = [
            *(number for part in parts for number in astuple(part)),
            first.sde,
            first.log10_false_alarm,
        ]
        found[f"signal of star {star}"] = np.array(numbers)
        found[f"spectrum of star {star}"] = first.power
    return found


def widest_registers() -> str:
    """Return the widest of the registers xmm, ymm, zmm that compiled lanes are in; nothing elsewhere."""
    from astro_assets.transits import biweight_lanes

    code = "".join(biweight_lanes.biweight_trends.inspect_asm().values())
    return max((name for name in ("xmm", "ymm", "zmm") if name in code), default="")


if __name__ == "__main__":
    some = computed(with_signals="without_signals" not in sys.argv)
    np.savez(Path(sys.argv[1]), **some, registers=widest_registers())
