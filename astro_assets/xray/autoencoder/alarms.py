"""How often a trained autoencoder calls usual sources strange, on sources that nothing was fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.scoring import score
from astro_assets.xray.judging import false_positives
from astro_assets.xray.light_curve import LightCurve

#: Rate that false alarms are wanted at.
LEVEL: Final = 0.05
#: Bins of a histogram of p-values.
_BINS: Final = 20


def alarms_of(
    model: TrainedAutoencoder, curves: Sequence[LightCurve], is_constant: NDArray[np.bool_]
) -> dict[str, Any]:
    """Score usual sources and count those that are called strange.

    Parameters
    ----------
    is_constant
        Which sources do not vary: ``p_constant`` is judged on them.

    Returns
    -------
    dict
        Of ``p_usual`` and ``p_constant`` the number ``n`` of sources, ``histogram``, counts of p-values in
        20 equal bins from 0 to 1, and ``rates`` as of `judging.false_positives`; none without sources.
    """
    scored = [score(model, curve) for curve in curves]
    found = {
        "p_usual": np.array([one.p_usual for one in scored]),
        "p_constant": np.array([one.p_constant for one in scored])[is_constant],
    }
    return {name: _told(values) for name, values in found.items() if values.size}


def _told(p_values: NDArray[np.float64]) -> dict[str, Any]:
    histogram = np.histogram(p_values, bins=_BINS, range=(0.0, 1.0))[0]
    return {
        "n": int(p_values.size),
        "histogram": histogram.tolist(),
        "rates": false_positives(p_values),
    }
