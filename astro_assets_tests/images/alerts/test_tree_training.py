"""Trees on labels are judged on objects that they have not seen."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.images.alerts.features import FEATURE_NAMES
from astro_assets.images.alerts.tree_training import FilterTreeSettings, TooFewLabelsError, trained
from astro_assets.images.alerts.trees import trees_of

SETTINGS = FilterTreeSettings(n_trees=30, folds=3, resamples=50)


def packets(n_objects: int = 60, each: int = 3, seed: int = 1):
    """Wanted objects rise fast; a number of the object itself tells nothing of others."""
    rng = np.random.default_rng(seed)
    rows, wanted, objects = [], [], []
    for number in range(n_objects):
        is_wanted = number % 3 == 0
        own = rng.normal()
        for _ in range(each):
            row = dict.fromkeys(FEATURE_NAMES, np.nan)
            row["rise_rate_mag_day"] = rng.normal(-0.5 if is_wanted else 0.0, 0.2)
            row["galactic_latitude_deg"] = own
            rows.append(row)
            wanted.append(is_wanted)
            objects.append(f"o{number}")
    return rows, wanted, objects


def test_what_is_wanted_is_learnt_and_said_by_which_feature() -> None:
    data, figures = trained(*packets(), SETTINGS)
    assert figures["objects"] == {"wanted": 20, "unwanted": 40}
    assert figures["packets"] == {"wanted": 60, "unwanted": 120}
    assert figures["average_precision"]["value"] > 0.8
    assert figures["roc_auc"]["low"] > 0.5
    assert next(iter(figures["importance"])) == "rise_rate_mag_day"
    rows, wanted, _ = packets(seed=2)
    score = trees_of(data).probability(rows)
    assert score[np.array(wanted)].mean() > score[~np.array(wanted)].mean() + 0.4


def test_a_number_that_names_the_object_is_no_knowledge() -> None:
    rows, wanted, objects = packets()
    for row in rows:
        row["rise_rate_mag_day"] = np.nan
    _, figures = trained(rows, wanted, objects, SETTINGS)
    assert figures["roc_auc"]["low"] < 0.5, "packets of one object would have told each other's labels"


def test_the_same_labels_make_the_same_bytes() -> None:
    assert trained(*packets(), SETTINGS) == trained(*packets(), SETTINGS)


def test_too_few_objects_of_a_kind_are_told() -> None:
    rows, wanted, objects = packets(n_objects=12)
    with pytest.raises(TooFewLabelsError, match="4 wanted objects with packets are labelled; 10 are needed"):
        trained(rows, wanted, objects, SETTINGS)
