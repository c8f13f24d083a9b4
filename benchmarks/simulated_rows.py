"""Light curves of a simulated survey, from its files as a run reads them, without a home."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.observations.tables import LIGHT_CURVES


def light_curve_rows(n_stars: int, seed: int) -> list[dict[str, Any]]:
    """Return a row of ``observations/light_curves`` for each star."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in simulate_survey(n_stars, seed):
            path = Path(folder) / file.name
            path.write_bytes(file.content)
            parents = {"observation_files": [{"sha256": path, "description": None}]}
            rows += LIGHT_CURVES.compute(file.name, parents, LIGHT_CURVES.config)
            path.unlink()
    return rows
