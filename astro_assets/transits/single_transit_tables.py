"""The table of dips that happened once: what it reads, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.settings import DETECTION_THRESHOLD
from astro_assets.transits.search.single_transits import SingleTransitSettings, find_single_transits
from astro_assets.transits.single_transit_schemas import SINGLE_TRANSIT_SCHEMA
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

__all__ = ["SINGLE_TRANSITS", "TABLES"]

_PPM: Final = 1e6


class SingleTransitsConfig(SingleTransitSettings, Config):
    """Settings of ``transits/single_transits``."""


def compute_single_transits(key: str, parents: Parents, config: SingleTransitsConfig) -> list[dict[str, Any]]:
    """Find the dips of the curve ``key`` that belong to none of its candidates: one row a dip."""
    (row,) = parents["detrended_light_curves"]
    arrays = row["light_curve"]
    time, flux, error = (arrays[name].astype(np.float64) for name in ("time", "flux", "flux_err"))
    curve = Curve(time, flux, error, float(row["cadence_s"]) / 86400)
    known = [box for candidate in parents["transit_candidates"] for box in _eclipses(candidate)]
    return [
        {
            "event_id": f"{key}!{rank}",
            "search_id": key,
            "target_id": row["target_id"],
            "rank": rank,
            "time_btjd": found.time,
            "duration_hours": 24 * found.duration,
            "depth_ppm": _PPM * found.depth,
            "snr": found.snr,
            "gap_distance_hours": 24 * found.gap_distance,
            "scatter_nearby": found.scatter_nearby,
            "brightening_snr": found.brightening_snr,
            "asymmetry_sigma": found.asymmetry_sigma,
            "doubt": found.doubt,
            "baseline_days": curve.baseline_days,
        }
        for rank, found in enumerate(find_single_transits(curve, known, config), start=1)
    ]


def _eclipses(candidate: Row) -> list[Box]:
    """Transits of a candidate, and its secondary eclipses where there are some."""
    period, epoch = float(candidate["period_days"]), float(candidate["epoch_btjd"])
    duration = float(candidate["duration_hours"]) / 24
    boxes = [Box(period, epoch, duration)]
    if candidate["secondary_snr"] >= DETECTION_THRESHOLD:
        boxes.append(Box(period, epoch + candidate["secondary_phase"] * period, duration))
    return boxes


#: Dips that happened once, or whose period is longer than the data.
SINGLE_TRANSITS: Final = Table(
    name="transits/single_transits",
    schema=SINGLE_TRANSIT_SCHEMA,
    compute=compute_single_transits,
    parents=(
        Parent(DETRENDED_LIGHT_CURVES, columns=("search_id", "target_id", "cadence_s", "light_curve")),
        Parent(
            TRANSIT_CANDIDATES,
            columns=(
                "search_id", "period_days", "epoch_btjd", "duration_hours", "secondary_phase",
                "secondary_snr",
            ),
            on="search_id",
        ),
    ),
    config=SingleTransitsConfig(),
    key="search_id",
    libraries=("numpy", "scipy", "numba"),
)  # fmt: skip

TABLES: Final = (SINGLE_TRANSITS,)
