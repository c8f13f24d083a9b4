"""A real night of a small telescope, from raw frames to a transit, and transits that are put into its stars.

Prints how many frames were aligned, the target's scatter beside the limit of photons, depth and middle of
the transit of HAT-P-32 b with errors, how well transits that were put into comparison stars come back,
seconds and peak memory. With --pictures, draws the light curve, scatter against brightness, the drift and
what came back. Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.images.photometry.light_curves import light_curves
from astro_assets.images.photometry.series import Series, series_photometry
from astro_assets.images.photometry.settings import SeriesSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets_tests.images.photometry import real_night
from astro_assets_tests.images.photometry.real_night import Fit

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
#: NASA Exoplanet Archive; MJD on the TDB scale at the barycentre.
KNOWN_MID, KNOWN_DEPTH = 58107.2105, 0.022
MJD_ZERO = 2400000.5
#: Wanted: days, depth, seconds, and the mean error of depths that were put in, as a part of them.
MID_WITHIN, DEPTH_WITHIN, SECONDS, BIAS_WITHIN = 0.01, 0.004, 60.0, 0.04
N_INJECTED = 60
#: Stars that transits are put into: this bright, as parts of the target's flux.
BRIGHTNESS = (0.35, 3.0)


@dataclass(frozen=True)
class Injected:
    """Of one star: what was put in, and what came back."""

    flux: float
    mid: float
    fit: Fit


def main() -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for pictures")
    parser.add_argument("--injections", type=int, default=N_INJECTED, help="how many transits are put in")
    arguments = parser.parse_args()
    folder = SHARED / real_night.FOLDER
    if not folder.is_dir():
        print("no real frames: nothing to measure")
        return 0
    started, processor = time.perf_counter(), time.process_time()
    frames = real_night.read_frames(folder)
    read = time.perf_counter() - started
    settings = SeriesSettings(telescope_diameter_m=real_night.DIAMETER_M)
    sources = {name: measure_frame(frame, settings.measuring) for name, frame in frames.items()}
    first = time.perf_counter() - started - read
    series = series_photometry(frames, sources, settings, real_night.target(frames))
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    star, curves = series.target, series.curves
    assert star is not None  # noqa: S101  a target was given
    around = float(np.nanmedian(series.bjd_tdb))
    fit = real_night.fit_transit(
        series.bjd_tdb, curves.detrended_flux[star], curves.scaled_error[star], around
    )
    _print(series, fit)
    print(f"{'seconds: all, reading, first stage':44}{seconds:.1f}, {read:.1f}, {first:.1f}")
    print(f"{'processor seconds; peak memory, MB':44}{processor:.1f}; {peak:.0f}")
    put = _inject(series, settings, arguments.injections)
    bias, error = _print_injected(put)
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        _draw(series, fit, put, arguments.pictures)
    missed = {
        "frames": sum(reason is None for reason in series.night.reasons) < len(frames),
        "middle": abs(fit.mid - MJD_ZERO - KNOWN_MID) > MID_WITHIN,
        "depth": abs(fit.depth - KNOWN_DEPTH) > DEPTH_WITHIN,
        "seconds": seconds > SECONDS,
        "depths put in": abs(bias) > max(BIAS_WITHIN, 2 * error),
    }
    for name in (name for name, is_missed in missed.items() if is_missed):
        print(f"missed: {name}")
    return int(any(missed.values()))


def _print(series: Series, fit: Fit) -> None:
    night, curves, star = series.night, series.curves, series.target
    aligned = [one for one in night.alignments if one.is_aligned]
    for name, reason in zip(night.names, night.reasons, strict=True):
        if reason is not None:
            print(f"left out: {name}: {reason}")
    rms = np.median([one.rms_pixels for one in aligned])
    matched = np.median([one.n_matched for one in aligned])
    table = {
        "frames aligned": f"{len(aligned)} of {len(night.names)}",
        "matched stars, residual, pixels: medians": f"{matched:.0f}, {rms:.3f}",
        "stars, comparison stars": f"{curves.flux.size}, {curves.is_comparison.sum()}",
        "reference": night.reference,
        "gain, electrons a count": f"{curves.gain:.2f} +- {curves.gain_error:.2f}"
        + (" (estimated from the scatter of stars)" if curves.gain_is_estimated else ""),
        "radius of the target, pixels": f"{curves.radius_pixels[star]:.2f}",
        "trends that stars share": ", ".join(curves.shared_terms[-2]),
        "target's scatter, photon limit": f"{curves.scatter[star]:.5f}, {curves.photon_limit[star]:.5f}",
        "error factor of the target": f"{curves.error_factor[star]:.2f}",
        "depth": f"{fit.depth:.4f} +- {fit.depth_error:.4f} (known {KNOWN_DEPTH})",
        "middle, MJD TDB": f"{fit.mid - MJD_ZERO:.4f} +- {fit.mid_error:.4f} (known {KNOWN_MID})",
    }
    for name, text in table.items():
        print(f"{name:44}{text}")


def _inject(series: Series, settings: SeriesSettings, number: int) -> list[Injected]:
    """Put transits into stars that are compared with, one at a time, and fit what comes back."""
    rng = np.random.default_rng(32)
    curves, times = series.curves, series.bjd_tdb
    assert series.target is not None  # noqa: S101  a target was given
    bright = curves.flux / curves.flux[series.target]
    whole = np.isfinite(curves.relative_flux).mean(axis=1) > 0.9
    can = np.flatnonzero(curves.is_comparison & whole & (bright > BRIGHTNESS[0]) & (bright < BRIGHTNESS[1]))
    night = real_night.brightest(series.night, 450)
    put = []
    for star in rng.choice(can, number):
        mid = times[0] + rng.uniform(0.3, 0.7) * np.ptp(times)
        dimmed = real_night.injected(night, star, real_night.transit(times, mid, KNOWN_DEPTH))
        found = light_curves(dimmed, settings, int(star))
        fit = real_night.fit_transit(times, found.detrended_flux[star], found.scaled_error[star], mid)
        put.append(Injected(float(curves.flux[star]), mid, fit))
    return put


def _print_injected(put: list[Injected]) -> tuple[float, float]:
    """Print how depths came back; return the mean error and its standard error, as parts of the depth."""
    depth = np.array([one.fit.depth for one in put]) / KNOWN_DEPTH - 1
    weight = np.array([one.fit.depth_error for one in put]) ** -2.0
    pull = (depth * KNOWN_DEPTH) / np.array([one.fit.depth_error for one in put])
    late = np.array([one.fit.mid - one.mid for one in put])
    mean, error = float(np.average(depth, weights=weight)), float(np.std(depth) / np.sqrt(len(put)))
    print(f"{'transits put into comparison stars':44}{len(put)}")
    print(f"{'depth that came back over that put in, less 1':44} {mean:+.3f} +- {error:.3f} (weighted mean)")
    print(f"{'median, scatter of it':44} {np.median(depth):+.3f}, {np.std(depth):.3f}")
    print(f"{'scatter over the errors that were told':44} {np.std(pull):.2f}")
    print(f"{'middle, minutes: mean, scatter':44} {1440 * late.mean():+.1f}, {1440 * late.std():.1f}")
    return mean, error


def _draw(series: Series, fit: Fit, put: list[Injected], folder: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    night, curves, star = series.night, series.curves, series.target
    hours = 24 * (series.bjd_tdb - fit.mid)
    figure, axes = plt.subplots(2, 2, figsize=(15, 11))
    _draw_curve(axes[0, 0], series, fit, hours)
    axes[0, 1].set(xlabel="instrumental magnitude", ylabel="scatter", yscale="log", ylim=(1e-3, 0.3))
    magnitude = -2.5 * np.log10(curves.flux)
    for rows, style in ((~curves.is_comparison, "C7."), (curves.is_comparison, "C2.")):
        axes[0, 1].plot(magnitude[rows], curves.scatter[rows], style, ms=3)
    order = np.argsort(magnitude)
    axes[0, 1].plot(magnitude[order], curves.photon_limit[order], "C3.", ms=1, label="photons, sky, detector")
    error = np.nanmedian(np.where(np.isfinite(curves.error), curves.error, 1), axis=1)
    axes[0, 1].plot(magnitude[order], error[order], "C0.", ms=1, label="with scintillation and ensemble")
    axes[0, 1].plot(magnitude[star], curves.scatter[star], "k*", ms=14, label="target")
    axes[0, 1].legend()
    shifts = np.array([one.from_reference(np.zeros((1, 2)))[0] for one in night.alignments])
    axes[1, 0].plot(*shifts.T, ".-")
    axes[1, 0].set(xlabel="x, pixels", ylabel="y, pixels", title="where the reference's corner lies")
    axes[1, 1].errorbar(
        [one.flux for one in put],
        [one.fit.depth / KNOWN_DEPTH for one in put],
        [one.fit.depth_error / KNOWN_DEPTH for one in put],
        fmt=".",
    )
    axes[1, 1].axhline(1, color="k")
    axes[1, 1].set(xlabel="counts", ylabel="depth that came back", xscale="log", title="transits put in")
    figure.tight_layout()
    figure.savefig(folder / "photometry.png", dpi=80)


def _draw_curve(axes: Any, series: Series, fit: Fit, hours: Any) -> None:
    curves, star = series.curves, series.target
    axes.errorbar(hours, curves.detrended_flux[star], curves.scaled_error[star], fmt=".", label="detrended")
    axes.plot(hours, curves.relative_flux[star] - 0.04, ".", label="differential, less 0.04")
    axes.plot(hours, real_night.transit(series.bjd_tdb, fit.mid, fit.depth), label="fit")
    axes.plot(hours, 1 + curves.dip[star], "--", lw=1, label="dip that guards the level")
    axes.set(xlabel="hours from the middle", ylabel="relative flux", title="HAT-P-32")
    axes.legend()


if __name__ == "__main__":
    sys.exit(main())
