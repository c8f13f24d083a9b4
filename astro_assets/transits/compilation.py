"""Compiles the loops of the transit wing before they are needed.

Numba stores what it compiles beside the package, so this is done once for an installation, by
``python -m astro_assets.transits.compilation``. Otherwise the first search does it, in each of its processes.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from astro_assets.transits.detrend import DetrendingSettings, detrend
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.noise import cdpp_ppm
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.stitching import Segment
from astro_assets.transits.variability import VariabilitySettings, measure_variability

_CADENCE_DAYS = 1 / 48


def compile_loops() -> float:
    """Detrend, search, fold and measure small curves; return the seconds it took."""
    started = time.monotonic()
    time_ = np.arange(0, 12, _CADENCE_DAYS)
    flux = 1 + 1e-3 * np.sin(time_)
    whole = Curve(time_, flux, np.full(time_.size, 1e-3), _CADENCE_DAYS)
    different = [whole.where(np.abs(time_ - 2 - 0.5 * n) > 0.3) for n in range(16)]
    for together in ([whole] * 16, different, [whole]):
        SurveyEngine()(together, (1.0, 6.0), (0.25, 1.8))
    fine = np.arange(0, 12, _CADENCE_DAYS / 3)
    noise, errors = 1e-4 * np.sin(1e4 * fine), np.full(fine.size, 1e-4)
    # A signal beyond doubt, and one that is weighed against chance.
    dips, shallow = (np.where((fine % 3.1) < 0.1, 1 - depth, 1.0) + noise for depth in (1e-2, 1e-4))
    find_signals([Curve(fine, dips, errors, _CADENCE_DAYS / 3)], SearchSettings())
    find_signals([Curve(fine, shallow, errors, _CADENCE_DAYS / 3)], SearchSettings())
    halves = [
        Segment(number, 86400 * _CADENCE_DAYS / 3, fine[part], dips[part], errors[part])
        for number, part in enumerate((fine < 6, fine >= 6))
    ]
    found = detrend(halves, DetrendingSettings())
    cdpp_ppm(found.time, found.flux, _CADENCE_DAYS / 3, 1.0)
    fold_views(fine, dips, 3.1, 0.05, 0.1, 0.5, FoldSettings())
    measure_variability(fine, dips, errors, VariabilitySettings())
    return time.monotonic() - started


if __name__ == "__main__":
    sys.stderr.write("Preparing the search: compiled once for an installation, in about a minute\n")
    sys.stderr.write(f"done in {compile_loops():.0f} s\n")
