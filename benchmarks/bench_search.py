"""Detrending and searching one star, beside lightkurve on the same file and the same trial periods.

Prints processor seconds of each in alternating repeats, the median of their ratios with its range, and the
period each finds. Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import os
import statistics
import time
import warnings
from pathlib import Path

import numpy as np

from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

#: Trial periods of the peer while a transit drifts by its duration.
OVERSAMPLING = 3.0
REPEATS = 3
SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


def ours(path: Path) -> tuple[float, np.ndarray]:
    """Read, detrend and search; return the strongest signal's period and the trial periods' range."""
    file = {"sha256": path, "description": None}
    (row,) = LIGHT_CURVES.compute(path.name, {"observation_files": [file]}, LIGHT_CURVES.config)
    target = row["target_id"]
    parents = {"selected_files": [row]}
    ((curve,),) = DETRENDED_LIGHT_CURVES.compute([target], [parents], DETRENDED_LIGHT_CURVES.config)
    parents = {"detrended_light_curves": [curve]}
    (found,) = TRANSIT_CANDIDATES.compute([target], [parents], TRANSIT_CANDIDATES.config)
    return (found[0]["period_days"] if found else np.nan), curve["light_curve"]["time"]


def lightkurves(path: Path, periods: np.ndarray, durations: np.ndarray) -> float:
    """Do the same with lightkurve: its reader, its flattening, astropy's box least squares."""
    import lightkurve

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = lightkurve.read(path).remove_nans().normalize().flatten(window_length=901)
        return float(
            curve.to_periodogram("bls", period=periods, duration=durations).period_at_max_power.value
        )


def main() -> None:
    """Print the table."""
    from astro_assets.transits.search.periods import ofir_periods

    files = sorted(SHARED.glob("tess_lc/tess*-s_lc.fits"))
    if not files:
        print(f"bench_search: no real observations at {SHARED}")
        return
    settings = TRANSIT_CANDIDATES.config
    ours(files[0])  # compiles
    print(
        f"{'target':14} {'ours s':>7} {'peer s':>7} {'ratio':>6} {'range':>13} {'P ours':>10} {'P peer':>10}"
    )
    for path in files:
        seconds: dict[str, list[float]] = {"ours": [], "lightkurve": []}
        for _ in range(REPEATS):
            started = time.process_time()
            found, times = ours(path)
            seconds["ours"].append(time.process_time() - started)
            baseline = times[-1] - times[0]
            longest = min(settings.longest_period_days, baseline / 2)
            periods = ofir_periods(baseline, settings.shortest_period_days, longest, OVERSAMPLING)
            durations = np.geomspace(0.05, 0.39, 10)
            started = time.process_time()
            peer = lightkurves(path, periods, durations)
            seconds["lightkurve"].append(time.process_time() - started)
        ratios = [b / a for a, b in zip(seconds["ours"], seconds["lightkurve"], strict=True)]
        medians = {name: statistics.median(values) for name, values in seconds.items()}
        target = f"TIC {int(path.name.split('-')[2])}"
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        seconds_of = f"{medians['ours']:7.2f} {medians['lightkurve']:7.2f} {statistics.median(ratios):6.2f}"
        print(f"{target:14} {seconds_of} {spread:>13} {found:10.6f} {peer:10.6f}")


if __name__ == "__main__":
    main()
