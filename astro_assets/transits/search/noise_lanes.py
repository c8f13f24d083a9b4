"""Compiled noise of boxes in the grids of 16 stars: by how much it exceeds white noise.

Only loops live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.lanes import (
    LANES,
    add,
    divide,
    load,
    maximum,
    multiply,
    splat,
    square_root,
    store,
    where_above,
)
from astro_assets.transits.median_lanes import median, median_distance
from astro_assets.transits.noise import MAD_TO_SIGMA

Singles = NDArray[np.float32]

#: Boxes with less than this part of the weight of a full one say nothing of the noise.
LEAST_FILLED: Final = 0.5
FEWEST_BOXES: Final = 10


@compiled
def noise_factors(residuals: Singles, weights: Singles, n_bins: int, widths: Any, out: Singles) -> None:
    """Find the robust scatter over time of the signal-to-noise ratios of boxes, at least 1.

    A per-duration combined differential photometric precision in units of white noise (Pont, Zucker & Queloz
    2006, MNRAS 373, 231).

    Parameters
    ----------
    residuals, weights
        A level of the grids, 16 numbers a bin, shape (n_bins * 16,) or longer.
    widths
        Boxes, bins.
    out
        16 factors for each width; 1 with fewer than 10 boxes that are half filled.
    """
    zero, one = splat(np.float32(0.0)), splat(np.float32(1.0))
    ratios, counted = np.zeros(n_bins * LANES, np.float32), np.zeros(n_bins * LANES, np.float32)
    for n in range(n_bins):
        store(counted, n * LANES, where_above(load(weights, n * LANES), zero, one, zero))
    full = median(weights, counted, 0, n_bins)
    for k, width in enumerate(widths):
        least, number = multiply(full, splat(np.float32(LEAST_FILLED * width))), zero
        # Neighbours share all bins but one: each second or third box tells as much.
        n_boxes = 0
        for n in range(0, n_bins - width + 1, max(1, width // 2)):
            box, share = zero, zero
            # Few bins: summed anew each time, without the errors of long running sums.
            for m in range(n, n + width):
                box, share = add(box, load(residuals, m * LANES)), add(share, load(weights, m * LANES))
            filled = where_above(share, least, one, zero)
            number = add(number, filled)
            store(counted, n_boxes * LANES, filled)
            store(ratios, n_boxes * LANES, divide(box, square_root(where_above(filled, zero, share, one))))
            n_boxes += 1
        middle = median(ratios, counted, 0, n_boxes)
        scatter = median_distance(ratios, counted, 0, n_boxes, middle)
        scatter = maximum(multiply(scatter, splat(np.float32(MAD_TO_SIGMA))), one)
        enough = splat(np.float32(FEWEST_BOXES - 0.5))
        store(out, k * LANES, where_above(number, enough, scatter, one))
