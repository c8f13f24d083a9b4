"""Curves are made small without losing a dip."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.reports.curves import binned, highest, transit_times


def curve(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.exponential(size=n)), rng.standard_normal(n)


@given(st.integers(1, 400), st.integers(1, 40), st.integers(0, 99))
def test_bins_hold_the_extremes_and_medians_of_their_samples(n: int, n_bins: int, seed: int) -> None:
    time, values = curve(n, seed)
    found = binned(time, values, n_bins)
    assert found.time.size <= max(2 * n_bins, n_bins)
    assert found.low.min() == np.float32(values.min())
    assert found.high.max() == np.float32(values.max())
    assert np.all(found.low <= found.middle)
    assert np.all(found.middle <= found.high)
    assert np.all(np.diff(found.time) >= 0)
    if found.is_whole:
        np.testing.assert_array_equal(found.middle, values.astype(np.float32))
        return
    place = np.minimum(((time - time[0]) / ((time[-1] - time[0]) / n_bins)).astype(int), n_bins - 1)
    of_bins = [values[place == number] for number in np.unique(place)]
    np.testing.assert_allclose(found.middle, [np.median(one) for one in of_bins], rtol=1e-6)
    np.testing.assert_allclose(found.low, [one.min() for one in of_bins], rtol=1e-6)


def test_the_shortest_dip_of_four_years_is_still_there() -> None:
    time = np.arange(65_000) * 0.0204
    values = np.zeros(time.size)
    values[40_000] = -0.01
    found = binned(time, values)
    assert found.low.min() == np.float32(-0.01)
    assert abs(found.time[np.argmin(found.low)] - time[40_000]) < 1
    assert found.time.size <= 2400


def test_what_is_no_number_is_left_out() -> None:
    found = binned(np.array([1.0, 2.0, np.nan, 4.0]), np.array([1.0, np.nan, 3.0, np.inf]))
    np.testing.assert_array_equal(found.time, [1.0])
    assert binned(np.zeros(0), np.zeros(0)).time.size == 0


@given(st.integers(1, 500), st.integers(1, 60), st.integers(0, 9))
def test_the_highest_peak_of_a_spectrum_is_kept(n: int, most: int, seed: int) -> None:
    period, power = curve(n, seed)
    tried, kept = highest(period, power, most)
    assert kept.size <= most
    assert kept.max() == np.float32(power.max())
    assert tried[np.argmax(kept)] == np.float32(period[np.argmax(power)])


def test_only_transits_of_which_half_was_observed_are_marked() -> None:
    time = np.concatenate([np.arange(0, 10, 0.02), np.arange(20, 30, 0.02)])
    middles = transit_times(time, 4.0, 1.0, 0.1, 0.02)
    np.testing.assert_allclose(middles, [1, 5, 9, 21, 25, 29])
    # Of five samples three are left at 9 d, two at 25 d.
    time = time[((time < 8.99) | (time > 9.03)) & ((time < 24.95) | (time > 25.01))]
    np.testing.assert_allclose(transit_times(time, 4.0, 1.0, 0.1, 0.02), [1, 5, 9, 21, 29])
