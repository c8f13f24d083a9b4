"""Candidates made up for tests: rows of the three tables, in groups of different shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astro_assets.transits.clusters.measures import MEASURES

#: What the columns of a typical member of each group are; the rest is as of a transit.
TRANSIT = {
    "depth_ppm": 5e3, "period_days": 4.0, "snr": 100.0, "duty_cycle": 0.04, "bottom_over_mean_depth": 1.25,
    "brightening_over_dip": 0.03, "weak_secondary_over_depth": 0.03, "half_period_sigma": 1.0,
    "half_period_unlike_sigma": 90.0, "sine_over_depth": 0.02, "largest_over_multiple": 0.4,
    "events_odd_even_sigma": 0.8, "event_chi_square": 1.0, "global_autocorrelation_lag_1": 0.85,
    "global_skewness": -4.0, "local_cid_ce_normalize_true": 3.0,
}  # fmt: skip
SHAPES: Mapping[str, Mapping[str, float]] = {
    "transit_like": TRANSIT,
    "eclipse_like": TRANSIT | {
        "depth_ppm": 1e5, "period_days": 1.0, "weak_secondary_over_depth": 0.6, "half_period_sigma": 60.0,
        "half_period_unlike_sigma": 40.0, "bottom_over_mean_depth": 1.6, "duty_cycle": 0.1,
    },
    "sinusoidal": TRANSIT | {
        "depth_ppm": 2e4, "period_days": 0.6, "brightening_over_dip": 0.48, "sine_over_depth": 0.9,
        "duty_cycle": 0.25, "global_skewness": 0.0, "global_autocorrelation_lag_1": 0.99,
        "local_cid_ce_normalize_true": 1.2,
    },
}  # fmt: skip


def rows_of(name: str, shape: Mapping[str, float], rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Make a candidate of a shape: its row in each table, every number off by some percent."""
    rows: dict[str, dict[str, Any]] = {
        table: {"candidate_id": name} for table in {measure.table for measure in MEASURES}
    }
    for measure in MEASURES:
        for column in measure.columns:
            rows[measure.table][column] = shape[column] * rng.normal(1, 0.08) + rng.normal(0, 0.01)
    rows["transit_candidates"]["target_id"] = name
    return rows


def made_rows(n: int = 40, seed: int = 0, **shapes: Mapping[str, float]) -> dict[str, list[dict[str, Any]]]:
    """Make so many candidates of each shape: rows by table, the groups one after the other."""
    rng = np.random.default_rng(seed)
    made = [
        rows_of(f"{name} {number:03d}", shape, rng)
        for name, shape in (shapes or SHAPES).items()
        for number in range(n)
    ]
    return {table: [rows[table] for rows in made] for table in made[0]}
