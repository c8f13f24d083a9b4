"""Scatters and means that a few wrong values do not move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.photometry.robust import going_together, row_medians, row_scatters, scatter


@given(
    st.lists(st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=5, max_size=5), min_size=1)
)
def test_medians_of_rows_are_those_of_numpy(rows):
    values = np.array(rows)
    for row, median, spread in zip(values, row_medians(values), row_scatters(values), strict=True):
        finite = row[np.isfinite(row)]
        expected = np.median(finite) if finite.size else np.nan
        np.testing.assert_allclose(median, expected)
        np.testing.assert_allclose(spread, scatter(row))


def test_outliers_do_not_move_a_scatter():
    values = np.random.default_rng(0).normal(0, 2, 10_000)
    values[:500] = 1e6
    assert scatter(values) == pytest.approx(2, rel=0.1)
    assert np.isnan(scatter(np.array([np.nan])))


def test_points_that_go_together_tell_less():
    noise = np.random.default_rng(1).normal(size=(50, 400))
    together = np.cumsum(noise, axis=1)[:, 4:] - np.cumsum(noise, axis=1)[:, :-4]
    assert going_together(noise, np.ones_like(noise)) == pytest.approx(1, abs=0.1)
    assert going_together(together, np.ones_like(together)) == pytest.approx(4, rel=0.15)
