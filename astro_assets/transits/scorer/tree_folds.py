"""Trees fitted in folds by star: the scorer's own, and those that it is compared with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from astro_assets.learning.trees import Forest
from astro_assets.transits.scorer.examples import VIEWS, Examples
from astro_assets.transits.scorer.forest import grow
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.view_statistics import MISSING, design_matrix
from astro_assets.transits.view_features.features import series_features
from astro_assets.transits.view_features.selection import select_features
from astro_assets.transits.view_features.series import without_gaps
from astro_assets.transits.view_features.settings import FEATURE_COLUMNS, FEATURE_VIEWS

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
_LOG = logging.getLogger(__name__)
#: Trees in each fold of the baseline that sees views bin by bin.
_N_BASELINE_TREES: Final = 200
#: Of the features that are selected in a fold so many are expected to tell nothing.
_FALSE_DISCOVERIES: Final = 0.05
_EXTRA: Final = "extra trees on views and scalars"
_BOOSTED: Final = "boosted trees on measures"
_BOOSTED_MORE: Final = "boosted trees on measures and tsfresh"


def trees_in_folds(
    examples: Examples, folds: NDArray[np.int64], usable: NDArray[np.int64], settings: ScorerSettings
) -> tuple[Floats, list[Forest], dict[str, Floats]]:
    """Fit all trees in folds.

    Parameters
    ----------
    folds
        Of each event, shape (n,).
    usable
        Positions of the events that trees are fitted on.

    Returns
    -------
    probability
        Of an eclipse, by the scorer's own trees, each event by those of its held-out fold, shape (n,).
    forests
        One a fold.
    baselines
        The same as ``probability`` of models that are only compared with, by name. Features of tsfresh are
        selected in each fold anew, by its training events alone.
    """
    matrix, _ = design_matrix(examples)
    bins = _bins_and_scalars(examples)
    more = _tsfresh(examples) if settings.with_tsfresh else None
    truth, n = examples.is_eclipse, len(examples)
    found, forests = np.zeros(n), []
    baselines = {
        name: np.zeros(n) for name in (_EXTRA, _BOOSTED, *(() if more is None else (_BOOSTED_MORE,)))
    }
    for fold in range(settings.folds):
        train, test = usable[folds[usable] != fold], np.flatnonzero(folds == fold)
        weights = _weights([examples.stars[row] for row in train])
        seed = settings.seed + fold
        forests.append(grow(matrix[train], truth[train], weights, n_trees=settings.trees, seed=seed))
        found[test] = forests[-1].probability(matrix[test])
        extra = grow(
            bins[train], truth[train], weights, n_trees=_N_BASELINE_TREES, seed=seed, samples_per_leaf=2
        )
        baselines[_EXTRA][test] = extra.probability(bins[test])
        baselines[_BOOSTED][test] = _boosted(matrix[train], truth[train], weights, matrix[test], seed)
        if more is not None:
            columns = _selected(more[train], truth[train])
            both = np.hstack([matrix, _known(more[:, columns])])
            baselines[_BOOSTED_MORE][test] = _boosted(both[train], truth[train], weights, both[test], seed)
        _LOG.info("trees of fold %d of %d grown", fold + 1, settings.folds)
    return found, forests, baselines


def _tsfresh(examples: Examples) -> Floats:
    """Compute the features of each event's views, shape (n, features); NaN where a view is no series."""
    found = np.full((len(examples), len(FEATURE_VIEWS), len(FEATURE_COLUMNS) // len(FEATURE_VIEWS)), np.nan)
    for at, view in enumerate(FEATURE_VIEWS):
        for row, values in enumerate(examples.views[view]):
            series = without_gaps(values.astype(np.float64))
            if series is not None:
                found[row, at] = series_features(series)
    return found.reshape(len(examples), -1)


def _selected(features: Floats, truth: NDArray[np.bool_]) -> list[int]:
    frame = pl.DataFrame(features, schema=list(FEATURE_COLUMNS))
    return [FEATURE_COLUMNS.index(name) for name in select_features(frame, truth, _FALSE_DISCOVERIES)]


def _boosted(
    matrix: Floats32, truth: NDArray[np.bool_], weights: Floats, test: Floats32, seed: int
) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.05,
        max_leaf_nodes=12,
        min_samples_leaf=min(15, max(1, len(matrix) // 20)),
        l2_regularization=1.0,
        max_features=0.3,
        random_state=seed,
    )
    with threadpool_limits(1):  # threads that wait for each other take minutes on a busy machine
        probability: Floats = model.fit(matrix, truth, sample_weight=weights).predict_proba(test)[:, 1]
    return probability


def _bins_and_scalars(examples: Examples) -> Floats32:
    """Put the views bin by bin beside the scalars: what trees get that know nothing of transits."""
    return _known(np.hstack([*(examples.views[name] for name in VIEWS), examples.scalars]))


def _known(values: NDArray[np.floating]) -> Floats32:
    plain = values.astype(np.float32)
    return np.where(np.isfinite(plain), plain, np.float32(MISSING))


def _weights(stars: Sequence[str]) -> Floats:
    """Weigh events so that each star counts once."""
    _, of, counts = np.unique(np.array(stars), return_inverse=True, return_counts=True)
    weights: Floats = 1 / counts[of]
    return weights
