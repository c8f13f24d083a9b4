"""Whether a light curve is of a sort that p-values were calibrated on: how bright, how hard, how often seen.

Of others a p-value would say how little they are like the simulation, not how strange the source is. What is
measured must hardly be changed by the anomalies that p-values are of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import Prepared, prepare
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.poisson import starts_of

Floats = NDArray[np.float64]

#: What is measured of a curve, in order.
MEASURES: Final = (
    "mean rate", "quiet rate", "softness", "hardness", "time between visits", "number of bins a visit",
    "exposure of a bin", "background",
)  # fmt: skip
_UNITS: Final = ("ct / s", "ct / s", "", "", "s", "", "s", "ct / s")
#: By which factor a curve may lie outside of what was simulated.
_TOLERANCE: Final = 1.25
#: Counts of a band at least, where there are none.
_LEAST: Final = 0.5
#: Share of the visits that are fainter than the quiet rate.
_QUIET: Final = 0.25
#: What has no upper bound, since flares raise it, and what no lower one, since dips lower it.
_UNBOUNDED_ABOVE, _UNBOUNDED_BELOW = "mean rate", "quiet rate"


def measures_of(curve: Prepared, time_s: Floats) -> tuple[float, ...]:
    """Return what decides whether a curve is familiar, natural logarithms, in the order of `MEASURES`.

    Parameters
    ----------
    curve
        With counts in all three bands, of more than one visit.
    time_s
        Middles of its bins, (n_bins,).
    """
    seconds = np.maximum(curve.exposure_s.sum(axis=0), 1e-9)
    net = np.maximum((curve.counts - curve.background).sum(axis=0), _LEAST)
    soft, middle, hard = np.log(net / seconds)
    total = max(float((curve.counts - curve.background).sum()), _LEAST)
    starts = starts_of(curve.visits)
    visits = time_s[starts]
    in_visits, seconds_of_visits = (
        np.add.reduceat(one, starts)
        for one in ((curve.counts - curve.background).sum(axis=1), curve.exposure_s.mean(axis=1))
    )
    quiet = float(np.quantile(in_visits / np.maximum(seconds_of_visits, 1e-9), _QUIET))
    between = float(np.median(np.diff(visits)))
    exposure = float(np.median(curve.exposure_s.max(axis=1)))
    background = float(curve.background.sum())
    values = (between, curve.n_bins / visits.size, exposure, background / float(seconds.mean()))
    return (
        float(np.log(total / float(seconds.mean()))),
        float(np.log(max(quiet, _LEAST / float(seconds.mean())))),
        float(soft - middle),
        float(hard - middle),
        *(float(np.log(max(one, 1e-9))) for one in values),
    )


def ranges_of(curves: Sequence[LightCurve]) -> tuple[tuple[float, float], ...]:
    """Return the least and the most of each measure among curves: those that have all three bands and visits.

    Raises
    ------
    ValueError
        If there are none.
    """
    found = [
        measures_of(one, curve.time_s[one.bins])
        for curve in curves
        if (one := prepare(curve)).is_known.any(axis=0).all() and one.visits[-1] > one.visits[0]
    ]
    if not found:
        raise ValueError("no calibration source has counts in all three bands in more than one visit")
    table = np.array(found)
    return tuple((float(low), float(high)) for low, high in zip(table.min(0), table.max(0), strict=True))


def why_unfamiliar(curve: Prepared, time_s: Floats, ranges: Sequence[tuple[float, float]]) -> str | None:
    """Say in what a curve is unlike those that were simulated; None if in nothing."""
    if not curve.is_known.any(axis=0).all():
        return "other bands: there are counts in some of the three only"
    if curve.visits[-1] == curve.visits[0]:
        return "unlike the simulated ones: it is of a single visit"
    slack = float(np.log(_TOLERANCE))
    found = measures_of(curve, time_s)
    for name, unit, value, (low, high) in zip(MEASURES, _UNITS, found, ranges, strict=True):
        is_below = value < low - slack and name != _UNBOUNDED_BELOW
        if is_below or (value > high + slack and name != _UNBOUNDED_ABOVE):
            told, least, most = (f"{np.exp(one):.3g}" for one in (value, low, high))
            in_unit = f" {unit}" if unit else ""
            return f"unlike the simulated ones: its {name} is {told}{in_unit}, theirs {least} to {most}"
    return None
