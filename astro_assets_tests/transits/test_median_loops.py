"""The compiled median is NumPy's to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from astro_assets.transits.median_loops import median

FINITE = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1.0, 1.0 + 2**-52, 1e-300])


@given(arrays(np.float64, st.integers(1, 200), elements=FINITE))
def test_any_numbers(values):
    assert median(values) == np.median(values)


@pytest.mark.parametrize("n", [48, 49, 50, 1999, 2000])
@pytest.mark.parametrize("scale", [0.0, 1e-9, 1.0])
def test_many_numbers_with_far_outliers_and_equal_ones(n, scale):
    rng = np.random.default_rng(n)
    values = np.round(1 + scale * rng.standard_cauchy(n), 10)
    assert median(values) == np.median(values)


def test_numbers_that_differ_by_one_bit_only():
    values = np.where(np.arange(101) % 3 == 0, 1.0, np.nextafter(1.0, 2.0))
    assert median(values) == np.median(values)
