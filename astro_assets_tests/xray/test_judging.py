"""Figures that an autoencoder is judged by."""

import numpy as np
import pytest

from astro_assets.xray.judging import detection, false_positives, nll_by_strata, nll_per_count, retrieval


def test_methods_are_compared_on_the_same_sources():
    rng = np.random.default_rng(1)
    counts = rng.integers(10, 1000, 400).astype(float)
    base = -0.4 * counts + rng.normal(0, 50, 400)
    told = nll_per_count({"ours": base, "other": base - 2.0 - rng.normal(0, 1, 400)}, counts, "ours")
    assert told["best"] == "ours"
    assert told["ours"]["value"] == pytest.approx(-base.sum() / counts.sum())
    gain = told["other"]["gain"]
    assert 0 < gain["low"] < gain["value"] < gain["high"]
    assert gain["value"] == pytest.approx(800 / counts.sum(), rel=0.2)
    # What is hard for both cancels.
    assert gain["high"] - gain["low"] < told["ours"]["high"] - told["ours"]["low"]


def test_strata_are_by_length_and_brightness():
    bins = np.repeat([10, 30, 60, 100], 50)
    counts = np.tile(np.repeat([1.0, 5.0], 25), 4) * bins
    evidence = {"ours": -counts, "other": -counts * np.where(bins < 40, 0.9, 1.1)}
    found = nll_by_strata(evidence, counts, bins, "ours")
    assert found[0]["n"] == 200
    by_bounds = {(tuple(one["bins"]), tuple(one["counts_a_bin"])): one for one in found}
    everything = (0.0, 1e12)
    assert by_bounds[(1, 20), everything]["best"] == "other"
    assert by_bounds[(40, 10**9), everything]["best"] == "ours"
    assert by_bounds[(40, 80), (2.0, 8.0)]["n"] == 25
    assert ((1, 20), (30.0, 1e12)) not in by_bounds


def test_detection_is_the_area_under_the_curve():
    rng = np.random.default_rng(2)
    usual = rng.normal(size=500)
    found = {
        name: detection(usual, unusual)
        for name, unusual in (("far", rng.normal(4, 1, 300)), ("none", rng.normal(size=300)))
    }
    assert found["far"]["value"] > 0.99
    assert found["none"]["low"] < 0.5 < found["none"]["high"]
    assert found["far"]["n"] == 300


def test_false_positives_are_those_at_a_level():
    p_values = (np.arange(1000) + 1) / 1000
    found = {one["level"]: one for one in false_positives(p_values)}
    assert found[0.05]["value"] == 0.05
    assert found[0.05]["over_nominal"] == pytest.approx(1)
    # Wilson's interval of 50 of 1000.
    assert (found[0.05]["low"], found[0.05]["high"]) == pytest.approx((0.0381, 0.0653), abs=1e-4)


def test_neighbours_of_a_class_are_of_it_where_classes_are_apart():
    rng = np.random.default_rng(3)
    classes = ["a"] * 30 + ["b"] * 12
    apart = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(20, 1, (12, 2))])
    found = retrieval(apart, classes)
    assert found["value"] == 1.0
    assert found["by_class"] == {"a": 1.0, "b": 1.0}
    mixed = retrieval(rng.normal(size=(42, 2)), classes)
    assert mixed["value"] == pytest.approx(mixed["chance"], abs=0.15)
    assert mixed["chance"] == pytest.approx((29 / 41 + 11 / 41) / 2)
