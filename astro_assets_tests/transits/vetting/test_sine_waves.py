"""Sine waves at the period, half and twice of it."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets_tests.transits.vetting import stars
from astro_assets_tests.transits.vetting.stars import MEAN_DEPTH, measured


def test_a_sinusoid_is_as_bright_as_it_is_faint():
    row = measured(stars.sinusoid())
    assert row["sine_period_sigma"] > 50
    assert row["sine_twice_period_sigma"] < 5
    assert row["brightening_over_dip"] == pytest.approx(0.5, abs=0.1)
    assert row["primary_beyond_positive"] < 0


def test_the_sine_is_looked_for_before_detrending():
    """Detrending takes the wave away, and leaves the dips that it makes at its minima."""
    wave = 2e-3 * np.sin(4 * np.pi * stars.times() / stars.PERIOD)
    row = measured(stars.planet(), trend=wave)
    assert row["sine_half_period_sigma"] > 50
    assert row["sine_over_depth"] == pytest.approx(2e-3 / MEAN_DEPTH, rel=0.1)
    assert measured(stars.planet())["sine_half_period_sigma"] < 5
