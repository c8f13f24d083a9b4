"""The compiled search beside what people use: spectra and exact spectra; one thread each.

Each repeat runs every implementation on the same synthetic curves, ours on a whole batch; printed are the
medians of milliseconds a curve, of the processor and by the clock on the wall, and of the ratios of processor
time within a repeat with their range and what is wanted. Ours counts from the samples to the most likely
period: gridding, noise and ranking included; beside it stands the whole search for a first signal, refined on
the samples. Compilation is timed apart. The period each finds is checked, so that no speed is of a search
that fails, and exact spectra are compared with astropy's at every period. Exits with 1 where a ratio is
missed.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from injection_cells import ALL_DURATIONS, OF_DWARFS
from timing import end, milliseconds, on_one_thread, silence, table

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.exact import exact_periodogram
from astro_assets.transits.search.periods import ofir_periods
from astro_assets.transits.search.ranking import log_odds
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine, kept_scales

#: Days, for those who take a list.
DURATIONS = np.geomspace(0.04, 0.4, 10)
OF_ALL = "ours, most likely period of all durations"
OURS, SEARCH, EXACT = "ours, most likely period", "ours, whole search for a first signal", "ours, exact"
SNR, LIKELIHOOD = "astropy BoxLeastSquares, snr", "astropy BoxLeastSquares, likelihood"
TLS, GERBLS = "transitleastsquares", "GERBLS, 10 min or native"


@dataclass(frozen=True)
class Survey:
    """What is observed and searched.

    Parameters
    ----------
    name
        For people.
    cadence, step
        Of the data and of our grid, minutes.
    days
        Length of the data.
    periods
        Trial periods, days.
    wanted
        By how much slower others must be.
    stars
        Searched together.
    every
        Astropy's time is that of each ``every``-th period, times this.
    """

    name: str
    cadence: float
    step: float
    days: float
    periods: tuple[float, float]
    wanted: Mapping[str, float] = field(default_factory=dict)
    stars: int = 256
    every: int = 1
    factors: tuple[float, float] = ALL_DURATIONS


SURVEYS = {
    "tess": Survey(
        "TESS, 2 min, 27 d", 2.0, 15.0, 27.4, (0.5, 13.7), {SNR: 400, TLS: 800, GERBLS: 50}
    ),
    "frames": Survey(
        "full frames, 30 min, 27 d", 30.0, 30.0, 27.4, (0.5, 13.7), {SNR: 600, TLS: 1200, GERBLS: 18}
    ),
    "kepler": Survey(
        "Kepler, 29.4 min, 4 yr", 29.4244, 29.4244, 1460.0, (1.0, 100.0), {SNR: 800, TLS: 1000, GERBLS: 5},
        every=20, factors=OF_DWARFS,
    ),
}  # fmt: skip
EXACT_WANTED = 50.0


def observed(survey: Survey) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times, fluxes of shape (stars, n), and the planets' periods; signal-to-noise ratio about 15."""
    rng = np.random.default_rng(11)
    time_ = 1325 + np.arange(0, survey.days, survey.cadence / 1440)
    time_ = time_[np.abs(time_ - time_[0] - survey.days / 2) > 0.5]
    shortest, longest = survey.periods
    periods = np.exp(rng.uniform(np.log(1.6 * shortest), np.log(longest / 1.5), survey.stars))
    durations = 0.0755 * np.cbrt(periods)
    depths = 15 * np.sqrt(periods / durations / time_.size)
    flux = rng.normal(1, 1e-3, (survey.stars, time_.size))
    for one, period, duration, depth in zip(flux, periods, durations, depths, strict=True):
        phase = (time_ - 1325) / period - rng.uniform()
        one[np.abs((phase + 0.5) % 1 - 0.5) * period < duration / 2] -= 1e-3 * depth
    return time_, flux, periods


def peers(
    time_: np.ndarray, flux: np.ndarray, periods: np.ndarray, every: int
) -> dict[str, Callable[[], float]]:
    """Return searches of one curve on the given periods, as people run them; each returns its period."""
    import gerbls
    from astropy.timeseries import BoxLeastSquares
    from transitleastsquares import transitleastsquares

    error = np.full(time_.size, 1e-3)

    def tls() -> float:
        model = transitleastsquares(time_, flux, error, verbose=False)
        with silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = model.power(
                period_min=periods[0], period_max=periods[-1], use_threads=1, show_progress_bar=False
            )
        return float(found.period)

    def astropy(objective: str) -> float:
        some = periods[::every]
        found = BoxLeastSquares(time_, flux, error).power(some, DURATIONS, objective=objective)
        return float(some[np.argmax(found.power)])

    def fast_folding() -> float:
        step = 10 / 1440 if time_[1] - time_[0] < 10 / 1440 else 0.0
        with silence():
            found = gerbls.run_bls(
                time_, flux, error, min_period=periods[0], max_period=periods[-1],
                durations=list(DURATIONS), t_samp=step,
            )  # fmt: skip
        return float(found["P"][np.argmax(found["dchi2"])])

    return {
        SNR: lambda: astropy("snr"),
        LIKELIHOOD: lambda: astropy("likelihood"),
        TLS: tls,
        GERBLS: fast_folding,
    }


def most_likely(
    engine: SurveyEngine, curves: Sequence[Curve], periods: tuple[float, float], factors: tuple[float, float]
) -> np.ndarray:
    """Return the most likely period of each curve."""
    kept_scales.cache_clear()  # of other stars of the same coverage
    spectra = engine(curves, periods, factors)
    return np.array([one.periods[np.argmax(log_odds(one))] for one in spectra])


def compare_searches(survey: Survey) -> list[str]:
    """Print the tables of a survey; return what was missed."""
    time_, flux, planets = observed(survey)
    cadence, error = survey.cadence / 1440, np.full(time_.size, 1e-3)
    curves = [Curve(time_, one, error, cadence) for one in flux]
    engine = SurveyEngine(survey.step / 1440)
    settings = SearchSettings(
        shortest_period_days=survey.periods[0], longest_period_days=survey.periods[1],
        shortest_duration_factor=survey.factors[0], longest_duration_factor=survey.factors[1],
        bin_minutes=survey.step, max_signals=1,
    )  # fmt: skip
    periods = ofir_periods(time_[-1] - time_[0], *survey.periods, 3.0)

    def spectra(factors: tuple[float, float]) -> np.ndarray:
        return most_likely(engine, curves, survey.periods, factors)

    found = spectra(survey.factors)
    right = np.abs(found / planets - 1) * survey.days < 0.0755 * np.cbrt(planets)
    print(f"\n{survey.name}: {time_.size} samples, {periods.size} periods for astropy")
    print(f"most likely period of ours right: {np.count_nonzero(right)} of {survey.stars}")
    others = peers(time_, flux[3], periods, survey.every)
    for name, call in others.items():
        if survey.every == 1 or name == GERBLS:  # compiles, too; a thinned list may miss it
            print(f"  {name} finds {call():.5f} d, true {planets[3]:.5f} d")
    timed = {
        OURS: lambda: milliseconds(lambda: spectra(survey.factors), survey.stars),
        SEARCH: lambda: milliseconds(lambda: find_signals(curves, settings), survey.stars),
    }
    if survey.factors != ALL_DURATIONS:
        timed[OF_ALL] = lambda: milliseconds(lambda: spectra(ALL_DURATIONS), survey.stars)
    for name, call in others.items():
        part = 1 / survey.every if name in {SNR, LIKELIHOOD} else 1
        timed[name] = lambda call=call, part=part: milliseconds(call, part)
    title = (
        f"{survey.name}: search, {survey.periods[0]:g} to {survey.periods[1]:g} d, durations "
        f"{survey.factors[0]:g} to {survey.factors[1]:g} of a central transit of the Sun"
    )
    return table(title, timed, survey.wanted)


def compare_exact(survey: Survey) -> list[str]:
    """Print the table of exact spectra; return what was missed."""
    from astropy.timeseries import BoxLeastSquares

    time_, flux, _ = observed(survey)
    error = np.full(time_.size, 1e-3)
    periods = ofir_periods(time_[-1] - time_[0], *survey.periods, 3.0)
    some = periods[:: max(1, periods.size // 300)]

    def ours() -> np.ndarray:
        return exact_periodogram(time_, flux, error, some, DURATIONS, "snr").power

    def theirs() -> np.ndarray:
        return np.asarray(
            BoxLeastSquares(time_, flux[3], error).power(some, DURATIONS, objective="snr").power
        )

    difference = float(np.abs(ours()[3] / theirs() - 1).max())
    return table(
        f"{survey.name}: exact search, {some.size} periods, largest relative difference {difference:.0e}",
        {EXACT: lambda: milliseconds(ours, survey.stars), SNR: lambda: milliseconds(theirs)},
        {SNR: EXACT_WANTED},
    ) + [f"{survey.name}: equality"] * (difference > 1e-5)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--survey", action="append", choices=SURVEYS, help="only this one; may be repeated")
    chosen = [SURVEYS[name] for name in parser.parse_args().survey or SURVEYS]
    on_one_thread()
    started = time.monotonic()
    time_ = np.arange(0, 27.4, 1 / 48)
    noise = np.random.default_rng(1).normal(1, 1e-3, (16, time_.size))
    SurveyEngine()(
        [Curve(time_, one, np.full(time_.size, 1e-3), 1 / 48) for one in noise], (1.0, 9.0), ALL_DURATIONS
    )
    print(f"first search, compiling where that has not been done: {time.monotonic() - started:.1f} s")
    missed = []
    for survey in chosen:
        missed += compare_searches(survey)
        if survey.every == 1:
            missed += compare_exact(survey)
    end(missed)


if __name__ == "__main__":
    main()
