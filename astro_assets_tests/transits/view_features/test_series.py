"""Folded views as even series: scale, level, empty bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.fold import VIEWS
from astro_assets.transits.view_features.series import normalised_views
from astro_assets_tests.transits.view_features.folds import SIZES, made_views


@given(seed=st.integers(0, 100), depth=st.floats(1e-5, 0.5), noise=st.floats(1e-3, 0.2))
def test_the_level_is_zero_and_the_deepest_bin_minus_one(seed: int, depth: float, noise: float) -> None:
    series = normalised_views(made_views(seed, depth, noise * depth))
    assert list(series) == list(VIEWS)
    whole, near = series["global"], series["local"]
    assert whole is not None
    assert near is not None
    assert np.median(whole) == pytest.approx(0, abs=1e-9)
    assert min(whole.min(), near.min()) == pytest.approx(-1)


def test_the_scale_of_the_flux_does_not_matter_and_a_secondary_keeps_its_ratio() -> None:
    views = made_views(depth=0.01, sigma=0.0)
    views["median"][(views["view"] == 4)] -= np.float32(0.002)
    deep = {**views, "median": 1 + 10 * (views["median"] - 1)}
    for one, other in zip(normalised_views(views).values(), normalised_views(deep).values(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    np.testing.assert_allclose(normalised_views(views)["secondary"], -0.2, atol=1e-4)


def test_empty_bins_lie_on_the_line_between_their_neighbours() -> None:
    views = made_views(sigma=0.0)
    local = np.flatnonzero(views["view"] == VIEWS.index("local"))
    views["median"][local[1:4]] = np.nan
    views["median"][local[0]] = 1.004
    views["median"][local[-1]] = np.nan
    series = normalised_views(views)["local"]
    assert series is not None
    np.testing.assert_allclose(series[:5], [0.4, 0.3, 0.2, 0.1, 0], atol=1e-4)
    assert series[-1] == series[-2]


@pytest.mark.parametrize("view", ["local", "secondary"])
def test_a_view_more_than_half_empty_is_no_series(view: str) -> None:
    size = SIZES[view]
    assert normalised_views(made_views(empty={view: size // 2}))[view] is not None
    series = normalised_views(made_views(empty={view: size // 2 + 1}))
    assert series[view] is None
    assert series["global"] is not None


def test_where_nothing_is_below_the_level_there_is_no_series() -> None:
    flat = made_views(depth=0.0, sigma=0.0)
    nothing = {**flat, "median": np.full_like(flat["median"], np.nan)}
    assert set(normalised_views(flat).values()) == {None}
    assert set(normalised_views(nothing).values()) == {None}
