"""Agreement with the scores that packets bring along: ranks, a table, and where they differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from astro_assets.images.real_bogus.agreement import agreement, disagreements


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=30).filter(
        lambda pairs: len({a for a, _ in pairs}) > 1 and len({b for _, b in pairs}) > 1
    )
)
def test_the_correlation_is_that_of_scipy(pairs):
    one, two = np.array(pairs, dtype=float).T / 6
    found = agreement(one, two, [str(i) for i in range(len(one))], n_resamples=2)
    assert found["spearman"]["value"] == pytest.approx(spearmanr(one, two).statistic, abs=1e-12)


def test_the_table_counts_packets_that_have_both():
    score = np.array([0.9, 0.9, 0.1, 0.2, 0.8, np.nan])
    other = np.array([0.9, 0.1, 0.9, 0.2, np.nan, 0.9])
    found = agreement(score, other, list("abcdef"))
    counts = {"n": 4, "both_real": 1, "both_bogus": 1, "only_real_here": 1, "only_real_there": 1}
    assert {name: found[name] for name in counts} == counts
    assert found["agreeing"] == 0.5
    assert "No person has labelled" in found["note"]


def test_the_interval_counts_objects():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=40)
    one, two = truth + rng.normal(size=40), truth + rng.normal(size=40)
    single = agreement(one, two, [str(i) for i in range(40)])["spearman"]
    repeated = agreement(np.repeat(one, 5), np.repeat(two, 5), [str(i) for i in np.repeat(np.arange(40), 5)])[
        "spearman"
    ]
    assert single["low"] < single["value"] < single["high"]
    assert repeated["high"] - repeated["low"] == pytest.approx(single["high"] - single["low"], rel=0.2)


def test_too_few_are_refused():
    with pytest.raises(ValueError, match="2 packets"):
        agreement([0.1, 0.2], [0.1, 0.2], ["a", "b"])


def test_equal_scores_have_no_correlation():
    found = agreement([0.5] * 4, [0.1, 0.2, 0.3, 0.4], list("abcd"))
    assert found["spearman"] == {"value": None, "low": None, "high": None}


def test_disagreements_are_the_farthest_apart_first():
    score, other = np.arange(10) / 10, np.arange(10) / 10
    other[[0, 9]] = other[[9, 0]]
    score[5] = np.nan
    assert set(disagreements(score, other, 2)) == {0, 9}
    assert 5 not in disagreements(score, other, 10)
