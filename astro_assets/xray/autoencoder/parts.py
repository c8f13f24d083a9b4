"""Light curves of which a part is hidden, from which an encoder learns what bins say of unseen ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import N_BANDS, Prepared, prepare, without
from astro_assets.xray.light_curve import LightCurve

#: Share of parts that are one band of several; of others a stretch of bins is hidden.
_ONE_BAND = 1 / 3
#: Most of a curve that is hidden.
_MOST = 0.6


def parts_of(curves: Sequence[LightCurve], seed: int) -> list[Prepared]:
    """Hide a part of each curve; which one depends on the seed and on the curve's place."""
    return [
        prepare(without(curve, hidden_part(curve, np.random.default_rng((seed, 13, number)))))
        for number, curve in enumerate(curves)
    ]


def hidden_part(curve: LightCurve, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw what is hidden, (n_bins, n_bands): some bands, or bins in a row; never all that has counts."""
    is_hidden = np.zeros(curve.counts.shape, bool)
    if curve.n_bands == N_BANDS and rng.random() < _ONE_BAND:
        is_hidden[:, np.arange(N_BANDS) != rng.integers(N_BANDS)] = True
    else:
        seen = np.flatnonzero((curve.exposure_s > 0).any(axis=1))
        longest = int(_MOST * seen.size)
        if longest:
            n = int(np.exp(rng.uniform(0, np.log(longest + 1))))
            first = int(rng.integers(-n // 2, seen.size - n // 2)) if rng.random() < 0.5 else seen.size - n
            is_hidden[seen[max(first, 0) : first + n]] = True
    has_any = ((curve.exposure_s > 0) & np.isfinite(curve.counts) & ~is_hidden).any()
    return is_hidden if has_any else np.zeros_like(is_hidden)
