"""A whole small training: deterministic, taken up where it stopped, and served as it was trained."""

import json

import numpy as np
import pytest
import torch

from astro_assets.images.frame import Frame
from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.export import graph_of
from astro_assets.images.segmentation.fitting import fit_network
from astro_assets.images.segmentation.measures import MEASURES
from astro_assets.images.segmentation.network import SegmentationNetwork
from astro_assets.images.segmentation.preprocessing import inputs_of
from astro_assets.images.segmentation.scene_roles import crowded
from astro_assets.images.segmentation.scene_sets import TrainingScenes, ahead, scene_of
from astro_assets.images.segmentation.segmenter import Segmenter, logits_of, open_segmenter, session_of
from astro_assets.images.segmentation.segmenter_file import SegmenterFileError
from astro_assets.images.segmentation.settings import MODES, NetworkSettings, SegmentationSettings
from astro_assets.images.segmentation.training import Fitted
from astro_assets.images.simulation.scene import Scene
from astro_assets.learning.training_state import ResumeError
from astro_assets_tests.images.segmentation.conftest import SMALL

TINY = SMALL.model_copy(update={"epochs": 3, "scenes_an_epoch": 4, "validation_scenes": 1})


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_the_same_settings_give_the_same_bits_and_another_seed_others():
    weights, history = fit_network(TINY)
    again, history_again = fit_network(TINY)
    assert same(weights, again)
    assert history == history_again
    assert len(history) == 3
    assert not same(weights, fit_network(TINY.model_copy(update={"seed": 1}))[0])


def test_a_training_that_was_cut_off_ends_as_if_it_had_not(tmp_path, monkeypatch):
    from astro_assets.images.segmentation import fitting

    weights, history = fit_network(TINY)
    saved = fitting.save_state

    def cut_off(folder, settings, state):
        saved(folder, settings, state)
        if len(state.history) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "save_state", cut_off)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        fit_network(TINY, tmp_path)
    monkeypatch.undo()
    resumed, resumed_history = fit_network(TINY, tmp_path)
    assert resumed_history == history
    assert same(weights, resumed)
    finished, _ = fit_network(TINY, tmp_path)  # and once more it is only read
    assert same(weights, finished)


def test_the_state_of_another_training_is_not_taken_up(tmp_path):
    fit_network(TINY.model_copy(update={"epochs": 1}), tmp_path)
    with pytest.raises(ResumeError, match="other settings"):
        fit_network(TINY, tmp_path)
    (tmp_path / "training.safetensors").write_bytes(b"no")
    with pytest.raises(ResumeError, match="taken up"):
        fit_network(TINY, tmp_path)


def test_training_stops_when_nothing_gets_better():
    settings = TINY.model_copy(update={"epochs": 30, "patience": 1, "learning_rate": 1e-9, "averaging": 0.0})
    _, history = fit_network(settings)
    assert len(history) < 30


def test_epochs_share_scenes_and_depend_on_their_number_alone():
    settings = SMALL.model_copy(update={"scenes_an_epoch": 4, "looks": 2, "batch": 3})
    scenes = TrainingScenes(settings)
    first = [[one.inputs.tobytes() for one in batch] for batch in scenes.batches(0)]
    second = [[one.inputs.tobytes() for one in batch] for batch in scenes.batches(1)]
    again = [[one.inputs.tobytes() for one in batch] for batch in TrainingScenes(settings).batches(1)]
    assert [len(batch) for batch in first] == [3, 1]
    assert len(first) == scenes.n_batches()
    assert second == again != first
    lighter = SMALL.model_copy(update={"crowding": 1.0, "scenes_an_epoch": 1, "looks": 1})
    assert next(TrainingScenes(lighter).batches(0))[0].target.weight.max() >= 0


def test_what_is_made_ahead_comes_in_order_and_no_farther_than_one():
    made = []

    def calls():
        for number in range(5):
            made.append(number)
            yield lambda number=number: number**2

    ahead_of = ahead(calls())
    assert next(ahead_of) == 0
    assert made == [0, 1]
    assert list(ahead_of) == [1, 4, 9, 16]
    assert list(ahead([])) == []
    with pytest.raises(ZeroDivisionError):
        list(ahead([lambda: 1 // 0]))


def test_scenes_to_learn_from_are_crowded_and_some_are_sharper():
    scenes = crowded(SMALL)
    assert scenes.transients == SMALL.crowding * SMALL.scenes.transients
    assert scenes.fwhm_pixels == (pytest.approx(SMALL.sharper * 2.4), 5.0)
    assert crowded(SMALL.model_copy(update={"sharper": 1.0})).fwhm_pixels == SMALL.scenes.fwhm_pixels
    roles = [scene_of(SMALL, role, 0).science.image.tobytes() for role in ("train", "score", "calibration")]
    assert len(set(roles)) == 3


def test_a_little_training_finds_bright_objects(fitted: Fitted):
    assert fitted.metrics["pixels"]["roc_auc"] > 0.9
    assert len(fitted.history) == SMALL.epochs
    assert fitted.history[-1]["loss"] < fitted.history[0]["loss"]
    assert set(fitted.metrics) == {"segmenter", "thresholding", "thresholding_points", "pixels", "injected"}
    json.dumps(fitted.metrics)


def test_serving_equals_torch(fitted: Fitted, scene: Scene):
    torch.manual_seed(5)
    network = SegmentationNetwork(NetworkSettings(width=12)).eval()
    graph = graph_of(network)
    with torch.no_grad():
        expected = torch.sigmoid(network(torch.as_tensor(inputs_of(scene.difference)[None])))[0].numpy()
    found = 1 / (1 + np.exp(-logits_of(session_of(graph), scene.difference, 4096)))
    assert np.abs(found - expected).max() < 1e-4


def test_frames_of_other_sizes_are_segmented(segmenter: Segmenter):
    rng = np.random.default_rng(1)
    for shape in ((61, 130), (200, 47)):
        frames = [Frame(image=rng.normal(100, 3, shape).astype(np.float32), gain=2.0) for _ in range(2)]
        found = segmenter.segment(*frames, 3.0, 3.0)
        assert found.masks.shape == found.probability.shape == shape


def test_objects_lie_in_the_frame_and_wanted_ones_come_first(segmenter: Segmenter):
    for number in range(4):
        scene = scene_of(SMALL, "test", number)
        found = segmenter.of_difference(scene.difference)
        wanted = [one.is_wanted for one in found.objects]
        assert wanted == sorted(wanted, reverse=True)
        assert all(one.score >= segmenter.score.threshold for one in found.objects if one.is_wanted)
        for one in found.objects:
            assert one.kind in KINDS
            assert 0 <= one.row < 96
            assert 0 <= one.column < 96


def test_a_file_is_read_as_it_was_written(fitted: Fitted, segmenter: Segmenter, tmp_path, scene: Scene):
    path = tmp_path / "segmenter.zip"
    path.write_bytes(fitted.file)
    other = open_segmenter(path)
    assert other.manifest == segmenter.manifest
    some = np.random.default_rng(3).normal(0, 5, (20, len(MEASURES)))
    assert other.score.of(some).tolist() == segmenter.score.of(some).tolist()
    assert other.logits(scene.difference).tobytes() == segmenter.logits(scene.difference).tobytes()


@pytest.mark.parametrize("damage", ["cut", "other", "format"])
def test_what_is_no_segmenter_is_refused(fitted: Fitted, damage):
    import io
    import zipfile

    data = fitted.file
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "other":
        data = b"PK not a zip"
    else:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            form = {"format": "x", "kinds": [], "channels": [], "measures": []}
            archive.writestr("manifest.json", json.dumps(form))
            archive.writestr("network.onnx", b"")
        data = file.getvalue()
    with pytest.raises(SegmenterFileError):
        open_segmenter(data)


def test_modes_are_settings():
    for changed in MODES.values():
        SegmentationSettings(**changed)
    assert SegmentationSettings(**MODES["quick"]).epochs < SegmentationSettings(**MODES["full"]).epochs
