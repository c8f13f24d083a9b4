"""The stages around the search beside what people use: reading, trends, periodograms, folded views.

One thread. In each repeat every implementation runs on the same curves; printed are the medians of
milliseconds a curve, of the processor and by the clock on the wall, and of the ratios of processor time
within a repeat with their range and what is wanted. What ours returns is compared with what the peer returns
in the same run. The curves are of a TESS sector of two-minute cadences; the file is one of the simulated
survey, in SPOC's format. Then, without a peer, what a star costs in whole stages. Exits with 1 where a ratio
is missed.
"""

from __future__ import annotations

import statistics
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from timing import REPEATS, end, milliseconds, on_one_thread, table

from astro_assets.observations.fits_columns import read_columns
from astro_assets.observations.fits_structure import read_structure
from astro_assets.observations.identification import describe_file
from astro_assets.observations.light_curves import read_light_curve
from astro_assets.observations.missions import TESS
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.transits.biweight import Stretch, biweight_trends
from astro_assets.transits.detrend import DetrendingSettings, detrend_stars
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.periodogram import periodogram
from astro_assets.transits.stitching import Segment
from astro_assets.transits.variability import VariabilitySettings, variability_row

STARS = 256
NOISE = 5e-4
#: What the light curves are made of.
COLUMNS = ("TIME", "CADENCENO", "QUALITY", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR")
WINDOW_DAYS = 27 / 24


def sector() -> tuple[np.ndarray, np.ndarray]:
    """Return times and fluxes, shape (stars, n): slow waves and white noise."""
    rng = np.random.default_rng(3)
    since = np.arange(0, 27.4, 2 / 1440)
    since = since[np.abs(since - 13.7) > 0.5]
    waves = 0.003 * np.sin(2 * np.pi * since / rng.uniform(3, 9, (STARS, 1)))
    return 1325 + since, 1 + waves + NOISE * rng.normal(size=waves.shape)


def compare_reading(path: Path) -> list[str]:
    """Print the table of reading, after comparing every number; return what was missed."""

    def ours() -> Mapping[str, Any]:
        return read_columns(path, read_structure(path)[1], COLUMNS)

    def theirs() -> Mapping[str, Any]:
        with fits.open(path) as hdus:
            data = hdus[1].data
            return {name: data[name].astype(data[name].dtype.newbyteorder("=")) for name in COLUMNS}

    found, expected = ours(), theirs()
    equal = all(found[name].tobytes() == expected[name].tobytes() for name in COLUMNS)
    missed = table(
        f"Reading {len(COLUMNS)} columns of a file of {path.stat().st_size / 1e6:.1f} MB, equal: {equal}",
        {
            "ours": lambda: milliseconds(ours, 1, 40),
            "astropy.io.fits": lambda: milliseconds(theirs, 1, 10),
        },
        {"astropy.io.fits": 10},
    )
    return missed + ["reading: equality"] * (not equal)


def compare_trends(time_: np.ndarray, fluxes: np.ndarray) -> list[str]:
    """Print the table of trends of an orbit; return what was missed."""
    from wotan import flatten

    orbit = time_ < time_[0] + 12.8
    stretches = [Stretch(time_[orbit], flux[orbit], 2 / 1440) for flux in fluxes]

    def theirs() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flat = flatten(
                time_[orbit],
                fluxes[0, orbit],
                method="biweight",
                window_length=WINDOW_DAYS,
                return_trend=True,
            )
        return flat[1]

    difference = float(np.nanstd(biweight_trends(stretches, WINDOW_DAYS)[0] - theirs())) / NOISE
    return table(
        f"Biweight trend of an orbit, window 27 h, difference {difference:.2f} sigma",
        {
            "ours": lambda: milliseconds(lambda: biweight_trends(stretches, WINDOW_DAYS), STARS),
            "wotan 2.0": lambda: milliseconds(theirs, 1, 5),
        },
        {"wotan 2.0": 80},
    )


def compare_periodograms(
    time_: np.ndarray, fluxes: np.ndarray, highest: float, wanted: float | None
) -> list[str]:
    """Print the table of Lomb-Scargle periodograms up to a frequency, 1/day; return what was missed."""
    import nifty_ls
    from light_curve import Periodogram

    errors = np.full(fluxes.shape, NOISE)
    grid = periodogram(time_, fluxes[0], errors[0], 1 / highest, 100.0)

    def ours() -> list[np.ndarray]:
        return [
            periodogram(time_, flux, error, 1 / highest, 100.0).power
            for flux, error in zip(fluxes, errors, strict=True)
        ]

    def theirs(some: slice = slice(None)) -> Any:
        return nifty_ls.lombscargle(
            time_ - time_[0], fluxes[some], errors[some], fmin=grid.first, fmax=grid.last,
            Nf=grid.power.size, backend="finufft", nthreads=1,
        ).power  # fmt: skip

    difference = max(float(np.abs(a - b).max()) for a, b in zip(ours(), theirs(), strict=True))
    # Without errors, on a grid of its own of as many frequencies, rounded up to a power of 2.
    nyquist = 0.5 / float(np.mean(np.diff(time_)))
    simple = Periodogram(
        peaks=1, resolution=5, max_freq_factor=highest / nyquist, nyquist="average", fast=True
    )
    together = f"nifty-ls, {STARS} stars together"
    return table(
        f"Lomb-Scargle at {grid.power.size} frequencies to {highest:.0f} a day, difference {difference:.0e}",
        {
            "ours": lambda: milliseconds(ours, STARS),
            together: lambda: milliseconds(theirs, STARS),
            "nifty-ls, one star": lambda: milliseconds(lambda: theirs(slice(1)), 1, 5),
            "light-curve, one star, without errors": lambda: milliseconds(
                lambda: simple.freq_power(time_, fluxes[0]), 1, 5
            ),
        },
        None if wanted is None else {together: wanted},
    )


def compare_views(time_: np.ndarray, fluxes: np.ndarray) -> list[str]:
    """Print the table of folded views; return what was missed.

    Ours are five with medians and scatters, theirs is one of means.
    """
    from lightkurve import LightCurve

    settings = FoldSettings(global_bins=2001, local_bins=201)
    curve = LightCurve(time=time_, flux=fluxes[0])

    def ours(settings: FoldSettings) -> object:
        return [fold_views(time_, flux, 3.1, 1326.0, 0.12, 0.5, settings) for flux in fluxes]

    def theirs() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return curve.fold(3.1, 1326.0).bin(bins=2001)

    ours(settings)
    theirs()
    return table(
        "Folded views",
        {
            "ours, 2001 and four times 201 bins": lambda: milliseconds(lambda: ours(settings), STARS),
            "ours, 201 and four times 61 bins": lambda: milliseconds(lambda: ours(FoldSettings()), STARS),
            "lightkurve, fold and bin(bins=2001)": lambda: milliseconds(theirs, 1),
        },
        {"lightkurve, fold and bin(bins=2001)": 100},
    )


def show_stages(path: Path, time_: np.ndarray, fluxes: np.ndarray) -> None:
    """Print what a star costs in whole stages of a run, without the ledger."""
    stars = [[Segment(1, 120.0, time_, flux, np.full(flux.size, NOISE))] for flux in fluxes]
    bits = TESS.default_bitmask
    stages = {
        "identify a file": (lambda: describe_file(path, "", path.name), 1, 10),
        "read its light curve": (
            lambda: read_light_curve(path, tess_bitmask=bits, kepler_bitmask=bits),
            1,
            10,
        ),
        "stitch, detrend, clip": (lambda: detrend_stars(stars, DetrendingSettings()), STARS, 1),
        "measure variability": (
            lambda: [variability_row(star, VariabilitySettings()) for star in stars],
            STARS,
            1,
        ),
    }
    print(f"\n{'Whole stages, ms a star':44}{'processor':>11}{'wall':>11}   range")
    for name, (call, n_curves, n_calls) in stages.items():
        call()
        runs = [milliseconds(call, n_curves, n_calls) for _ in range(REPEATS)]
        processor, wall = [run.processor for run in runs], statistics.median(run.wall for run in runs)
        print(
            f"{name:44}{statistics.median(processor):11.2f}{wall:11.2f}"
            f"   {min(processor):.2f}-{max(processor):.2f}"
        )


def main() -> None:
    """Print all tables."""
    on_one_thread()
    time_, fluxes = sector()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lc.fits"
        (file,) = simulate_survey(1, seed=5)
        path.write_bytes(file.content)
        missed = compare_reading(path) + compare_trends(time_, fluxes)
        missed += compare_periodograms(time_, fluxes, 24.0, 10)
        missed += compare_periodograms(time_, fluxes, 50.0, None)
        missed += compare_views(time_, fluxes)
        show_stages(path, time_, fluxes)
    end(missed)


if __name__ == "__main__":
    main()
