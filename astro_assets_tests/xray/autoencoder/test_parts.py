"""What is hidden of curves while an encoder learns."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.xray.autoencoder.parts import hidden_part, parts_of
from astro_assets_tests.xray.made_curves import curve_of, made, usual


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 3))
def test_something_is_always_left(seed, n_bins, n_bands):
    rng = np.random.default_rng(seed)
    curve = curve_of(np.ones((n_bins, n_bands)), rng)
    is_hidden = hidden_part(curve, rng)
    assert is_hidden.shape == (n_bins, n_bands)
    assert not is_hidden.all()


def test_bands_and_stretches_are_hidden():
    curve = made("constant", 1, bins=20).light_curve
    drawn = [hidden_part(curve, np.random.default_rng(seed)) for seed in range(200)]
    of_bands = [one for one in drawn if one.all(axis=0).any()]
    assert 0.2 < len(of_bands) / 200 < 0.5
    rows = [np.flatnonzero(one.all(axis=1)) for one in drawn]
    assert all((np.diff(one) == 1).all() for one in rows)
    assert any(one.size and one[-1] == 19 for one in rows)
    assert any(one.size and one[-1] < 19 for one in rows)


def test_parts_depend_on_seed_and_place():
    curves = [one.light_curve for one in usual(6, 1)]
    one, again, other = parts_of(curves, 0), parts_of(curves, 0), parts_of(curves, 1)
    assert [part.counts.tobytes() for part in one] == [part.counts.tobytes() for part in again]
    assert [part.counts.tobytes() for part in one] != [part.counts.tobytes() for part in other]
