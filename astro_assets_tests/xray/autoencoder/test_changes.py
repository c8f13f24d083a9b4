"""Windows in which a curve may change, and the evidence of it."""

import numpy as np
import pytest

from astro_assets.xray.autoencoder.changes import LOG_FACTORS, constant_change, part_of, windows_of
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.poisson import log_mean_exp
from astro_assets_tests.xray.made_curves import curve_of


def prepared(rate, seed=1):
    return prepare(curve_of(rate, np.random.default_rng(seed)))


def test_the_best_windows_are_where_the_rate_changes():
    rate = np.full((32, 3), 2.0)
    rate[10:12] *= 5
    local = [one for one in windows_of(prepared(rate)) if not one.is_state]
    assert (local[0].first, local[0].end) == (10, 12)
    rate = np.full((32, 3), 2.0)
    rate[20:] /= 4
    state = next(one for one in windows_of(prepared(rate)) if one.is_state)
    assert (state.first, state.end) == (20, 32)


def test_local_windows_do_not_overlap_and_priors_are_shares():
    found = windows_of(prepared(np.full((40, 3), 2.0)))
    local = [one for one in found if not one.is_state]
    assert len(local) == 2
    assert local[0].end <= local[1].first or local[1].end <= local[0].first
    assert all(-9 < one.log_prior < -np.log(2) for one in found)


def test_curves_of_two_bins_have_no_window():
    assert windows_of(prepared(np.ones((2, 3)))) == []
    assert constant_change(prepared(np.ones((2, 3)))) == 0.0


def test_constant_sources_rarely_seem_to_change():
    # A ratio of evidences is above e^t with a probability below e^-t, of what it is the evidence against.
    found = np.array([constant_change(prepared(np.full((30, 3), 1.0), seed)) for seed in range(300)])
    assert (found > np.log(10)).mean() <= 0.1
    assert np.exp(found).mean() == pytest.approx(1, abs=0.8)
    rate = np.full((30, 3), 1.0)
    rate[5] *= 8
    assert constant_change(prepared(rate)) > 5


def test_all_windows_and_factors_are_weighed():
    curve = prepared(np.full((3, 1), 2.0))
    counts, seconds = curve.counts.sum(axis=1), curve.exposure_s.sum(axis=1)
    source = counts.sum() - curve.background.sum()
    expected = source * seconds / seconds.sum() + curve.background.sum(axis=1)
    share = expected / expected.sum()

    def ratio(rows):
        inside, part = counts[rows].sum(), share[rows].sum()
        return inside * LOG_FACTORS - counts.sum() * np.log1p(np.expm1(LOG_FACTORS) * part)

    states = np.concatenate([ratio([1, 2]), ratio([2])])
    others = np.concatenate([ratio([0]), ratio([1])])
    expected = log_mean_exp(np.array([log_mean_exp(states), log_mean_exp(others)]))
    assert constant_change(curve) == pytest.approx(float(expected))


def test_a_part_is_those_bins():
    curve = prepared(np.full((9, 3), 2.0))
    part = part_of(curve, slice(2, 5))
    assert part.n_bins == 3
    assert part.counts.tolist() == curve.counts[2:5].tolist()
    assert part.bins.tolist() == [2, 3, 4]
