"""Grids of periods and durations against the formulas they come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.search.periods import (
    durations_between,
    ofir_periods,
    search_bands,
    transit_duration_days,
)


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


def test_durations_cover_the_range_in_steps_of_the_ratio():
    durations = durations_between(0.02, 0.3, 1.3)
    assert durations[[0, -1]] == pytest.approx([0.02, 0.3])
    assert (durations[1:] / durations[:-1] <= 1.3 + 1e-9).all()
    assert durations_between(0.1, 0.1, 1.3).tolist() == [0.1]


@given(st.floats(5, 100), st.floats(1e-3, 0.05))
def test_bands_hold_each_period_once_with_plausible_durations(baseline, cadence):
    bands = search_bands(baseline, cadence, (0.4, baseline / 2), (0.25, 1.8), 3.0, 1.3)
    periods = np.concatenate([band.periods for band in bands])
    np.testing.assert_array_equal(periods, ofir_periods(baseline, 0.4, baseline / 2, 3.0))
    for band in bands:
        expected = transit_duration_days(band.periods[[0, -1]])
        assert band.durations[-1] < 0.5 * band.periods[0]
        assert band.durations[-1] <= 1.8 * expected[1] + 1e-12
        assert band.durations[0] >= min(cadence, band.durations[-1]) - 1e-12
        assert band.durations[0] <= max(0.25 * expected[0], cadence) + 1e-12
