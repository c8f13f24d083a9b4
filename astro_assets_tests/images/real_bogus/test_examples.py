"""Labelled examples: as many real as bogus of each object, whatever the other objects."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from astro_assets.images.real_bogus.artefacts import KINDS
from astro_assets.images.real_bogus.examples import ExampleSettings, make_examples
from astro_assets_tests.images.real_bogus.made_triplets import source

SETTINGS = ExampleSettings(each=5)


@pytest.fixture(scope="module")
def examples():
    return make_examples([source(0), source(1), source(1)], SETTINGS)


def test_both_classes_are_equally_many_of_each_object(examples):
    counts = Counter(zip(examples.groups, examples.is_real.tolist(), strict=True))
    assert counts == {
        ("object 0", True): 5,
        ("object 0", False): 5,
        ("object 1", True): 10,
        ("object 1", False): 10,
    }
    assert set(make_examples([source(0)], ExampleSettings(each=10)).kinds) == {"real", *KINDS}
    np.testing.assert_array_equal(np.isfinite(examples.snr), examples.is_real)


def test_two_triplets_of_one_object_give_other_examples(examples):
    assert not np.array_equal(examples.images[10:20], examples.images[20:30], equal_nan=True)


def test_the_company_does_not_matter(examples):
    alone = make_examples([source(1)], SETTINGS)
    np.testing.assert_array_equal(alone.images, examples.images[10:20])
    assert alone.kinds == examples.kinds[10:20]


@pytest.mark.parametrize("change", [{"seed": 1}, {"moved_share": 0.0}])
def test_settings_count(examples, change):
    other = make_examples([source(0)], SETTINGS.model_copy(update=change))
    assert not np.array_equal(other.images, examples.images[: len(other.images)], equal_nan=True)


def test_nothing_is_made_of_nothing():
    with pytest.raises(ValueError, match="no triplets"):
        make_examples([], SETTINGS)
