"""A whole small training: deterministic, taken up where it stopped, and served as it was trained."""

import io
import json
import zipfile

import numpy as np
import pytest

from astro_assets.learning.training_state import ResumeError
from astro_assets.xray.autoencoder.fitting import _is_finished, fit_network
from astro_assets.xray.autoencoder.model import TrainedAutoencoder, open_autoencoder
from astro_assets.xray.autoencoder.model_file import AutoencoderFileError
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.autoencoder.scoring import Evidences
from astro_assets.xray.autoencoder.settings import MODES, AutoencoderSettings, LossSettings
from astro_assets.xray.autoencoder.source import Source
from astro_assets.xray.autoencoder.training import Fitted, constant_share, fit
from astro_assets_tests.xray.autoencoder.conftest import SMALL, sources
from astro_assets_tests.xray.made_curves import usual

TINY = SMALL.model_copy(update={"epochs": 3})
CURVES = [one.light_curve for one in usual(40, 9)]
HELD_OUT = [one.light_curve for one in usual(8, 10)]


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_the_same_settings_give_the_same_bits_and_another_seed_others():
    weights, history = fit_network(CURVES, HELD_OUT, TINY)
    again, history_again = fit_network(CURVES, HELD_OUT, TINY)
    assert same(weights, again)
    assert history == history_again
    assert len(history) == 3
    assert not same(weights, fit_network(CURVES, HELD_OUT, TINY.model_copy(update={"seed": 1}))[0])


def test_a_training_that_was_cut_off_ends_as_if_it_had_not(tmp_path, monkeypatch):
    from astro_assets.xray.autoencoder import fitting

    weights, history = fit_network(CURVES, HELD_OUT, TINY)
    saved = fitting.save_state

    def cut_off(folder, recipe, state):
        saved(folder, recipe, state)
        if len(state.history) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "save_state", cut_off)
    with pytest.raises(KeyboardInterrupt):
        fit_network(CURVES, HELD_OUT, TINY, tmp_path)
    monkeypatch.undo()
    resumed, resumed_history = fit_network(CURVES, HELD_OUT, TINY, tmp_path)
    assert resumed_history == history
    assert same(weights, resumed)
    finished, _ = fit_network(CURVES, HELD_OUT, TINY, tmp_path)  # and once more it is only read
    assert same(weights, finished)


def test_the_state_of_another_training_is_not_taken_up(tmp_path):
    one = TINY.model_copy(update={"epochs": 1})
    fit_network(CURVES, HELD_OUT, one, tmp_path)
    for curves, settings in ((CURVES, TINY), (CURVES[1:], one)):
        with pytest.raises(ResumeError, match="other settings"):
            fit_network(curves, HELD_OUT, settings, tmp_path)
    (tmp_path / "training.safetensors").write_bytes(b"no")
    with pytest.raises(ResumeError, match="taken up"):
        fit_network(CURVES, HELD_OUT, one, tmp_path)


def test_training_stops_when_nothing_gets_better():
    assert (
        _is_finished([{"validation_loss": 1.0}] * 7, TINY.model_copy(update={"epochs": 60, "patience": 6}))
        is False
    )
    still = TINY.model_copy(
        update={
            "epochs": 30,
            "patience": 1,
            "learning_rate": 1e-12,
            "loss": LossSettings(schedule="constant"),
        }
    )
    _, history = fit_network(CURVES, HELD_OUT, still)
    assert len(history) < 30


def test_a_heavy_divergence_collapses_the_latent_and_that_is_told():
    heavy = TINY.model_copy(
        update={"epochs": 12, "loss": LossSettings(kl_weight=100, schedule="constant", free_bits=0)}
    )
    light = heavy.model_copy(update={"loss": LossSettings(kl_weight=0.01, schedule="constant", free_bits=0)})
    collapsed, used = (fit_network(CURVES, HELD_OUT, one)[1][-1] for one in (heavy, light))
    assert collapsed["divergence"] < 0.5 * used["divergence"]
    assert collapsed["active_units"] <= used["active_units"]


def test_a_fit_needs_counts():
    with pytest.raises(ValueError, match="needs light curves with counts"):
        fit_network(CURVES, [], TINY)
    with pytest.raises(ValueError, match="to calibrate on"):
        fit(sources(40, 1), [], TINY)


def test_a_little_training_explains_curves_better(fitted: Fitted):
    losses = [epoch["validation_loss"] for epoch in fitted.history]
    assert losses[-1] < losses[0]
    assert fitted.metrics["active_units"] >= 2
    assert not fitted.metrics["is_collapsed"]
    assert len(fitted.metrics["divergence"]) == SMALL.network.latent
    json.dumps(fitted.metrics)


def test_it_is_compared_with_every_baseline(tmp_path):
    short = SMALL.model_copy(update={"epochs": 1, "has_set_network": True})
    metrics = fit(sources(260, 3), sources(30, 4), short, tmp_path).metrics
    methods = {name for name, told in metrics["strata"][0].items() if isinstance(told, dict)}
    assert methods == {
        "autoencoder", "set network", "constant rate", "excess variance", "excess variance by visits",
    }  # fmt: skip
    assert metrics["clusters"].keys() == {"autoencoder", "summary statistics"}
    assert (tmp_path / "set_network").is_dir(), "its state is kept, too"


def test_the_network_without_recurrence_is_left_out_if_asked(tmp_path):
    alone = SMALL.model_copy(update={"epochs": 1})
    fit(sources(60, 3), sources(8, 4), alone, tmp_path)
    assert not (tmp_path / "set_network").exists()


def test_sources_are_split_by_name(fitted: Fitted, model: TrainedAutoencoder):
    curves = model.manifest.curves
    assert curves["fitted"] + curves["stopped_by"] + curves["judged"] == SMALL.curves
    assert curves["calibrated_on"] == SMALL.calibration_curves
    assert len(model.manifest.sources) == curves["fitted"] == len(model.memory.latent)


def test_variability_is_compared_with_that_of_constant_sources(model: TrainedAutoencoder):
    kinds = [one.kind for one in usual(SMALL.calibration_curves, 2)]
    assert model.memory.is_constant.tolist() == [kind == "constant" for kind in kinds]


def test_equal_trainings_are_equal_files():
    short = SMALL.model_copy(update={"epochs": 1})
    one, again = (fit(sources(60, 3), sources(8, 4), short).file for _ in range(2))
    assert one == again


def test_a_file_is_read_as_it_was_written(fitted: Fitted, model: TrainedAutoencoder, tmp_path):
    path = tmp_path / "autoencoder.zip"
    path.write_bytes(fitted.file)
    other = open_autoencoder(path)
    assert other.manifest == model.manifest
    curve = prepare(HELD_OUT[0])
    assert other.log_evidence(curve) == model.log_evidence(curve)
    assert same(other.memory.arrays(), model.memory.arrays())


def changed(data: bytes, **entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, entries.get(name.partition(".")[0], old.read(name)))
    return file.getvalue()


@pytest.mark.parametrize("damage", ["cut", "other", "format", "weights", "memory"])
def test_what_is_no_autoencoder_is_refused(fitted: Fitted, damage):
    data = fitted.file
    broken = {
        "cut": lambda: data[: len(data) // 2],
        "other": lambda: b"PK not a zip",
        "format": lambda: changed(data, manifest=b'{"format": "x"}'),
        "weights": lambda: changed(data, weights=b"no"),
        "memory": lambda: changed(data, memory=b"no"),
    }
    with pytest.raises(AutoencoderFileError):
        open_autoencoder(broken[damage]())


def test_nothing_in_the_file_is_a_pickle(fitted: Fitted):
    with zipfile.ZipFile(io.BytesIO(fitted.file)) as archive:
        names = set(archive.namelist())
    assert names == {"manifest.json", "encoder.onnx", "weights.safetensors", "memory.safetensors"}


def test_the_share_of_constant_sources_is_that_of_the_evidences():
    plain = {"changed": 0.0, "constant_changed": 0.0, "first_bin": -1, "last_bin": -1, "is_state": False}
    constant = [Evidences(usual=-20.0, constant=0.0, **plain)] * 70
    varying = [Evidences(usual=0.0, constant=-900.0, **plain)] * 30
    unknown = [Source(str(i), CURVES[0]) for i in range(100)]
    assert constant_share(unknown, constant + varying) == pytest.approx(0.7, abs=1e-3)
    assert 0 < constant_share(unknown[:70], constant) < 1
    known = [Source(str(i), CURVES[0], "constant" if i < 20 else "red") for i in range(100)]
    assert constant_share(known, constant + varying) == 0.2


def test_modes_are_settings():
    for changes in MODES.values():
        AutoencoderSettings(**changes)
    quick, full = (AutoencoderSettings(**MODES[mode]) for mode in ("quick", "full"))
    assert quick.epochs < full.epochs
    assert full == AutoencoderSettings(**MODES["custom"])
    assert np.isfinite(full.loss.kl_weight)
