"""What several tests of the transit wing share: rows of real and synthetic light curves as tables hold them.

Only fixtures and their helpers live here; synthetic fluxes come from ``synthetic``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.observations.light_curves import read_light_curve
from astro_assets.observations.schemas import LightCurveConfig

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def real_light_curves(shared_data: Path) -> Callable[[str], Rows]:
    """Rows of ``observations/selected_files`` for the files that match a pattern."""
    config = LightCurveConfig()

    def read(pattern: str) -> Rows:
        rows = []
        for path in sorted(shared_data.glob(pattern)):
            curve = read_light_curve(
                path,
                tess_bitmask=config.tess_quality_bitmask,
                kepler_bitmask=config.kepler_quality_bitmask,
            )
            names = ("target_id", "mission", "segment_kind", "segment", "cadence_s")
            rows.append(
                {name: getattr(curve.identity, name) for name in names}
                | {"search_id": curve.identity.target_id, "light_curve": curve.arrays}
            )
        assert rows, f"no file matches {pattern}"
        return rows

    return read


def light_curve_row(
    time: np.ndarray, flux: np.ndarray, sigma: float, cadence_s: float = 120.0, segment: int = 1
) -> dict[str, Any]:
    """Row of ``observations/selected_files`` for a synthetic curve."""
    return {
        "search_id": "SIM 1",
        "target_id": "SIM 1",
        "mission": "TESS",
        "segment_kind": "sector",
        "segment": segment,
        "cadence_s": cadence_s,
        "light_curve": {
            "time": time,
            "flux": flux.astype(np.float32),
            "flux_err": np.full(time.size, sigma, np.float32),
        },
    }
