"""Which features tell two classes apart, by significance (Christ et al. 2018, Neurocomputing 307, 72).

What is selected on rows that are tested later leaks them: call this with the rows of a training fold alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray


def select_features(
    features: pl.DataFrame, labels: NDArray[Any], fdr_level: float, *, is_independent: bool = False
) -> list[str]:
    """Return the features whose distributions differ between two classes.

    Each feature is tested alone (Mann & Whitney 1947; Fisher's exact test where it has two values). Of those
    returned, a part of ``fdr_level`` is expected not to differ at all (Benjamini & Yekutieli 2001).

    Parameters
    ----------
    features
        A column a feature, a row an example of the training fold; NaN and null count as the median.
    labels
        Class of each example, shape (n,), of two.
    fdr_level
        False discovery rate, between 0 and 1.
    is_independent
        Take tests to be independent, which finds more (Benjamini & Hochberg 1995).

    Returns
    -------
    list of str
        Names, the most significant first.

    Raises
    ------
    ValueError
        If there are not two classes, or the rate is not between 0 and 1.
    """
    from tsfresh.feature_selection.relevance import calculate_relevance_table

    if np.unique(labels).size != 2:
        raise ValueError(f"labels of {np.unique(labels).size} classes; two are told apart")
    if not 0 < fdr_level < 1:
        raise ValueError(f"a false discovery rate of {fdr_level} is not between 0 and 1")
    numbers = pl.all().cast(pl.Float64).fill_nan(None)
    filled = features.select(numbers.fill_null(numbers.median()))
    known = filled.select(column for column in filled if column.n_unique() > 1)
    if not known.width:
        return []
    table = calculate_relevance_table(
        known.to_pandas(),
        pl.Series(labels).to_pandas(),
        ml_task="classification",
        n_jobs=0,
        fdr_level=fdr_level,
        hypotheses_independent=is_independent,
    )
    relevant = table[table["relevant"]]
    return [str(name) for _, name in sorted(zip(relevant["p_value"], relevant.index, strict=True))]
