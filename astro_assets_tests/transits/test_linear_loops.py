"""Compiled linear equations against NumPy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.linear_loops import solved


@given(st.integers(1, 8), st.integers(0, 10_000))
def test_the_solution_is_numpys(size, seed):
    rng = np.random.default_rng(seed)
    matrix, right = rng.normal(size=(size, size)), rng.normal(size=size)
    found = solved(matrix, right)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), rtol=1e-9 * np.linalg.cond(matrix))


def test_a_zero_on_the_diagonal_is_no_obstacle():
    np.testing.assert_array_equal(
        solved(np.array([[0.0, 1.0], [2.0, 0.0]]), np.array([3.0, 4.0])), [2.0, 3.0]
    )


def test_a_singular_matrix_has_no_solution():
    assert np.isnan(solved(np.zeros((2, 2)), np.ones(2))).all()
    assert np.isnan(solved(np.ones((2, 2)), np.ones(2))).all()
