"""A small training: it learns, it is the same again, its file computes what the network does."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from astro_assets.images.alerts.avro_reading import avro_packets
from astro_assets.images.real_bogus.classifier import CAVEAT, ClassifierFileError, open_classifier
from astro_assets.images.real_bogus.examples import ExampleSettings, make_examples
from astro_assets.images.real_bogus.fitting import fit_network, logits_of
from astro_assets.images.real_bogus.network import MOST_PARAMETERS
from astro_assets.images.real_bogus.preparation import prepared
from astro_assets.images.real_bogus.settings import ClassifierSettings, NetworkSettings
from astro_assets.images.real_bogus.training import fit, folds_of
from astro_assets_tests.images.alerts.made_packets import V1, avro, record
from astro_assets_tests.images.real_bogus.made_triplets import source

SETTINGS = ClassifierSettings(
    folds=3,
    resamples=50,
    examples=ExampleSettings(each=10),
    network=NetworkSettings(width=6, epochs=5, batch=20),
)
SOURCES = [source(i) for i in range(15)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained():
    return fit(SOURCES, SETTINGS)


@pytest.fixture(scope="module")
def classifier(trained):
    return open_classifier(trained[0])


@pytest.fixture(scope="module")
def held_out():
    examples = make_examples(SOURCES, SETTINGS.examples)
    rows = np.flatnonzero(folds_of(examples.groups, SETTINGS) == 0)
    return examples, rows


def test_it_learns_something(trained):
    figures = trained[1]
    assert figures["roc_auc"]["value"] > 0.75
    assert figures["roc_auc"]["low"] < figures["roc_auc"]["value"] < figures["roc_auc"]["high"]
    assert figures["objects"] == {"calibration": 5, "held out": 5, "training": 5}
    assert figures["n_examples"] == 100
    assert figures["n_parameters"] < MOST_PARAMETERS
    assert figures["caveat"] == CAVEAT


def test_the_figures_are_json(trained):
    assert json.loads(json.dumps(trained[1], allow_nan=False)) == trained[1]


def test_figures_are_of_what_the_file_says_of_objects_it_has_not_seen(trained, classifier, held_out):
    examples, rows = held_out
    score, truth = classifier.score(examples.images[rows]), examples.is_real[rows]
    assert trained[1]["at_0.5"]["true_positives"] == (score[truth] >= 0.5).sum()
    assert trained[1]["at_0.5"]["false_positives"] == (score[~truth] >= 0.5).sum()


def test_the_same_again_to_the_bit(trained):
    assert fit(SOURCES, SETTINGS) == trained


@pytest.mark.parametrize(
    "change",
    [
        *({"flips_and_turns": False}, {"dropout": 0.1}, {"learning_rate": 1e-3}, {"weight_decay": 0.5}),
        *({"batch": 10}, {"epochs": 2}, {"width": 4}, {"hidden": 8}),
    ],
    ids=str,
)
def test_settings_count(change):
    rng = np.random.default_rng(0)
    images, truth = rng.normal(size=(40, 4, 63, 63)).astype(np.float32), rng.random(40) < 0.5
    plain = NetworkSettings(width=3, epochs=1, batch=20)
    one, other = (fit_network(images, truth, one, 0) for one in (plain, plain.model_copy(update=change)))
    assert not np.array_equal(logits_of(one, images), logits_of(other, images))


def test_the_seed_counts():
    rng = np.random.default_rng(0)
    images, truth = rng.normal(size=(20, 4, 63, 63)).astype(np.float32), rng.random(20) < 0.5
    plain = NetworkSettings(width=3, epochs=1, batch=20)
    one, other = (logits_of(fit_network(images, truth, plain, seed), images) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_a_score_does_not_depend_on_its_company(classifier, held_out):
    images = held_out[0].images[held_out[1]][:70]
    together = classifier.score(images)
    np.testing.assert_array_equal(classifier.score(images[::-1].copy()), together[::-1])
    np.testing.assert_array_equal(
        [classifier.score(images[i : i + 1])[0] for i in (0, 40, 69)], together[[0, 40, 69]]
    )


def test_training_and_scoring_see_the_same(classifier, held_out):
    """One function prepares both: scores are those of prepared triplets."""
    images = held_out[0].images[:8]
    odds = classifier.manifest.slope * classifier.logits(prepared(images)) + classifier.manifest.intercept
    np.testing.assert_allclose(classifier.score(images), 1 / (1 + np.exp(-odds)), rtol=1e-12)


def test_a_triplet_that_lacks_a_stamp_has_no_score(classifier):
    images = SOURCES[0].images[None].copy()
    images[0, 1] = np.nan
    assert np.isnan(classifier.score(images)).all()


def test_it_scores_packets_as_a_filter_asks(classifier):
    data = avro(V1, [record(), record(1) | {"cutoutScience": None}])
    whole, torn = avro_packets(io.BytesIO(data), "night.avro", with_stamps=True)
    (plain, _) = avro_packets(io.BytesIO(data), "night.avro", with_stamps=False)
    assert 0 <= classifier(whole, {}) <= 1
    assert np.isnan(classifier(torn, {}))
    assert np.isnan(classifier(plain, {})), "it was read without stamps"


def rewritten(data, **changes):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (entries | changes).items():
            archive.writestr(name, content)
    return file.getvalue()


def test_something_else_is_refused(trained):
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(trained[0])).read("manifest.json"))
    other = json.dumps(manifest | {"format": "another 9"}).encode()
    broken = {
        "nothing": b"",
        "cut off": trained[0][:-100],
        "of another form": rewritten(trained[0], **{"manifest.json": other}),
        "no graph": rewritten(trained[0], **{"network.onnx": b"junk"}),
        "no JSON": rewritten(trained[0], **{"manifest.json": b"{"}),
    }
    for data in broken.values():
        with pytest.raises(ClassifierFileError, match="no classifier that can be read"):
            open_classifier(data)


def test_too_few_objects_are_refused():
    with pytest.raises(ValueError, match="2 groups cannot fill 3 folds"):
        fit(SOURCES[:2], SETTINGS)
