"""Grids of periods and durations against the formulas they come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.search.periods import ofir_periods, transit_duration_days


def test_the_earth_crosses_the_sun_in_thirteen_hours():
    # Seager & Mallen-Ornelas (2003); also Ofir (2014): about 13 h for the Earth.
    assert 24 * transit_duration_days(365.25) == pytest.approx(12.98, abs=0.02)
    assert transit_duration_days(10.0, 8.0) == pytest.approx(transit_duration_days(10.0) / 2)


def test_grid_is_that_of_the_paper():
    # Ofir (2014), equations 5 to 7, written out: f(x) = (A x / 3 + C)^3 with
    # A = (2 pi)^(2/3) / pi R / (GM)^(1/3) / (S OS) and C = f_min^(1/3) - A / 3, in SI units.
    span, oversampling, shortest, longest = 80.0, 3.0, 0.5, 20.0
    day = 86400.0
    a = (2 * np.pi) ** (2 / 3) / np.pi * 6.957e8 / 1.3271244e20 ** (1 / 3) / (span * day * oversampling)
    c = (1 / (longest * day)) ** (1 / 3) - a / 3
    count = int(
        np.ceil(((1 / (shortest * day)) ** (1 / 3) - (1 / (longest * day)) ** (1 / 3) + a / 3) * 3 / a)
    )
    theirs = 1 / (a / 3 * np.arange(1, count + 1) + c) ** 3 / day
    ours = ofir_periods(span, shortest, longest, oversampling)
    assert abs(ours.size - count) <= 1
    np.testing.assert_allclose(ours[::-1][:-1], theirs[: ours.size - 1], rtol=1e-9)


@given(st.floats(10, 1500), st.floats(0.3, 2.0), st.floats(3.0, 20.0), st.floats(1.0, 8.0))
def test_between_trials_a_transit_drifts_by_a_part_of_its_duration(baseline, shortest, longest, oversampling):
    periods = ofir_periods(baseline, shortest, longest, oversampling)
    assert periods[0] == pytest.approx(shortest)
    assert periods[-1] == pytest.approx(longest)
    inner = periods[1:]  # the first step is cut at the end of the range
    drift = baseline * np.diff(inner) / inner[1:]
    np.testing.assert_allclose(drift * oversampling, transit_duration_days(inner[1:]), rtol=0.05)


@pytest.mark.parametrize("wrong", [(27, 2.0, 1.0, 3), (27, 0.0, 1.0, 3), (0, 0.5, 1.0, 3), (27, 0.5, 1.0, 0)])
def test_empty_ranges_are_refused(wrong):
    with pytest.raises(ValueError, match=r"no periods between|must be positive"):
        ofir_periods(*wrong)
