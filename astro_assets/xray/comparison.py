"""An autoencoder beside its baselines on sources that none was fitted to: which explains which curves best.

Where it is not the best, that is told, too; of methods only their evidence is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.judging import LONG, nll_by_strata

Floats = NDArray[np.float64]

#: Name of the autoencoder among methods.
OURS: Final = "autoencoder"
CONSTANT_RATE: Final = "constant rate"
EXCESS_VARIANCE: Final = "excess variance"
VISIT_VARIANCE: Final = "excess variance by visits"
SET_NETWORK: Final = "set network"
STATISTICS: Final = "summary statistics"
SCAN: Final = "scan of a constant rate"


class Method(Protocol):
    """What knows how probable a curve's counts are."""

    def log_evidence(self, curve: Prepared) -> float:
        """Return the log of the probability of the counts, nats, all terms included."""
        ...


def compared(methods: Mapping[str, Method], curves: Sequence[Prepared]) -> list[dict[str, Any]]:
    """Compare methods on curves with counts, by length and brightness.

    Returns
    -------
    list of dict
        See :func:`astro_assets.xray.judging.nll_by_strata`; plain numbers and texts.
    """
    return by_strata(log_evidences(methods, curves), curves)


def log_evidences(methods: Mapping[str, Method], curves: Sequence[Prepared]) -> dict[str, Floats]:
    """Return what each method gives each curve, nats."""
    return {
        name: np.array([method.log_evidence(curve) for curve in curves]) for name, method in methods.items()
    }


def by_strata(evidences: Mapping[str, Floats], curves: Sequence[Prepared]) -> list[dict[str, Any]]:
    """Compare what methods give curves, as :func:`compared` does."""
    counts = np.array([curve.counts.sum() for curve in curves])
    bins = np.array([curve.is_known.any(axis=1).sum() for curve in curves])
    return nll_by_strata(evidences, counts, bins, OURS)


def wins_long(strata: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the autoencoder is better than every baseline at 40 bins and more, beyond its interval."""
    long = next((one for one in strata if one["bins"][0] == LONG), None)
    if long is None:
        return False
    gains = [told["gain"] for told in long.values() if isinstance(told, Mapping) and "gain" in told]
    return bool(gains) and all(gain["low"] > 0 for gain in gains)


def best_at(strata: Sequence[Mapping[str, Any]], n_bins: int, counts: float) -> str | None:
    """Return which method is the best of curves so long and bright: by the narrowest stratum that was judged.

    Of those that say something of a home's curves: the network without recurrence is only compared with.

    Parameters
    ----------
    strata
        As :func:`compared` returns them, wide ones first.
    counts
        Of the whole curve.
    """
    brightness = counts / max(n_bins, 1)
    holding = [
        {name: told["value"] for name, told in one.items() if isinstance(told, Mapping)}
        for one in strata
        if one["bins"][0] <= n_bins < one["bins"][1]
        and one["counts_a_bin"][0] <= brightness < one["counts_a_bin"][1]
    ]
    if not holding:
        return None
    values = {name: value for name, value in holding[-1].items() if name != SET_NETWORK}
    return min(values, key=lambda name: values[name])
