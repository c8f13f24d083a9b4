"""Nights become rows and back; a night's rows are its verdicts; without a model there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.images.photometry_schemas import REPEATED
from astro_assets.images.photometry_tables import compute_frame_sources
from astro_assets.images.quality.assessor import open_assessor
from astro_assets.images.quality.fitting import fit
from astro_assets.images.quality.night_sets import recipes_of
from astro_assets.images.quality.settings import ForestSettings, NetworkSettings, QualitySettings
from astro_assets.images.quality_models import ASSESSOR
from astro_assets.images.quality_schemas import (
    MEASURE_COLUMNS,
    SIMULATED_NIGHTS_SCHEMA,
    FrameAssessorConfig,
    FrameQualityConfig,
    FrameSourcesConfig,
)
from astro_assets.images.quality_tables import (
    FRAME_QUALITY,
    SIMULATED_NIGHTS,
    compute_frame_quality,
    fit_frame_assessor,
    night_rows,
    recipe_of_row,
)
from astro_assets.images.simulation.night import NightSettings, simulate_night
from astro_assets.ledger.models import TooFewRowsError
from astro_assets_tests.images.made_images import image_file

SMALL = {
    "forest": ForestSettings(trees=10),
    "network": NetworkSettings(width=4, epochs=1, batch=8),
    "frames": 12,
    "rows": (100, 110),
    "network_nights": 2,
    "forest_nights": 12,
    "calibration_nights": 3,
    "test_nights": 2,
}
COUNTS = {"trained_on_real": 0, "trained_on_injected": 0, "trained_on_simulated": 19}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = QualitySettings(**SMALL)
    path = tmp_path_factory.mktemp("model") / "assessor"
    path.write_bytes(fit(recipes_of(settings), settings)[0])
    return {"alias": "champion", "model_version": "v", "artefact": path, **COUNTS}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("night")
    rows = []
    night = simulate_night(NightSettings(rows=100, columns=110, frames=6, stars_per_megapixel=5000), 12)
    for number, one in enumerate(night):
        path = image_file(folder / f"{number}.fits", one.frame.image, EXPTIME=one.frame.exposure_s)
        frame = {**dict.fromkeys(REPEATED), "sha256": path, "series_id": "night", "hdu": 0}
        frame |= {"mid_mjd_utc": 58106 + number / 100, "exposure_s": one.frame.exposure_s}
        (row,) = compute_frame_sources(path.name, {"frames": [frame]}, FrameSourcesConfig())
        rows.append({**row, "sha256": path})
    return rows


def quality(
    sources: list[dict[str, Any]], model: dict[str, Any] | None, config: FrameQualityConfig
) -> list[dict[str, Any]]:
    parents = {"frame_sources": sources, "assessor": [] if model is None else [model]}
    return compute_frame_quality("night", parents, config)


def test_rows_are_recipes_and_only_what_changes_them_changes_their_keys() -> None:
    config = FrameAssessorConfig(**SMALL)
    rows = night_rows(config)
    assert [recipe_of_row(row) for (row,) in rows.values()] == recipes_of(config)
    assert len(rows) == 19
    for key, (row,) in rows.items():
        assert key == row["night"]
        assert row["origin"] == "simulated"
        assert {name for name in row if name != "origin"} == set(SIMULATED_NIGHTS_SCHEMA.names)
        assert json.loads(row["settings"])["frames"] == row["n_frames"] == 12
    fewer = night_rows(config.model_copy(update={"forest_nights": 3, "network": NetworkSettings(epochs=9)}))
    assert set(fewer) < set(rows)
    assert set(night_rows(config.model_copy(update={"seed": 1}))).isdisjoint(rows)
    assert set(night_rows(config.model_copy(update={"frames": 13}))).isdisjoint(rows)


def test_a_training_is_of_just_the_nights_of_its_settings() -> None:
    wanted = ASSESSOR.wanted("quick", {"seed": 3})
    (training,) = wanted.training
    assert training.table is SIMULATED_NIGHTS
    assert training.keys == tuple(night_rows(wanted.config))
    full = ASSESSOR.wanted("full", {})
    assert len(full.training[0].keys or ()) == 36 + 44 + 24 + 12


def test_a_training_without_nights_of_a_role_is_refused() -> None:
    config = FrameAssessorConfig(**SMALL)
    rows = [row for (row,) in night_rows(config).values() if row["role"] != "calibration"]
    with pytest.raises(TooFewRowsError, match="role calibration"):
        fit_frame_assessor({"nights": rows}, config)


def test_without_a_model_there_are_no_rows(sources: list[dict[str, Any]]) -> None:
    assert quality(sources, None, FrameQualityConfig()) == []


def test_each_frame_has_a_row_in_order_of_time_whatever_the_order(
    sources: list[dict[str, Any]], model: dict[str, Any]
) -> None:
    rows = quality(sources, model, FrameQualityConfig())
    assert [row["frame_sha256"] for row in rows] == [f"{number}.fits" for number in range(6)]
    for row in rows:
        assert set(row) == set(FRAME_QUALITY.schema.names)
        assert row["p_good"] + row["p_medium"] + row["p_bad"] == pytest.approx(1)
        assert (row["is_beside_night"], row["night_p_value"], row["n_frames"]) == (True, None, 6)
        assert all(isinstance(row[column.name], float) for column in MEASURE_COLUMNS)
        assert row["relative_zero_point"] == pytest.approx(2.5 * np.log10(row["transparency"]), nan_ok=True)
        assert (row["model_version"], row["trained_on_simulated"]) == ("v", 19)
    again = quality(sources[::-1], model, FrameQualityConfig())
    assert str(again) == str(rows)
    fewer = quality(sources[:4], model, FrameQualityConfig())
    assert not any(row["is_beside_night"] for row in fewer)


@pytest.mark.parametrize("detection_sigma", [None, 20.0])
def test_a_frame_of_absurd_counts_has_a_row_that_says_why_and_the_others_theirs(
    sources: list[dict[str, Any]], model: dict[str, Any], tmp_path: Path, detection_sigma: float | None
) -> None:
    image = np.random.default_rng(3).normal(1e30, 1e29, (100, 110)).astype(np.float32)
    path = image_file(tmp_path / "absurd.fits", image, EXPTIME=60.0)
    frame = {
        **dict.fromkeys(REPEATED),
        "sha256": path,
        "series_id": "night",
        "hdu": 0,
        "mid_mjd_utc": 58107.0,
    }
    (row,) = compute_frame_sources(path.name, {"frames": [frame]}, FrameSourcesConfig())
    other = {} if detection_sigma is None else {"detection_sigma": detection_sigma}
    config = FrameQualityConfig(measuring=FrameSourcesConfig(**other))
    *rows, absurd = quality([{**row, "sha256": path}, *sources], model, config)
    assert (absurd["frame_sha256"], absurd["grade"], absurd["p_bad"]) == ("absurd.fits", "bad", 1.0)
    assert absurd["reasons"] == ["cannot be judged: none of the frame's pixels is a measurement"]
    assert (absurd["night_p_value"], absurd["is_beside_night"]) == (None, False)
    assert set(absurd) == set(FRAME_QUALITY.schema.names)
    assert len(rows) == len(sources)
    assert all(one["is_beside_night"] for one in rows)


def test_frames_measured_with_other_settings_are_measured_again(
    sources: list[dict[str, Any]], model: dict[str, Any]
) -> None:
    rows = quality(sources, model, FrameQualityConfig())
    measuring = FrameSourcesConfig(detection_sigma=20.0)
    other = [{**row, "n_stars": 1} for row in sources]
    again = quality(other, model, FrameQualityConfig(measuring=measuring))
    assert [row["p_bad"] for row in again] == [row["p_bad"] for row in rows]
    believed = quality(other, model, FrameQualityConfig())
    assert [row["stars_per_megapixel"] for row in believed] != [row["stars_per_megapixel"] for row in rows]


def test_the_model_is_what_was_stored(model: dict[str, Any]) -> None:
    manifest = open_assessor(Path(model["artefact"])).manifest
    assert manifest.settings == QualitySettings(**SMALL)
    assert np.isfinite(manifest.metrics["parity"])
