"""The compiled kernels beside what people use: search, exact search, detrending; one thread each.

Each repeat runs every implementation on the same synthetic curves, ours on a whole batch; printed are the
medians of processor milliseconds a curve, and of the ratios within a repeat with their range. Compilation and
imports are timed apart. The period each finds is checked, so that no speed is of a search that fails.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

import numpy as np

from astro_assets.transits.biweight import Stretch, biweight_trends
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.exact import exact_periodogram
from astro_assets.transits.search.periods import ofir_periods
from astro_assets.transits.search.survey import SurveyEngine

ONE_THREAD = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
REPEATS = 5
STARS = 256
#: Shortest period, days, and durations in units of a central transit of the Sun.
SHORTEST, FACTORS = 0.5, (0.25, 1.8)
DURATIONS = np.geomspace(0.04, 0.4, 10)


@dataclass(frozen=True)
class Survey:
    """What is observed: cadence and step of our grid in minutes, days."""

    name: str
    cadence: float
    step: float
    days: float


SURVEYS = (
    Survey("TESS, 2 min, 27 d", 2.0, 15.0, 27.4),
    Survey("full frames, 30 min, 27 d", 30.0, 30.0, 27.4),
)


def observed(survey: Survey) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times, fluxes of shape (stars, n), and the planets' periods; signal-to-noise ratio about 15."""
    rng = np.random.default_rng(11)
    cadence = survey.cadence / 1440
    time_ = 1325 + np.arange(0, survey.days, cadence)
    time_ = time_[np.abs(time_ - time_[0] - survey.days / 2) > 0.5]
    periods = np.exp(rng.uniform(np.log(0.8), np.log(9), STARS))
    durations = 0.0755 * np.cbrt(periods)
    depth = 15 * np.sqrt(periods / durations / time_.size)
    phase = (time_ - 1325) / periods[:, None] - rng.uniform(0, 1, (STARS, 1))
    inside = np.abs((phase + 0.5) % 1 - 0.5) * periods[:, None] < durations[:, None] / 2
    return time_, 1 + 1e-3 * (rng.normal(size=inside.shape) - depth[:, None] * inside), periods


def seconds(call: Callable[[], object]) -> float:
    """Return the processor seconds of a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def table(title: str, ours: str, timed: dict[str, Callable[[], float]]) -> None:
    """Run all in each repeat and print milliseconds a curve, and the ratios to ours."""
    runs = [{name: call() for name, call in timed.items()} for _ in range(REPEATS)]
    print(f"\n{title}\n{'':34}{'ms a curve':>11}{'ratio':>9}   range")
    for name in timed:
        ratios = [run[name] / run[ours] for run in runs]
        print(
            f"{name:34}{1e3 * statistics.median(run[name] for run in runs):11.3f}"
            f"{statistics.median(ratios):9.1f}   {min(ratios):.1f}-{max(ratios):.1f}"
        )


def peers(time_: np.ndarray, flux: np.ndarray, periods: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return searches of one curve on the given periods, as people run them."""
    import gerbls
    from astropy.timeseries import BoxLeastSquares
    from transitleastsquares import transitleastsquares

    error = np.full(time_.size, 1e-3)

    def tls() -> float:
        model = transitleastsquares(time_, flux, error, verbose=False)
        with redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(
                model.power(
                    period_min=periods[0], period_max=periods[-1], use_threads=1, show_progress_bar=False
                ).period
            )

    def astropy(objective: str) -> float:
        found = BoxLeastSquares(time_, flux, error).power(periods, DURATIONS, objective=objective)
        return float(periods[np.argmax(found.power)])

    def fast_folding() -> float:
        found = gerbls.run_bls(
            time_, flux, error, min_period=periods[0], max_period=periods[-1], durations=list(DURATIONS),
            t_samp=10 / 1440 if time_[1] - time_[0] < 10 / 1440 else 0.0,
        )  # fmt: skip
        return float(found["P"][np.argmax(found["dchi2"])])

    return {
        "astropy BoxLeastSquares, snr": lambda: astropy("snr"),
        "astropy BoxLeastSquares, likelihood": lambda: astropy("likelihood"),
        "transitleastsquares": tls,
        "GERBLS, 10 min": fast_folding,
    }


def compare_searches(survey: Survey) -> None:
    """Print the table of one survey."""
    time_, flux, planets = observed(survey)
    cadence, error = survey.cadence / 1440, np.full(time_.size, 1e-3)
    curves = [Curve(time_, one, error, cadence) for one in flux]
    engine = SurveyEngine(survey.step / 1440)
    limits = (SHORTEST, survey.days / 2)
    periods = ofir_periods(time_[-1] - time_[0], *limits, 3.0)
    found = engine(curves, limits, FACTORS)
    right = sum(
        abs(one.periods[np.argmax(one.power)] / planet - 1) * survey.days < 0.0755 * np.cbrt(planet)
        for one, planet in zip(found, planets, strict=True)
    )
    print(
        f"\n{survey.name}: {time_.size} samples, {periods.size} periods for astropy, {found[0].periods.size}"
    )
    print(f"cells of ours; periods found by ours: {right} of {STARS}")
    others = peers(time_, flux[3], periods)
    for name, call in others.items():
        print(f"  {name} finds {call():.5f} d, true {planets[3]:.5f} d")  # compiles, too
    ours = "ours, spectrum from the samples"
    timed: dict[str, Callable[[], float]] = {
        ours: lambda: seconds(lambda: engine(curves, limits, FACTORS)) / STARS
    }
    for name, call in others.items():
        timed[name] = lambda call=call: seconds(call)
    table(f"{survey.name}: search", ours, timed)
    some = periods[:: max(1, periods.size // 300)]
    exact = "ours, exact"

    def theirs() -> object:
        from astropy.timeseries import BoxLeastSquares

        return BoxLeastSquares(time_, flux[3], error).power(some, DURATIONS, objective="snr")

    exact_periodogram(time_, flux[:16], error, some, DURATIONS, "snr")
    table(
        f"{survey.name}: exact search, {some.size} periods",
        exact,
        {
            exact: lambda: (
                seconds(lambda: exact_periodogram(time_, flux, error, some, DURATIONS, "snr")) / STARS
            ),
            "astropy BoxLeastSquares, snr": lambda: seconds(theirs),
        },
    )


def compare_detrending() -> None:
    """Print the table of trends of a TESS orbit, window 27 h."""
    from wotan import flatten

    time_ = np.arange(0, 12.8, 2 / 1440)
    rng = np.random.default_rng(3)
    trend = 0.003 * np.sin(2 * np.pi * time_ / rng.uniform(3, 9, (STARS, 1)))
    flux = 1 + trend + 5e-4 * rng.normal(size=trend.shape)
    stretches = [Stretch(time_, one, 2 / 1440) for one in flux]

    def theirs() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return flatten(time_, flux[0], method="biweight", window_length=27 / 24, return_trend=True)

    theirs()
    biweight_trends(stretches[:1], 27 / 24)
    ours = "ours"
    table(
        "Biweight trend of a TESS orbit, window 27 h",
        ours,
        {
            ours: lambda: seconds(lambda: biweight_trends(stretches, 27 / 24)) / STARS,
            "wotan 2.0": lambda: seconds(theirs),
        },
    )


def main() -> None:
    """Print all tables."""
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):  # read when libraries are loaded
        os.execve(sys.executable, [sys.executable, __file__], os.environ | dict.fromkeys(ONE_THREAD, "1"))
    started = time.monotonic()
    time_, flux, _ = observed(SURVEYS[1])
    SurveyEngine()(
        [Curve(time_, one, np.full(time_.size, 1e-3), 30 / 1440) for one in flux[:16]], (1.0, 9.0), FACTORS
    )
    print(f"first search, compiling where that has not been done: {time.monotonic() - started:.1f} s")
    for survey in SURVEYS:
        compare_searches(survey)
    compare_detrending()


if __name__ == "__main__":
    main()
