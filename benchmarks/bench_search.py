"""Detrending and searching one star, beside lightkurve on the same file and the same trial periods.

One thread. Prints milliseconds of each in alternating repeats, of the processor and by the clock on the wall,
the median of the ratios of processor time with its range, and the period each finds beside the listed one.
Exits with 1 where the ratio or a listed period is missed. Needs the real observations
(ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from listed_signals import listed_labels
from timing import end, milliseconds, on_one_thread, table

from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

#: Trial periods of the peer while a transit drifts by its duration.
OVERSAMPLING = 3.0
#: How much longer lightkurve must take.
WANTED = 10.0
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
    """Print a table a star."""
    from astro_assets.transits.search.periods import ofir_periods

    on_one_thread()
    files = sorted(SHARED.glob("tess_lc/tess*-s_lc.fits"))
    if not files:
        print(f"bench_search: no real observations at {SHARED}")
        return
    listed = {label.file: label.signal.period for label in listed_labels(SHARED)}
    settings = TRANSIT_CANDIDATES.config
    missed = []
    for path in files:
        found, times = ours(path)  # compiles, the first time
        baseline = times[-1] - times[0]
        longest = min(settings.longest_period_days, baseline / 2)
        periods = ofir_periods(baseline, settings.shortest_period_days, longest, OVERSAMPLING)
        durations = np.geomspace(0.05, 0.39, 10)
        peer, known = lightkurves(path, periods, durations), listed.get(path, np.nan)
        title = f"TIC {int(path.name.split('-')[2])}"
        missed += table(
            f"{title}: {found:.5f} d found, {peer:.5f} d by lightkurve, {known:.5f} d listed",
            {
                "ours, all signals": lambda path=path: milliseconds(lambda: ours(path)),
                "lightkurve, one spectrum": lambda path=path, periods=periods, durations=durations: (
                    milliseconds(lambda: lightkurves(path, periods, durations))
                ),
            },
            {"lightkurve, one spectrum": WANTED},
        )
        if np.isfinite(known) and not abs(found / known - 1) < 1e-3:
            missed.append(f"{title}: the listed period")
    end(missed)


if __name__ == "__main__":
    main()
