"""Selection of features by false discovery rate."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from astro_assets.transits.view_features.selection import select_features

N, INFORMATIVE, USELESS = 300, 5, 45


def examples(seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Make two classes that differ in the first features, the more the earlier."""
    rng = np.random.default_rng(seed)
    labels = rng.random(N) < 0.3
    columns = {f"tells_{i}": rng.normal(0, 1, N) + (1.5 - 0.2 * i) * labels for i in range(INFORMATIVE)}
    columns |= {f"says_nothing_{i}": rng.normal(0, 1, N) for i in range(USELESS)}
    return pl.DataFrame(columns), labels


def test_what_tells_the_classes_apart_is_selected_the_strongest_first() -> None:
    features, labels = examples(1)
    selected = select_features(features, labels, 0.005)
    assert set(selected) == {f"tells_{i}" for i in range(INFORMATIVE)}
    assert selected[0] in ("tells_0", "tells_1")


def test_of_permuted_labels_nearly_nothing_is_selected() -> None:
    rng = np.random.default_rng(2)
    found = [
        len(select_features(features, rng.permutation(labels), 0.05))
        for features, labels in map(examples, range(20))
    ]
    assert sum(found) <= 2, "of 1000 features that say nothing"


def test_a_laxer_rate_and_independence_select_more() -> None:
    rng = np.random.default_rng(4)
    labels = rng.random(N) < 0.5
    weak = pl.DataFrame({f"x{i}": rng.normal(0, 1, N) + 0.02 * i * labels for i in range(20)})
    strict, lax = (set(select_features(weak, labels, rate)) for rate in (1e-4, 0.3))
    assert strict < lax
    assert set(select_features(weak, labels, 0.05)) < set(
        select_features(weak, labels, 0.05, is_independent=True)
    )


def test_gaps_count_as_the_median_and_constants_are_left_out() -> None:
    features, labels = examples(3)
    with_gaps = features.with_columns(
        pl.when(pl.int_range(N) < 20).then(np.nan).otherwise("tells_0").alias("tells_0"),
        constant=pl.lit(1.0),
        nothing=pl.lit(np.nan),
    )
    selected = select_features(with_gaps, labels, 0.05)
    assert "tells_0" in selected
    assert not {"constant", "nothing"} & set(selected)
    assert select_features(pl.DataFrame({"constant": np.ones(N)}), labels, 0.05) == []


def test_two_classes_and_a_rate_are_needed() -> None:
    features, labels = examples(1)
    with pytest.raises(ValueError, match="labels of 1 classes"):
        select_features(features, np.zeros(N), 0.05)
    with pytest.raises(ValueError, match="rate of 1 is not"):
        select_features(features, labels, 1)
