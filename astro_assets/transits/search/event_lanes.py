"""Compiled sums of the matched filter: one transit at each time, from what is near it.

Only loops live here; where the noise comes from and what the sums mean is said in `matched_filter`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.lanes import LANES, add, load, multiply, splat, store, where_above

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]


@compiled
def set_kernels(templates: Floats, correlation: Floats, kernels: Floats) -> None:
    """Multiply each template by what the noise's inverse covariance makes of it.

    Parameters
    ----------
    templates
        Shape (rows, points).
    correlation
        A row of the inverse covariance from its diagonal on, at least as long as a template.
    kernels
        Filled here, shape of the templates.
    """
    n_rows, size = templates.shape
    for row in range(n_rows):
        for n in range(size):
            near = 0.0
            for m in range(size):
                near += correlation[abs(n - m)] * templates[row, m]
            kernels[row, n] = templates[row, n] * near


@compiled
def set_events(
    whitened: Singles,
    coverage: Singles,
    templates: Singles,
    kernels: Singles,
    least: Singles,
    strength: Singles,
    information: Singles,
) -> None:
    """Correlate series with templates: what a transit at each time would be.

    Parameters
    ----------
    whitened, coverage
        Flux in units of its noise's power, and inverse variances, both with zeros at both ends, so many
        together as a template has points less one; shape (n + points - 1,).
    templates, kernels
        Of flux and of coverage, shape (rows, points).
    least
        Of each row the information above which an event counts.
    strength, information
        Filled here, shape (rows, n), n a multiple of 16: depth times its information, and that; 0 where it
        does not count.
    """
    n_rows, size = templates.shape
    n_events = strength.shape[1]
    zero = splat(np.float32(0.0))
    for row in range(n_rows):
        first, last = 0, size
        while first < last and templates[row, first] == 0:
            first += 1
        while first < last and templates[row, last - 1] == 0:
            last -= 1
        for n in range(0, n_events, LANES):
            deep, known = zero, zero
            for m in range(first, last):
                deep = add(deep, multiply(splat(templates[row, m]), load(whitened, n + m)))
                known = add(known, multiply(splat(kernels[row, m]), load(coverage, n + m)))
            bound = splat(least[row])
            store(strength[row], n, where_above(known, bound, deep, zero))
            store(information[row], n, where_above(known, bound, known, zero))
