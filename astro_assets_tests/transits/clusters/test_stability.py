"""How many clusters there are."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.transits.clusters.stability import k_means, most_stable, one_thread, stabilities


def groups(n: int, seed: int = 0) -> np.ndarray:
    """Make points in so many groups that are well apart."""
    rng = np.random.default_rng(seed)
    centres = 6 * np.eye(n)
    return np.concatenate([rng.normal(centre, 1, (60, n)) for centre in centres])


@pytest.mark.parametrize("n", [3, 5])
def test_groups_that_are_there_are_counted(n: int) -> None:
    found = stabilities(groups(n), 8, 5, 3, 0)
    assert list(found) == list(range(2, 9))
    assert found[n] > 0.95
    assert most_stable(found, 0.05) == n


def test_the_largest_number_within_the_tolerance_counts() -> None:
    found = {2: 0.9, 3: 0.93, 4: 0.9, 5: 0.6}
    assert most_stable(found, 0.0) == 3
    assert most_stable(found, 0.05) == 4
    assert most_stable(found, 0.5) == 5


def test_k_means_computes_on_one_thread() -> None:
    from threadpoolctl import threadpool_info

    with one_thread():
        k_means(groups(2), 2, 1, 0)
        used = {library["user_api"]: library["num_threads"] for library in threadpool_info()}
    assert used["openmp"] == used["blas"] == 1
