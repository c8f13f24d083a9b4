"""From detrended curves to signals: processor time a star of a simulated survey, by what was found.

Spectra, and what follows them: peaks, refinement, aliases, measuring, fitting. The least of some repeats.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

import numpy as np
from simulated_rows import light_curve_rows

from astro_assets.transits.search import signals
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES

N_STARS, SEED = 200, 7
REPEATS = 3


def curves() -> list[Curve]:
    """Simulate stars and detrend them as the product does."""
    rows = light_curve_rows(N_STARS, SEED)
    parents = [{"selected_files": [row]} for row in rows]
    names = [row["target_id"] for row in rows]
    found = DETRENDED_LIGHT_CURVES.compute(names, parents, DETRENDED_LIGHT_CURVES.config)
    return [_curve(row) for (row,) in found]


def _curve(row: dict[str, Any]) -> Curve:
    time_, flux, error = (
        row["light_curve"][name].astype(np.float64) for name in ("time", "flux", "flux_err")
    )
    return Curve(time_, flux, error, row["cadence_s"] / 86400)


def timed(stars: list[Curve], settings: SearchSettings) -> tuple[float, float, list[int]]:
    """Return milliseconds of the spectra and of all, and the signals of each star."""
    engine, spent = SurveyEngine(settings.bin_minutes / 1440), 0.0

    def spectra(*arguments: Any) -> Any:
        nonlocal spent
        begun = time.process_time()
        found = engine(*arguments)
        spent += time.process_time() - begun
        return found

    begun = time.process_time()
    found = signals.find_signals(stars, settings, spectra)
    return 1e3 * spent, 1e3 * (time.process_time() - begun), [len(of_star) for of_star in found]


def main() -> None:
    """Run and print."""
    stars, settings = curves(), SearchSettings()
    _, _, counts = timed(stars, settings)
    groups: dict[int, list[Curve]] = defaultdict(list)
    for star, count in zip(stars, counts, strict=True):
        groups[count].append(star)
    print(f"{'signals':>7} {'stars':>5} {'spectra ms':>10} {'the rest ms':>11}")
    for count, some in sorted(groups.items()):
        runs = [timed(some, settings)[:2] for _ in range(REPEATS)]
        spectra = min(run[0] for run in runs) / len(some)
        rest = min(run[1] - run[0] for run in runs) / len(some)
        print(f"{count:7d} {len(some):5d} {spectra:10.2f} {rest:11.2f}")


if __name__ == "__main__":
    main()
