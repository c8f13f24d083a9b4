"""Folded views made up for tests: a transit of some shape, noise, empty bins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.fold import VIEWS

SIZES = dict.fromkeys(VIEWS, 61) | {"global": 201}


def made_views(
    seed: int = 0, depth: float = 0.01, sigma: float = 1e-3, empty: dict[str, int] | None = None
) -> dict[str, NDArray[Any]]:
    """Make the views of a box transit; ``empty`` bins of a view, evenly spread, hold nothing."""
    rng = np.random.default_rng(seed)
    median, code = [], []
    for number, (name, size) in enumerate(SIZES.items()):
        flux = 1 + rng.normal(0, sigma, size)
        middle, half = size // 2, 2 if name == "global" else size // 12
        if name != "secondary":
            flux[middle - half : middle + half + 1] -= depth
        if gone := (empty or {}).get(name, 0):
            flux[np.linspace(0, size - 1, gone).astype(int)] = np.nan
        median.append(flux)
        code.append(np.full(size, number, np.int32))
    return {"view": np.concatenate(code), "median": np.concatenate(median).astype(np.float32)}
