"""The loss: empty masks, small objects, and what each setting does."""

import numpy as np
import pytest
import torch

from astro_assets.images.kinds import KINDS, WANTED
from astro_assets.images.segmentation.losses import loss_of, planes, target_of
from astro_assets.images.segmentation.settings import LossSettings
from astro_assets.images.simulation.truth import TrueObject, Truth

PLAIN = LossSettings()
OVERLAPS = ["focal_tversky", "dice"]


def logits(level: float) -> torch.Tensor:
    return torch.full((1, 10, 16, 16), level, requires_grad=True)


def square(size: int, at: int = 4) -> torch.Tensor:
    truth = torch.zeros(1, 10, 16, 16)
    truth[:, 0, at : at + size, at : at + size] = 1
    return truth


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_an_empty_mask_is_learned_from_and_has_no_degenerate_gradient(overlap):
    settings = LossSettings(overlap=overlap)
    weight, empty = torch.ones(1, 16, 16), torch.zeros(1, 10, 16, 16)
    losses = []
    for level in (2.0, -2.0, -8.0, -30.0):
        given = logits(level)
        loss = loss_of(given, empty, weight, settings)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(given.grad).all()
        assert (given.grad >= 0).all()  # only ever towards less
        losses.append(float(loss.detach()))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_the_truth_is_the_lowest(overlap):
    settings, truth, weight = LossSettings(overlap=overlap), square(3), torch.ones(1, 16, 16)
    right = loss_of((truth * 2 - 1) * 20, truth, weight, settings)
    assert float(right) < 0.01
    assert float(loss_of((truth * 2 - 1) * -5, truth, weight, settings)) > 1
    assert float(loss_of(logits(-20.0), truth, weight, settings).detach()) > 1


def test_missing_a_small_object_costs_as_much_as_missing_a_large_one():
    def missed(size: int) -> float:
        labels = square(size)[0, 0].numpy().astype(np.int32)
        masks = labels.astype(np.uint16)
        truth = Truth((TrueObject("transient", 5, 5, 1, 20.0),), masks, labels)
        target = target_of(truth, np.zeros((16, 16), bool), PLAIN)
        return float(target.weight[labels > 0].sum())

    assert missed(2) == pytest.approx(missed(5), rel=0.1)


def test_objects_below_what_can_be_seen_and_missing_pixels_do_not_count():
    labels = np.zeros((16, 16), np.int32)
    labels[2:4, 2:4], labels[8:12, 8:12] = 1, 2
    faint, bright = TrueObject("transient", 2, 2, 1, 3.0), TrueObject("asteroid", 9, 9, 1, 30.0)
    missing = np.zeros((16, 16), bool)
    missing[15] = True
    target = target_of(Truth((faint, bright), labels.astype(np.uint16), labels), missing, PLAIN)
    assert (target.weight[labels == 1] == 0).all()
    assert (target.weight[labels == 2] > 1).all()
    assert (target.weight[15] == 0).all()
    assert target.weight[14, 0] == 1
    weight = torch.as_tensor(target.weight)[None]
    truth = torch.zeros(1, 10, 16, 16)
    one, other = logits(-3.0), torch.full((1, 10, 16, 16), -3.0)
    other[:, :, 2:4, 2:4] = 9.0
    assert float(loss_of(one, truth, weight, PLAIN).detach()) == float(loss_of(other, truth, weight, PLAIN))


def test_masks_unfold_to_kinds_and_what_is_wanted():
    masks = np.array([[0, 1, 1 << KINDS.index("asteroid"), 1 << KINDS.index("ghost"), 3]], np.uint16)
    found = planes(masks)
    assert found.shape == (10, 1, 5)
    np.testing.assert_array_equal(found[-1, 0], [0, 1, 1, 0, 1])
    np.testing.assert_array_equal(found[:2, 0, 4], [1, 1])
    assert found[len(WANTED) :, 0, :3].sum() == 2  # the wanted plane alone


@pytest.mark.parametrize(
    "changed",
    [
        {"overlap": "dice"},
        {"overlap_weight": 2.0},
        {"overlap_weight": 0.0},
        {"miss_weight": 0.9},
        {"focus": 2.0},
    ],
    ids=str,
)
def test_every_setting_changes_the_loss(changed):
    generator = torch.Generator().manual_seed(1)
    given, truth, weight = torch.randn(1, 10, 16, 16, generator=generator), square(4), torch.ones(1, 16, 16)
    plain = float(loss_of(given, truth, weight, PLAIN))
    assert float(loss_of(given, truth, weight, LossSettings(**changed))) != plain


def test_settings_of_the_target_change_it():
    labels = np.ones((4, 4), np.int32)
    truth = Truth((TrueObject("transient", 1, 1, 1, 5.0),), labels.astype(np.uint16), labels)
    missing = np.zeros((4, 4), bool)
    plain = target_of(truth, missing, PLAIN).weight
    assert (target_of(truth, missing, LossSettings(object_pixels=100)).weight != plain).all()
    assert (target_of(truth, missing, LossSettings(least_snr=6)).weight == 0).all()
