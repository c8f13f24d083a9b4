"""Triplets made up for tests: stars in noise, in science and template alike, and a source in the middle."""

from __future__ import annotations

import numpy as np

from astro_assets.images.real_bogus.backgrounds import Source
from astro_assets.images.real_bogus.point_spread import moffat


def source(number: int, *, sigma: float = 5.0, flux: float = 2000.0, is_positive: bool = True) -> Source:
    """Make a triplet of one object, with noise of ``sigma`` and a source of ``flux``."""
    rng = np.random.default_rng((7, number))
    images = rng.normal(size=(3, 63, 63)) * np.array([sigma, sigma / 2, 1.12 * sigma])[:, None, None]
    for _ in range(4):
        star = float(rng.uniform(500, 8000)) * moffat(63, *rng.uniform(0, 63, 2), 2.2)
        images[:2] += star
    images[:2] += 100.0
    middle = flux * moffat(63, 31, 31, 2.2)
    images[0 if is_positive else 1] += middle
    images[2] += middle
    return Source(images.astype(np.float32), 2.2, is_positive, f"object {number}")
