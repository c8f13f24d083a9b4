"""Trees in folds: what they say of a held-out event does not know its label, whatever was selected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.learning.splits import grouped_folds
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.tree_folds import trees_in_folds
from astro_assets_tests.transits.scorer.events import examples

SETTINGS = ScorerSettings(folds=2, trees=10)


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    return examples(tmp_path_factory.mktemp("events"), 60)


def fitted(events, settings=SETTINGS):
    folds = grouped_folds(events.stars, [""] * len(events), 2, 0)
    return folds, *trees_in_folds(events, folds, np.arange(len(events)), settings)


def test_all_trees_learn_and_those_on_tsfresh_are_left_out_on_request(events):
    _, own, _, baselines = fitted(events)
    assert set(baselines) == {
        "extra trees on views and scalars",
        "boosted trees on measures",
        "boosted trees on measures and tsfresh",
    }
    for found in (own, *baselines.values()):
        assert ((found > 0.5) == events.is_eclipse).mean() > 0.9
    without = fitted(events, SETTINGS.model_copy(update={"with_tsfresh": False}))[3]
    assert set(without) == {"extra trees on views and scalars", "boosted trees on measures"}


def test_nothing_said_of_held_out_events_depends_on_their_labels(events):
    """Selection by significance on all events would: it is the leak that makes noise look like a signal."""
    folds, own, _, baselines = fitted(events)
    held_out = folds == 0
    labels = events.labels.copy()
    labels[held_out] = np.roll(labels[held_out], 7, axis=0)
    _, other, _, others = fitted(replace(events, labels=labels))
    for name, found in {"own": own, **baselines}.items():
        again = {"own": other, **others}[name]
        assert (found[held_out] == again[held_out]).all(), name
        assert (found[~held_out] != again[~held_out]).any(), name
