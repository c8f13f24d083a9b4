"""Intervals of reconstructed rates hold what they promise, of sources that nothing was fitted to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.xray.autoencoder.intervals import Scale, coverage, interval_scale, needed_scale
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.model_file import contents_of
from astro_assets.xray.autoencoder.reconstruction import UNSTRETCHED, Reconstruction, reconstruct
from astro_assets.xray.autoencoder.training import Fitted
from astro_assets_tests.xray.autoencoder.conftest import sources


def stretched(fitted: Fitted, scale: Scale = UNSTRETCHED) -> TrainedAutoencoder:
    manifest, weights, memory, graph = contents_of(fitted.file)
    return TrainedAutoencoder(manifest.model_copy(update={"interval_scale": scale}), weights, memory, graph)


def test_intervals_that_are_too_narrow_are_stretched_the_more(fitted: Fitted):
    others = sources(60, 78)
    scale = np.array(interval_scale(stretched(fitted), others))
    narrow = stretched(fitted, ((0.5,) * 3,) * 2)
    assert np.array(interval_scale(narrow, others)) == pytest.approx(2 * scale, rel=1e-6)


def test_calibrated_on_sources_they_hold_what_they_promise_of_them(fitted: Fitted):
    some = [one for one in sources(120, 78) if one.kind == "constant"]
    found = coverage(stretched(fitted, interval_scale(stretched(fitted), some)), some)
    assert found["constant"] == pytest.approx(0.9, abs=0.03)


def test_a_training_stretches_its_intervals(fitted: Fitted, model: TrainedAutoencoder):
    assert model.manifest.interval_scale == interval_scale(
        stretched(fitted), sources(model.manifest.curves["calibrated_on"], 2)
    )


def test_the_scale_stretches_both_sides_of_the_mean(fitted: Fitted):
    curve = sources(1, 5)[0].curve
    factors = np.array([1.0, 2.0, 3.0])
    one, two = (
        reconstruct(stretched(fitted, scale), curve) for scale in (UNSTRETCHED, (tuple(factors),) * 2)
    )
    assert two.rate.tobytes() == one.rate.tobytes()
    assert np.log(two.high / two.rate) == pytest.approx(factors * np.log(one.high / one.rate))
    assert np.log(two.rate / two.low) == pytest.approx(factors * np.log(one.rate / one.low))


def test_without_known_rates_nothing_is_stretched(model: TrainedAutoencoder):
    unknown = [type(one)(one.name, one.curve, one.kind) for one in sources(5, 1)]
    assert interval_scale(model, unknown) == UNSTRETCHED
    assert coverage(model, unknown) == {}


@given(
    st.floats(1e-3, 1e3),
    st.floats(0.01, 3),
    st.floats(0.01, 3),
    st.floats(-5, 5).filter(lambda x: abs(x) > 0.01),
)
def test_what_is_needed_reaches_the_true_rate_exactly(rate, below, above, off):
    found = Reconstruction(
        np.array([1]), np.full((1, 3), rate), np.full((1, 3), rate * np.exp(-below)),
        np.full((1, 3), rate * np.exp(above)), scatters=False,
    )  # fmt: skip
    true = np.full((2, 3), rate * np.exp(off))
    needed = needed_scale(found, true)
    side = above if off > 0 else below
    assert needed == pytest.approx(np.full((1, 3), abs(off) / side))
