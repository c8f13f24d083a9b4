"""Folded views as series without gaps, on a scale that does not depend on the depth.

Arrays in, arrays out; what is computed of the series is elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.fold import VIEWS
from astro_assets.transits.noise import Floats

#: A view with a larger part of empty bins is no series: most of it would be invented.
_MOST_EMPTY: Final = 0.5


def normalised_views(views: Mapping[str, NDArray[Any]]) -> dict[str, Floats | None]:
    """Return each folded view as an even series: the level is 0, the transit's deepest bin is -1.

    The level is the median of the global view, the deepest bin that of the global and local views together
    (Shallue & Vanderburg 2018, who scale each view by itself: here that of the secondary tells how deep it
    is). Empty bins are interpolated linearly within their view; at its ends they take the nearest value.

    Parameters
    ----------
    views
        Arrays of :func:`~astro_assets.transits.fold.fold_views`.

    Returns
    -------
    dict of str to ndarray or None
        By view, float64, one value a bin. None where more than half of the view is empty, and everywhere
        where nothing is below the level.
    """
    level, depth = _level_and_depth(views)
    return {
        name: without_gaps((views["median"][views["view"] == code].astype(np.float64) - level) / depth)
        if depth > 0
        else None
        for code, name in enumerate(VIEWS)
    }


def _level_and_depth(views: Mapping[str, NDArray[Any]]) -> tuple[float, float]:
    there = np.isfinite(views["median"])
    whole = views["median"][there & (views["view"] == VIEWS.index("global"))].astype(np.float64)
    near = views["median"][there & (views["view"] == VIEWS.index("local"))].astype(np.float64)
    if not whole.size:
        return np.nan, np.nan
    level = float(np.median(whole))
    return level, level - float(np.min(np.concatenate([whole, near])))


def without_gaps(series: Floats) -> Floats | None:
    """Interpolate empty bins (NaN) linearly; None where more than half are empty."""
    there = np.isfinite(series)
    if np.count_nonzero(~there) > _MOST_EMPTY * series.size:
        return None
    places = np.arange(series.size)
    return np.interp(places, places[there], series[there])
