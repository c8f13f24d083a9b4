"""Measures of candidates (`transits/transit_features`): processor time a candidate, stars together and alone.

A simulated survey from its files to candidates as in a run, then the measures of all of them, 32 stars
at a time and one by one, whose rows must be equal. The least of some repeats.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from simulated_rows import light_curve_rows
from timing import end, on_one_thread

from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

N_STARS, SEED = 200, 7
TOGETHER, REPEATS = 32, 3


def candidates() -> tuple[list[str], list[dict[str, Any]]]:
    """Return the stars with candidates, and what the table reads of each."""
    rows = light_curve_rows(N_STARS, SEED)
    names = [row["target_id"] for row in rows]
    selected = [{"selected_files": [row]} for row in rows]
    curves = DETRENDED_LIGHT_CURVES.compute(names, selected, DETRENDED_LIGHT_CURVES.config)
    detrended = [{"detrended_light_curves": list(of_star)} for of_star in curves]
    found = TRANSIT_CANDIDATES.compute(names, detrended, TRANSIT_CANDIDATES.config)
    stars = [
        (name, {**files, **curve, "transit_candidates": list(signals)})
        for name, files, curve, signals in zip(names, selected, detrended, found, strict=True)
        if signals
    ]
    return [name for name, _ in stars], [parents for _, parents in stars]


def measured(names: list[str], parents: list[dict[str, Any]], step: int) -> list[Any]:
    """Measure so many stars at a time."""
    return [
        rows
        for first in range(0, len(names), step)
        for rows in TRANSIT_FEATURES.compute(
            names[first : first + step], parents[first : first + step], TRANSIT_FEATURES.config
        )
    ]


def least(call: Callable[[], object]) -> float:
    """Return the least processor time of some calls, milliseconds."""
    spent = []
    for _ in range(REPEATS):
        started = time.process_time()
        call()
        spent.append(1e3 * (time.process_time() - started))
    return min(spent)


def main() -> None:
    """Print both times."""
    on_one_thread()
    names, parents = candidates()
    number = sum(len(one["transit_candidates"]) for one in parents)
    are_equal = repr(measured(names, parents, TOGETHER)) == repr(measured(names, parents, 1))
    together, alone = (least(lambda s=step: measured(names, parents, s)) / number for step in (TOGETHER, 1))
    print(f"{number} candidates, {TOGETHER} stars together: {together:.2f} ms each; alone {alone:.2f} ms")
    end([] if are_equal else ["rows depend on the other stars of their batch"])


if __name__ == "__main__":
    main()
