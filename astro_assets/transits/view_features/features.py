"""The features of folded views, by tsfresh's own functions.

They are called for one series after the other: ``tsfresh.extract_features`` spends more time on taking
series out of tables of pandas than on their features. The values are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import Floats
from astro_assets.transits.view_features.series import normalised_views
from astro_assets.transits.view_features.settings import (
    FEATURE_COLUMNS,
    FEATURE_VIEWS,
    FOLDED_VIEW_FEATURES,
)


def view_features(views: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """Return the features of a candidate's folded views.

    Parameters
    ----------
    views
        Arrays of :func:`~astro_assets.transits.fold.fold_views`.

    Returns
    -------
    dict of str to float
        By column; NaN for a view that is no series, see
        :func:`~astro_assets.transits.view_features.series.normalised_views`.
    """
    series = normalised_views(views)
    values: list[float] = []
    n_features = len(FEATURE_COLUMNS) // len(FEATURE_VIEWS)
    for view in FEATURE_VIEWS:
        one = series[view]
        values += [np.nan] * n_features if one is None else series_features(one)
    return dict(zip(FEATURE_COLUMNS, values, strict=True))


def series_features(series: Floats) -> list[float]:
    """Return :data:`FOLDED_VIEW_FEATURES` of a series.

    Parameters
    ----------
    series
        Finite, shape (n,).

    Returns
    -------
    list of float
        In the order of the settings; NaN where a feature is not defined.
    """
    values: list[Any] = []
    with np.errstate(all="ignore"):  # of series without scatter: the results are NaN
        for function, parameters, takes_all in _functions():
            try:
                if takes_all:  # a combiner: it answers all parameters at once, in their order
                    values += [value for _, value in function(series, param=parameters)]
                else:
                    values += [function(series, **one) for one in parameters or [{}]]
            except ValueError:  # numpy has no histogram of a scatter below what a number resolves
                values += [np.nan] * len(parameters or [{}])
    return [float(value) for value in values]


@cache
def _functions() -> list[tuple[Any, list[dict[str, Any]], bool]]:
    """Return tsfresh's functions with their parameters, and whether each takes all of these at once."""
    from tsfresh.feature_extraction import feature_calculators

    functions = []
    for calculator in FOLDED_VIEW_FEATURES:
        function = getattr(feature_calculators, calculator.name)
        parameters = [dict(one) for one in calculator.parameters]
        functions.append((function, parameters, function.fctype == "combiner"))
    return functions
