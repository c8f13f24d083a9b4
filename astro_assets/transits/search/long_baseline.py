"""The search of curves that are too long to search in one piece.

Cutting into windows and combining their spectra lives here; peaks are refined on the whole curve elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from astro_assets.transits.search.engine import Band, Curve, Engine, Floats, Periodogram
from astro_assets.transits.search.peaks import with_red_noise


def windows(curve: Curve, longest_days: float, fewest_days: float) -> Iterator[Curve]:
    """Cut a curve into equal windows of at most ``longest_days``, without those that hold too little.

    Parameters
    ----------
    curve
        Any length.
    longest_days
        Most time between the first and the last sample of a window.
    fewest_days
        Windows whose samples add up to less time than this are not searched.
    """
    count = math.ceil(curve.baseline_days / longest_days)
    edges = np.linspace(curve.time[0], np.nextafter(curve.time[-1], np.inf), count + 1)
    for start, end in pairwise(edges):
        part = curve.where((curve.time >= start) & (curve.time < end))
        if part.time.size * curve.cadence_days >= fewest_days:
            yield part


def windowed_periodogram(
    curve: Curve, bands: tuple[Band, ...], engine: Engine, longest_days: float, fewest_days: float
) -> Periodogram:
    """Search windows one by one and combine their power incoherently.

    The power of a period is the root of the sum of squares over windows, each divided by its own red noise.
    Depth, epoch and duration are those of the window with the highest power.

    Parameters
    ----------
    curve
        The whole curve.
    bands
        Periods spaced for one window's length.
    engine
        Searches one window.
    longest_days, fewest_days
        See :func:`windows`.

    Returns
    -------
    Periodogram
        Power with red noise; zero everywhere when no window is long enough.
    """
    periods = np.concatenate([band.periods for band in bands])
    squares, strongest = np.zeros(periods.size), np.full(periods.size, -np.inf)
    best: list[Floats] = [np.full(periods.size, np.nan) for _ in range(3)]
    for part in windows(curve, longest_days, fewest_days):
        found = with_red_noise(engine(part, bands), part, bands)
        squares += found.power**2
        higher = found.power > strongest
        strongest[higher] = found.power[higher]
        for kept, new in zip(best, (found.depth, found.epoch, found.duration), strict=True):
            kept[higher] = new[higher]
    return Periodogram(periods, np.sqrt(squares), *best)
