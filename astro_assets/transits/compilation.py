"""Compiles the loops of the transit wing before they are needed.

Numba stores what it compiles beside the package, so this is done once for an installation: by
``python -m astro_assets.transits.compilation`` or by the first command that searches. Otherwise each process
of the first search does it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from astro_assets.transits.detrend import DetrendingSettings, detrend
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.loop_store import are_stored, mark_stored
from astro_assets.transits.noise import cdpp_ppm
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.stitching import Segment
from astro_assets.transits.variability import VariabilitySettings, measure_variability

_CADENCE_DAYS = 1 / 48


_TIMES = np.arange(0, 12, _CADENCE_DAYS)
_FLUX = 1 + 1e-3 * np.sin(_TIMES)
_FINE_CADENCE_DAYS = _CADENCE_DAYS / 3
_FINE = np.arange(0, 12, _FINE_CADENCE_DAYS)
_ERRORS = np.full(_FINE.size, 1e-4)


def _dips(depth: float) -> Floats:
    return _ERRORS * np.sin(1e4 * _FINE) + np.where((_FINE % 3.1) < 0.1, 1 - depth, 1.0)


def _spectra() -> None:
    whole = Curve(_TIMES, _FLUX, np.full(_TIMES.size, 1e-3), _CADENCE_DAYS)
    different = [whole.where(np.abs(_TIMES - 2 - 0.5 * n) > 0.3) for n in range(16)]
    for together in ([whole] * 16, different, [whole]):
        SurveyEngine()(together, (1.0, 6.0), (0.25, 1.8))


def _signals() -> None:
    # A signal beyond doubt, and one that is weighed against chance.
    for depth in (1e-2, 1e-4):
        find_signals([Curve(_FINE, _dips(depth), _ERRORS, _FINE_CADENCE_DAYS)], SearchSettings())


def _around() -> None:
    dips = _dips(1e-2)
    halves = [
        Segment(number, 86400 * _FINE_CADENCE_DAYS, _FINE[part], dips[part], _ERRORS[part])
        for number, part in enumerate((_FINE < 6, _FINE >= 6))
    ]
    found = detrend(halves, DetrendingSettings())
    cdpp_ppm(found.time, found.flux, _FINE_CADENCE_DAYS, 1.0)
    fold_views(_FINE, dips, 3.1, 0.05, 0.1, 0.5, FoldSettings())
    measure_variability(_FINE, dips, _ERRORS, VariabilitySettings())


_STEPS = {"spectra": _spectra, "signals": _signals, "trends, folds, variability": _around}


def compile_loops(show: Callable[[str], object] = lambda _: None) -> float:
    """Search, fold and measure small curves.

    Numba compiles one loop at a time in a process: each step has its own, where there is a core for it.

    Parameters
    ----------
    show
        Called with what is compiled next.

    Returns
    -------
    float
        Seconds it took.
    """
    started = time.monotonic()
    helpers = [] if are_stored() or os.cpu_count() == 1 else [_helper(name) for name in _STEPS]
    try:
        for number, name in enumerate(_STEPS, 1):
            show(f"  {number} of {len(_STEPS)}: {name}")
            if helpers:
                helpers[number - 1].wait()
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()
    # What a helper has stored is loaded; what it has not, for whatever reason, is compiled here.
    for step in _STEPS.values():
        step()
    mark_stored()
    return time.monotonic() - started


def _helper(name: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "astro_assets.transits.compilation", name]
    return subprocess.Popen(program, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  ours


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _STEPS[sys.argv[1]]()
    else:
        sys.stderr.write("Preparing the search: compiled once for an installation, in one to three minutes\n")
        seconds = compile_loops(lambda step: sys.stderr.write(f"{step}\n"))
        sys.stderr.write(f"done in {seconds:.0f} s\n")
