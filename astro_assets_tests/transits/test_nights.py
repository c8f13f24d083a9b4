"""Nights of photometry become one curve of a target, whatever the order they come in."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.transits.nights import Night, joined_nights


def night(start: float, n: int = 50, seed: int = 0, cadence_s: float = 120.0) -> Night:
    rng = np.random.default_rng(seed)
    time = start + np.arange(n) * cadence_s / 86400
    return Night(time, 1 + rng.normal(0, 2e-3, n), np.full(n, 2e-3), np.full(n, 1.01), cadence_s)


def test_nights_are_joined_in_order_of_time() -> None:
    one, two = night(100.0, seed=1), night(103.0, seed=2, cadence_s=60.0)
    joined = joined_nights([two, one])
    np.testing.assert_array_equal(joined.time, np.concatenate([one.time, two.time]))
    np.testing.assert_array_equal(joined.flux, np.concatenate([one.flux, two.flux]))
    assert joined.segments == (0, 1)
    assert joined.segment.tolist() == [0] * 50 + [1] * 50
    assert joined.scatter == pytest.approx(2e-3, rel=0.3)
    assert joined.cadence_s in (60.0, 90.0, 120.0)


def test_two_telescopes_at_once_are_merged_and_each_time_stays_once() -> None:
    one, two = night(100.0, seed=1), night(100.0 + 30 / 86400, seed=2)
    joined = joined_nights([one, two])
    assert (np.diff(joined.time) > 0).all()
    assert joined.time.size == 100
    assert joined.segment.tolist() == [0, 1] * 50
    assert set(joined.flux[joined.segment == 1]) == set(two.flux)
    twice = joined_nights([one, one])
    np.testing.assert_array_equal(twice.time, one.time)
