"""Light curves as the networks see them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.xray.autoencoder.preparation import (
    BANDS_KEV,
    FEATURES,
    SUMMARIES,
    TIMES,
    PreparationError,
    prepare,
    slots_of,
    visits_of,
    without,
)
from astro_assets.xray.light_curve import LightCurve
from astro_assets_tests.xray.made_curves import curve_of, made


def test_bins_without_exposure_are_left_out_and_their_time_is_not():
    one = made("red", 3, bins=12).light_curve
    fraction = one.fractional_exposure.copy()
    fraction[4:7] = 0
    prepared = prepare(replace(one, fractional_exposure=fraction))
    assert prepared.bins.tolist() == [0, 1, 2, 3, 7, 8, 9, 10, 11]
    step = prepared.features[:, FEATURES.index("log_step")]
    assert step[4] == pytest.approx(np.log10((one.time_s[7] - one.time_s[3]) / 14_400.0))


def test_bins_with_a_tenth_of_their_exposure_are_not_trusted():
    one = made("constant", 3, bins=6).light_curve
    fraction = one.fractional_exposure.clip(0.2)
    fraction[2, 1] = 0.09
    prepared = prepare(replace(one, fractional_exposure=fraction))
    assert not prepared.is_known[2, 1]
    assert prepared.is_known.sum() == 17
    assert prepared.exposure_s[2, 1] == prepared.counts[2, 1] == 0


def test_what_the_decoder_is_told_knows_nothing_of_counts():
    rng = np.random.default_rng(1)
    faint, bright = (curve_of(np.full((20, 3), rate), rng) for rate in (0.1, 30.0))
    assert prepare(faint).times.tobytes() == prepare(bright).times.tobytes()
    assert prepare(faint).features.tobytes() != prepare(bright).features.tobytes()


def test_rates_are_those_of_the_counts_and_else_those_of_the_file():
    one = made("constant", 5, bins=9, counts_a_bin=50).light_curve
    other = replace(one, rate=one.rate * 7)
    assert prepare(one).features.tobytes() == prepare(other).features.tobytes()
    told = replace(one, counts=np.full_like(one.counts, np.nan))
    prepared = prepare(told)
    assert not prepared.has_counts
    assert prepared.features[:, FEATURES.index("is_known_1")].all()
    rate = FEATURES.index("rate_0")
    assert np.abs(prepared.features[:, rate] - prepare(one).features[:, rate]).max() < 0.2


def test_a_brighter_source_has_another_level_and_the_same_shape():
    rng = np.random.default_rng(2)
    rate = np.exp(rng.normal(0, 0.5, (30, 1))) * np.ones(3) * 200
    one = curve_of(rate, rng, background_rate=0, ratio=0)
    two = replace(one, fractional_exposure=one.fractional_exposure / 2)  # the same counts in half the time
    first, second = prepare(one), prepare(two)
    rates = slice(0, 9)
    np.testing.assert_allclose(first.features[:, rates], second.features[:, rates], atol=1e-5)
    np.testing.assert_allclose(second.summary[:3] - first.summary[:3], np.log(2) / 2, atol=1e-5)


@pytest.mark.parametrize(
    ("bands", "slots"),
    [
        (BANDS_KEV, [0, 1, 2]),
        (((0.3, 10.0),), [1]),
        (((0.3, 0.8), (0.8, 2.0)), [0, 1]),
        (((0.5, 2.0), (2.0, 10.0)), [1, 2]),
        (((0.2, 2.3), (0.2, 5.0), (2.3, 5.0)), [0, 1, 2]),
    ],
)
def test_bands_take_the_nearest_places(bands, slots):
    assert slots_of(bands) == slots


def test_curves_that_cannot_be_read_are_refused():
    one = made("constant", 1, bins=5).light_curve
    with pytest.raises(PreparationError, match="no bin has both"):
        prepare(replace(one, fractional_exposure=np.zeros_like(one.fractional_exposure)))
    with pytest.raises(PreparationError, match="4 energy bands"):
        slots_of((*BANDS_KEV, (5.0, 8.0)))
    with pytest.raises(PreparationError, match="rebin"):
        prepare(curve_of(np.ones((20_001, 3)), np.random.default_rng(0)))


def test_bins_within_a_minute_are_one_visit():
    assert visits_of(np.array([0.0, 20, 40, 14_400, 14_450, 14_470, 14_520])).tolist() == [
        0,
        0,
        0,
        1,
        1,
        2,
        2,
    ]
    assert visits_of(np.array([5.0])).tolist() == [0]


def test_hidden_bins_keep_their_place():
    one = made("red", 8, bins=15).light_curve
    is_hidden = np.zeros((15, 3), bool)
    is_hidden[5:9] = True
    hidden, whole = prepare(without(one, is_hidden)), prepare(one)
    assert hidden.times.tobytes() == whole.times.tobytes()
    assert not hidden.is_known[5:9].any()
    assert not hidden.features[5:9, :-1].any()
    assert hidden.counts.sum() == whole.counts.sum() - whole.counts[5:9].sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["constant", "red", "log-normal"]), st.floats(0.01, 1e5))
def test_features_are_finite_and_of_ordinary_size(seed, kind, counts):
    prepared = prepare(made(kind, seed, counts_a_bin=counts).light_curve)
    n = prepared.n_bins
    assert prepared.features.shape == (n, len(FEATURES))
    assert prepared.summary.shape == (len(SUMMARIES),)
    assert prepared.times.shape == (n, len(TIMES))
    for array in (prepared.features, prepared.summary, prepared.times):
        assert np.isfinite(array).all()
        assert np.abs(array).max() < 20


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 12), st.integers(0, 10**6))
def test_any_number_of_bins_and_bands_is_read(n_bands, n_bins, seed):
    one = curve_of(np.ones((n_bins, n_bands)), np.random.default_rng(seed))
    assert isinstance(one, LightCurve)
    prepared = prepare(one)
    assert prepared.is_known.sum() == n_bins * n_bands
    assert prepared.counts.sum() == one.counts.sum()
