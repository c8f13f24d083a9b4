"""False alarms on purpose: what the search finds in light curves turned upside down.

What dips there did brighten, so that nothing found is a transit or an eclipse; noise, the instrument and most
of what stars do by themselves dip as often as they brighten (Coughlin et al. 2016, ApJS 224, 12; Thompson et
al. 2018, ApJS 235, 38). The floor of the search is lowered: few false alarms pass that of the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.scorer.candidates import candidate_example
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.rows import candidate_row
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.vetting.centroids import Centroids
from astro_assets.transits.vetting.features import Examined, transit_features


class FalseAlarmSettings(BaseModel):
    """Settings of the search for false alarms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statistic_floor: float = Field(
        3.0, ge=3, le=100, description="Smallest detection statistic of an event that is kept."
    )
    per_star: int = Field(1, ge=1, le=5, description="Most events of a star.")


def false_alarms(
    curves: Sequence[Curve],
    trends: Sequence[Any],
    stars: Sequence[tuple[Sequence[Centroids], float]],
    settings: FalseAlarmSettings,
    search: SearchSettings,
    folding: FoldSettings,
) -> list[list[dict[str, Any]]]:
    """Search light curves upside down.

    Parameters
    ----------
    curves
        Detrended light curves, as they were searched.
    trends
        What was divided out of each, shape (n,).
    stars
        Of each star its centroids, and its mean density in units of the Sun's, NaN where unknown. Without
        them events would be known for false alarms by what is missing.
    search, folding
        How the candidates were searched for, floor and number of signals apart, and folded.

    Returns
    -------
    list of list of dict
        For each star its events as examples, without their names.
    """
    lowered = search.model_copy(
        update={"statistic_floor": settings.statistic_floor, "max_signals": settings.per_star}
    )
    inverted = [Curve(one.time, 2 - one.flux, one.flux_err, one.cadence_days) for one in curves]
    found = zip(inverted, trends, stars, find_signals(inverted, lowered), strict=True)
    return [
        [
            _example(curve, trend, star, rank, signal, lowered, folding)
            for rank, signal in enumerate(signals, start=1)
        ]
        for curve, trend, star, signals in found
    ]


def _example(
    curve: Curve,
    trend: Any,
    star: tuple[Sequence[Centroids], float],
    rank: int,
    signal: Any,
    settings: SearchSettings,
    folding: FoldSettings,
) -> dict[str, Any]:
    row = candidate_row("", rank, signal, curve.baseline_days, settings)
    views = fold_views(
        curve.time,
        curve.flux,
        row["period_days"],
        row["epoch_btjd"],
        row["duration_hours"] / 24,
        row["secondary_phase"],
        folding,
    )
    undetrended = Curve(curve.time, curve.flux * np.asarray(trend), curve.flux_err, curve.cadence_days)
    (measures,) = transit_features([Examined(signal.box, curve, curve, undetrended, *star)])
    nothing = {"label": "inverted", "signal_catalog": "inverted"}
    return {"position": rank, **candidate_example(row, {"views": views}, measures, nothing, [], None)}
