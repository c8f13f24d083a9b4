"""Whether false-alarm probabilities of the highest peaks of noise are uniform, as they must be.

For simulated noise (white, red, detrended) and for real quiet curves, inverted, as they are and with their
days put in another order, those of stars that the constants were fitted to and others: the Kolmogorov-Smirnov
probability that the values are uniform, how many are below 1 and 10 %, and the same of the naive formula that
takes each trial period for one draw of a normal distribution; and in how many a candidate reaches the floor
of what is kept, and the threshold of detection. With another `--seed` the noise and the order are others.
Exits with 1 where a probability is below 1 %; that of a TESS sector, whose brightenings are more than noise,
is printed and not judged. Real curves need the real observations (ASTRO_ASSETS_SHARED_DATA, or
../shared/data).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import signal, stats
from timing import end

from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.transits.biweight import Stretch, biweight_trends
from astro_assets.transits.noise import point_scatter
from astro_assets.transits.search.binning import binned
from astro_assets.transits.search.engine import Curve, Spectrum
from astro_assets.transits.search.false_alarms import log10_false_alarm
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
#: Quarters of stars without a known signal: those that the constants were fitted to, and others.
FITTED = ("kplr002556081-*_llc.fits", "kplr007660594-*_llc.fits", "kplr010424789-*_llc.fits")
NOT_FITTED = ("kplr005899262-*_llc.fits", "kplr008417738-*_llc.fits")
SECTOR = ("tess*-0000000270501383-*_lc.fits",)
#: Orders of the same days are not independent: few of each curve.
SIMULATED, SCRAMBLES = 400, 3
LEAST_PROBABLE = 0.01
CADENCE, SIGMA, TIMESCALE, WINDOW, BLOCK = 30 / 1440, 1e-3, 0.25, 27 / 24, 1.0


def simulated(red: float, seed: int, *, is_detrended: bool) -> Iterator[Curve]:
    """Make curves of 27 days with a gap of one; red noise is an Ornstein-Uhlenbeck process."""
    rng = np.random.default_rng([seed, 17])
    every = 1325 + np.arange(0, 27.4, CADENCE)
    decay = np.exp(-CADENCE / TIMESCALE)
    kicks = rng.normal(0, SIGMA * np.sqrt(1 - decay**2), (SIMULATED, every.size))
    kicks[:, 0] = rng.normal(0, SIGMA, SIMULATED)
    fluxes = 1 + rng.normal(0, SIGMA, kicks.shape) + red * signal.lfilter([1], [1, -decay], kicks)
    halves = [every - every[0] < 13.2, every - every[0] > 14.2]
    times = np.concatenate([every[half] for half in halves])
    for flux in fluxes:
        parts = [flux[half] for half in halves]
        if is_detrended:
            stretches = [
                Stretch(every[half], part, CADENCE) for half, part in zip(halves, parts, strict=True)
            ]
            trends = biweight_trends(stretches, WINDOW)
            parts = [part / trend for part, trend in zip(parts, trends, strict=True)]
        yield _curve(times, np.concatenate(parts))


def _curve(times: np.ndarray, flux: np.ndarray) -> Curve:
    good = np.isfinite(flux)
    scatter = point_scatter(flux[good])
    return Curve(times[good], flux[good], np.full(np.count_nonzero(good), scatter), CADENCE)


def inverted(patterns: Sequence[str]) -> list[Curve]:
    """Invert real quiet curves, detrended and binned as in a search."""
    curves = []
    for path in sorted(path for pattern in patterns for path in SHARED.glob(f"*/{pattern}")):
        (row,) = LIGHT_CURVES.compute(
            path.name, {"observation_files": [{"sha256": path, "description": None}]}, LIGHT_CURVES.config
        )
        parents = [{"selected_files": [row]}]
        ((made,),) = DETRENDED_LIGHT_CURVES.compute(["star"], parents, DETRENDED_LIGHT_CURVES.config)
        arrays = made["light_curve"]
        times, flux, error = (arrays[name].astype(float) for name in ("time", "flux", "flux_err"))
        curve = binned(Curve(times, flux, error, made["cadence_s"] / 86400), 15 / 1440)
        curves.append(Curve(curve.time, 2 - curve.flux, curve.flux_err, curve.cadence_days))
    return curves


def scrambled(curves: list[Curve], seed: int) -> Iterator[Curve]:
    """Put the days of curves in another order, which keeps red noise and gaps."""
    for curve in curves:
        for number in range(SCRAMBLES):
            rng = np.random.default_rng([number, curve.time.size, 23, seed])
            block = ((curve.time - curve.time[0]) // BLOCK).astype(int)
            place = rng.permutation(block[-1] + 1)[block]
            order = np.argsort(place, kind="stable")
            yield Curve(curve.time, curve.flux[order], curve.flux_err[order], curve.cadence_days)


def naive(spectrum: Spectrum) -> float:
    """Return the probability were each trial period one draw of a normal distribution."""
    return float(-np.expm1(spectrum.power.size * stats.norm.logcdf(spectrum.power.max())))


def show(name: str, curves: list[Curve]) -> list[str]:
    """Print the line of a set of curves; return its name if the values are not uniform."""
    settings = SearchSettings()
    engine = SurveyEngine(settings.bin_minutes / 1440)
    spectra = engine(curves, settings.period_range, settings.duration_factors)
    started = time.process_time()
    values = np.array([10 ** log10_false_alarm(one.power, float(one.power.max())) for one in spectra])
    spent = 1e3 * (time.process_time() - started) / len(spectra)
    uniform = stats.kstest(values, "uniform").pvalue
    simple = np.array([naive(one) for one in spectra])
    statistics = [found[0].detection_statistic if found else 0.0 for found in find_signals(curves, settings)]
    reaching = [
        sum(one >= least for one in statistics)
        for least in (settings.statistic_floor, settings.detection_threshold)
    ]
    print(
        f"{name:34}{len(values):7}{uniform:9.2g}{(values < 0.01).mean():9.3f}"
        f"{(values < 0.1).mean():9.3f}{np.median(values):9.2f}{spent:9.3f}"
        f"{stats.kstest(simple, 'uniform').pvalue:12.2g}{reaching[0]:8}{reaching[1]:8}"
    )
    return [name] * bool(uniform < LEAST_PROBABLE)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the noise and of the order of days")
    seed = parser.parse_args().seed
    columns = f"{'curves':>7}{'KS p':>9}{'< 0.01':>9}{'< 0.1':>9}{'median':>9}{'ms':>9}{'naive KS p':>12}"
    print(f"{'':34}{columns}{'floor':>8}{'found':>8}")
    missed = []
    for number, (red, is_detrended) in enumerate(
        (red, flat) for flat in (False, True) for red in (0, 0.3, 0.6)
    ):
        name = f"{f'red {red}' if red else 'white'}{', detrended' if is_detrended else ''}"
        missed += show(name, list(simulated(red, number + 100 * seed, is_detrended=is_detrended)))
    if SHARED.is_dir():
        curves = inverted(FITTED)
        missed += show("real, inverted", curves)
        missed += show("real, inverted, days scrambled", list(scrambled(curves, seed)))
        others = inverted(NOT_FITTED)
        missed += show("real, not fitted to, both", [*others, *scrambled(others, seed)])
        sector = inverted(SECTOR)
        show("a TESS sector, both", [*sector, *scrambled(sector, seed)])
    end(missed)


if __name__ == "__main__":
    main()
