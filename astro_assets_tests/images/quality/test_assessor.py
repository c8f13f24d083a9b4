"""A whole small training: the same for the same seed, read as it was written, sensible."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.frame import Frame
from astro_assets.images.quality.assessor import open_assessor
from astro_assets.images.quality.assessor_file import AssessorFileError
from astro_assets.images.quality.fitting import fit
from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.night_sets import recipes_of
from astro_assets.images.quality.settings import MODES, NetworkSettings, QualitySettings
from astro_assets.images.quality.unseen import UNSEEN
from astro_assets_tests.images.quality.conftest import SMALL


@pytest.fixture(scope="module")
def verdicts(assessor, night, sources, expectation):
    return [
        assessor.assess(one.frame, expectation, sources=found)
        for one, found in zip(night, sources, strict=True)
    ]


def test_even_a_small_training_ranks_a_night(night, verdicts):
    worse = np.array([one.p_not_good + one.p_bad for one in verdicts])
    kept = np.array([one.kept for one in night])
    assert np.corrcoef(worse, kept)[0, 1] < -0.75
    for one in verdicts:
        assert 0 <= one.p_bad <= one.p_not_good <= 1
        assert 0 < one.training_p_value <= 1
        assert one.grade in GRADES


def test_bad_frames_have_reasons(verdicts):
    bad = [one for one in verdicts if one.grade == "bad"]
    assert bad
    assert all(one.reasons for one in bad)


def test_sources_need_not_be_given_and_residuals_need_a_night(assessor, night, expectation, verdicts):
    found = assessor.assess(night[6].frame, expectation)
    assert found.p_bad == verdicts[6].p_bad
    assert np.isnan(found.measures.comparison_residual)


def test_a_single_frame_is_judged_without_a_night(assessor, night):
    found = assessor.assess(replace(night[6].frame, exposure_s=None, gain=None))
    assert np.isnan(found.measures.depth)
    assert found.grade in GRADES
    assert all("night" not in reason for reason in found.reasons)


def test_a_frame_does_not_depend_on_its_company(assessor, night, expectation, verdicts):
    again = [assessor.assess(one.frame, expectation) for one in night[::-1]][::-1]
    assert [one.p_bad for one in again] == [one.p_bad for one in verdicts]
    assert [one.training_p_value for one in again] == [one.training_p_value for one in verdicts]


def test_faults_that_no_training_has_make_frames_less_usual(assessor, night, expectation, verdicts):
    rng = np.random.default_rng(0)
    good = [number for number, one in enumerate(night) if one.grade == "good"][:3]
    for name, spoil in UNSEEN.items():
        spoilt = [
            assessor.assess(spoil(night[number].frame, rng), expectation).training_p_value for number in good
        ]
        assert np.mean(spoilt) < np.mean([verdicts[number].training_p_value for number in good]), name
        assert spoil(night[good[0]].frame, rng).image.dtype == np.float32


def test_frames_that_cannot_be_judged_are_refused(assessor):
    with pytest.raises(ValueError, match="sides"):
        assessor.assess(Frame(image=np.zeros((8, 8), np.float32)))
    with pytest.raises(ValueError, match="taken at most"):
        assessor.assess(Frame(image=np.broadcast_to(np.float32(1), (20_000, 20_000))))


@pytest.mark.slow
def test_the_same_settings_give_the_same_bytes(fitted):
    file, metrics = fit(recipes_of(SMALL), SMALL)
    assert file == fitted[0]
    assert metrics == fitted[1]
    json.dumps(metrics)


def test_a_file_is_read_as_it_was_written(fitted, assessor, night, expectation, verdicts, tmp_path):
    path = tmp_path / "assessor.zip"
    path.write_bytes(fitted[0])
    other = open_assessor(path)
    assert other.manifest == assessor.manifest
    assert other.manifest.metrics == fitted[1]
    found = other.assess(night[3].frame, expectation)
    assert (found.p_bad, found.training_p_value, found.reasons) == (
        verdicts[3].p_bad,
        verdicts[3].training_p_value,
        verdicts[3].reasons,
    )


@pytest.mark.parametrize("damage", ["cut", "other", "format", "tree"])
def test_what_is_no_assessor_is_refused(fitted, damage):
    data = fitted[0]
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "other":
        data = b"PK not a zip"
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        if damage == "format":
            entries["manifest.json"] = json.dumps({"format": "x", "grades": [], "columns": []}).encode()
        else:
            entries["bad.safetensors"] = entries["density.safetensors"]
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        data = file.getvalue()
    with pytest.raises(AssessorFileError):
        open_assessor(data)


def test_modes_are_settings():
    for changed in MODES.values():
        QualitySettings(**changed)
    assert QualitySettings(**MODES["quick"]).forest_nights < QualitySettings().forest_nights
    assert NetworkSettings(**MODES["quick"]["network"]).epochs < NetworkSettings().epochs
