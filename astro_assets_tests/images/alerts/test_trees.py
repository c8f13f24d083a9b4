"""Trees as a model of filters: what scikit-learn grew, in a file without code."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from astro_assets.images.alerts.features import FEATURE_NAMES
from astro_assets.images.alerts.trees import TreeSettings, TreesFileError, fit_trees, trees_of

SETTINGS = TreeSettings(n_trees=20, samples_per_leaf=2)


def rows(n=200, seed=0):
    rng = np.random.default_rng(seed)
    table = [dict.fromkeys(FEATURE_NAMES, math.nan) for _ in range(n)]
    for row in table:
        row["magnitude"] = float(rng.uniform(14, 21))
        row["real_bogus"] = float(rng.uniform(0, 1)) if rng.random() < 0.8 else math.nan
    truth = np.array([row["magnitude"] < 18 and not row["real_bogus"] < 0.5 for row in table])
    return table, truth


TABLE, TRUTH = rows()
FILE = fit_trees(TABLE, TRUTH, SETTINGS)


def test_they_know_new_packets():
    table, truth = rows(seed=1)
    found = trees_of(FILE).probability(table)
    assert ((found > 0.5) == truth).mean() > 0.93


def test_they_say_what_scikit_learn_says():
    names = ("magnitude", "real_bogus")
    grown = trees_of(fit_trees(TABLE, TRUTH, SETTINGS.model_copy(update={"features": names})))
    matrix = np.nan_to_num([[row[name] for name in names] for row in TABLE], nan=-1e9).astype(np.float32)
    theirs = RandomForestClassifier(20, min_samples_leaf=2, class_weight="balanced", random_state=0)
    expected = theirs.fit(matrix, TRUTH).predict_proba(matrix)[:, 1]
    np.testing.assert_allclose(grown.probability(TABLE), expected, atol=1e-6)
    assert grown(None, TABLE[3]) == grown.probability(TABLE)[3]


def test_equal_input_gives_equal_bytes_and_settings_count():
    assert fit_trees(TABLE, TRUTH, SETTINGS) == FILE
    for change in ({"seed": 1}, {"n_trees": 21}, {"samples_per_leaf": 9}, {"features": ("magnitude",)}):
        assert fit_trees(TABLE, TRUTH, SETTINGS.model_copy(update=change)) != FILE


def test_what_cannot_be_learnt_is_refused():
    with pytest.raises(ValueError, match="both kinds"):
        fit_trees(TABLE, np.ones(len(TABLE), bool), SETTINGS)
    with pytest.raises(ValueError, match="no such features: beauty"):
        fit_trees(TABLE, TRUTH, TreeSettings(features=("beauty",)))


@settings(max_examples=200)
@given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
def test_a_flipped_bit_ends_in_a_number_or_a_refusal(at, bit):
    """A branch that led back would never end."""
    data = bytearray(FILE)
    data[at] ^= 1 << bit
    try:
        opened = trees_of(bytes(data))
    except TreesFileError:
        return
    assert opened.probability(TABLE[:3]).shape == (3,)


def test_something_else_is_refused():
    for data in (b"", b"PK\x03\x04", b"\x00" * 100):
        with pytest.raises(TreesFileError):
            trees_of(data)
