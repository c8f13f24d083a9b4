"""Rates of a source with their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.reconstruction import mixture_quantile, reconstruct, tempered
from astro_assets_tests.xray.made_curves import curve_of, made


def test_rates_are_reconstructed_with_their_intervals(model: TrainedAutoencoder):
    inside, n = 0, 0
    for number in range(30):
        one = made("log-normal" if number % 2 else "constant", (8, number), bins=25)
        found = reconstruct(model, one.light_curve)
        truth = one.rate[found.bins]
        assert (found.low <= found.rate).all()
        assert (found.rate <= found.high).all()
        inside += ((found.low <= truth) & (truth <= found.high)).sum()
        n += truth.size
    assert 0.82 < inside / n < 0.97  # nominally 0.9


def test_it_is_the_same_every_time(model: TrainedAutoencoder):
    curve = made("red", 3, bins=15).light_curve
    one, again = reconstruct(model, curve), reconstruct(model, curve)
    assert one.low.tobytes() == again.low.tobytes()


def test_faint_sources_have_wide_intervals(model: TrainedAutoencoder):
    widths = []
    for rate in (0.05, 5.0):
        found = reconstruct(model, curve_of(np.full((20, 3), rate), np.random.default_rng(1)))
        widths.append(np.median(np.log(found.high / found.low)))
    assert widths[0] > 1.5 * widths[1]


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=1, max_size=6), st.floats(0.02, 0.98)
)
def test_a_quantile_of_a_mixture_has_its_share_below(parts, share):
    means, widths = (np.array(one)[:, None] for one in zip(*parts, strict=True))
    weights = np.arange(1, len(parts) + 1) / np.arange(1, len(parts) + 1).sum()
    found = mixture_quantile(means, widths, weights, share)
    assert weights @ norm.cdf((found - means[:, 0]) / widths[:, 0]) == pytest.approx(share, abs=1e-4)


def test_weights_are_evened_out_only_as_far_as_needed():
    even = np.log(np.full(32, 0.5))
    assert tempered(even) == pytest.approx(np.full(32, 1 / 32))
    peaked = np.concatenate([[0.0], np.linspace(-60, -20, 31)])
    found = tempered(peaked)
    assert found.sum() == pytest.approx(1)
    assert 1 / np.square(found).sum() == pytest.approx(10, rel=1e-3)
    assert found.argmax() == 0
    assert tempered(np.array([0.0, -900.0])).min() > 0.3
