"""What varies examples leaves their meaning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astro_assets.transits.scorer.augmentation import augmented, deeper
from astro_assets.transits.scorer.examples import SCALARS
from astro_assets.transits.scorer.inputs import inputs_of, layout_of
from astro_assets.transits.scorer.settings import AugmentationSettings
from astro_assets.transits.scorer.view_statistics import MISSING, design_matrix
from astro_assets_tests.transits.scorer.events import examples

NOTHING = {
    "reversal": 0, "noise": 0, "residuals": 0, "jitter_bins": 0, "block": 0, "depth": 0, "view": 0,
    "scalar_noise": 0, "mixup": 0,
}  # fmt: skip


@pytest.fixture
def batch(tmp_path):
    events = examples(tmp_path, 40)
    layout = layout_of(events)
    inputs = inputs_of(events, layout)
    n = len(layout.scalars)
    return [torch.as_tensor(branch) for branch in inputs.branches], torch.zeros(40, 2 * n), layout


def vary(batch, seed=0, **settings):
    branches, scalars, layout = batch
    generator = torch.Generator().manual_seed(seed)
    return augmented(branches, scalars, layout, AugmentationSettings(**(NOTHING | settings)), generator)


def test_nothing_is_nothing(batch):
    branches, scalars = vary(batch)
    assert all(torch.equal(one, other) for one, other in zip(branches, batch[0], strict=True))
    assert torch.equal(scalars, batch[1])


def test_time_runs_backwards_in_all_views_at_once(batch):
    branches, _ = vary(batch, reversal=0.5)
    flipped = [(one == other.flip(-1)).all(dim=(1, 2)) for one, other in zip(branches, batch[0], strict=True)]
    assert torch.equal(flipped[0], flipped[1])
    assert 5 < int(flipped[0].sum()) < 35


@pytest.mark.parametrize("settings", [{"noise": 0.5}, {"residuals": 1.0}])
def test_noise_is_added_to_values_alone(batch, settings):
    branches, _ = vary(batch, **settings)
    for i, (one, other) in enumerate(zip(branches, batch[0], strict=True)):
        is_value = torch.tensor([kind == "value" for _, kind in batch[2].channels(i)])
        assert torch.equal(one[:, ~is_value], other[:, ~is_value])
        assert (one[:, is_value] != other[:, is_value]).float().mean() > 0.9


def test_emptied_bins_are_marked(batch):
    branches, _ = vary(batch, block=1.0)
    for i, branch in enumerate(branches):
        kinds = [kind for _, kind in batch[2].channels(i)]
        empty = branch[:, [k for k, kind in enumerate(kinds) if kind == "empty"]] == 1
        values = branch[:, [k for k, kind in enumerate(kinds) if kind == "value"]]
        assert empty.any(dim=(1, 2)).all()
        assert (values[empty] == 0).all()


def test_a_view_is_withheld_as_a_whole(batch):
    branches, _ = vary(batch, view=0.5)
    for i, branch in enumerate(branches):
        kinds = [kind for _, kind in batch[2].channels(i)]
        empty = branch[:, [k for k, kind in enumerate(kinds) if kind == "empty"]] == 1
        assert (empty.all(dim=2) | ~empty.any(dim=2)).all()
        assert 0.3 < empty.all(dim=2).float().mean() < 0.7


def test_a_deeper_transit_has_less_noise(batch):
    branches, scalars, layout = batch
    factor = 4.0
    found, moved = deeper(
        branches, scalars, layout, torch.full((40,), np.log(factor)), torch.ones(scalars.shape[1] // 2)
    )
    outside = slice(0, 60)
    np.testing.assert_allclose(found[0][:, 0, outside], branches[0][:, 0, outside] / factor, atol=1e-6)
    middle = found[0][0, 0, 98:103]
    assert (middle - branches[0][0, 0, 98:103]).abs().max() < 0.3, "the dip stays"
    assert moved[0, layout.scalars.index("log10_depth")] == pytest.approx(np.log10(factor), rel=1e-4)
    assert moved[0, layout.scalars.index("log10_period")] == 0


def test_a_deeper_transit_takes_as_long_for_its_star(tmp_path):
    events = examples(tmp_path, 40)
    assert "duration_over_star" not in layout_of(events).scalars, "event files do not tell"
    told = np.linspace(0.5, 1.3, 20)
    events.scalars[:20, tuple(SCALARS).index("duration_over_star")] = told
    layout = layout_of(events)
    at = layout.scalars.index("duration_over_star")
    inputs = inputs_of(events, layout)
    np.testing.assert_allclose(inputs.scalars[:, at], [*told, *(20 * [np.nan])], rtol=1e-6)
    matrix, names = design_matrix(events)
    np.testing.assert_allclose(
        matrix[:, names.index("duration_over_star")], [*told, *(20 * [MISSING])], rtol=1e-6
    )
    branches = [torch.as_tensor(branch) for branch in inputs.branches]
    n = len(layout.scalars)
    _, moved = deeper(branches, torch.zeros(40, 2 * n), layout, torch.full((40,), 1.4), torch.ones(n))
    assert (moved[:, at] == 0).all()
