"""What an autoencoder says of a curve."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.autoencoder.scoring import (
    Evidences,
    cluster_of,
    neighbours,
    p_constant,
    p_usual,
    score,
)
from astro_assets_tests.xray.autoencoder.conftest import SMALL
from astro_assets_tests.xray.made_curves import curve_of, made, usual


def test_a_score_depends_on_the_curve_alone(model: TrainedAutoencoder):
    one, other = made("red", 5).light_curve, made("constant", 6).light_curve
    first = score(model, one)
    score(model, other)
    again = score(model, one)
    assert first.change_score == again.change_score
    assert first.surprise_score == again.surprise_score
    assert first.latent.tobytes() == again.latent.tobytes()


def test_a_strong_flare_is_strange_and_is_found(model: TrainedAutoencoder):
    rng = np.random.default_rng(3)
    rate = np.full((40, 3), 1.5)
    flaring = rate.copy()
    flaring[20:22] *= 12
    usual_score, found = (score(model, curve_of(one, rng)) for one in (rate, flaring))
    assert found.change_score > usual_score.change_score + 5
    assert found.first_bin <= 21
    assert found.last_bin >= 20
    assert not found.is_state
    assert found.p_constant < 0.1 <= usual_score.p_constant
    assert found.p_usual < 0.1


def test_a_change_of_state_is_told_as_one(model: TrainedAutoencoder):
    rate = np.full((40, 3), 1.5)
    rate[25:] *= 6
    found = score(model, curve_of(rate, np.random.default_rng(3)))
    assert found.is_state
    assert abs(found.first_bin - 25) <= 1
    assert found.last_bin == 39


def test_p_values_of_usual_sources_are_even(model: TrainedAutoencoder):
    sources = usual(60, 77)
    scored = [score(model, one.light_curve) for one in sources]
    of_usual = np.array([one.p_usual for one in scored])
    of_constant = np.array(
        [one.p_constant for one, source in zip(scored, sources, strict=True) if source.kind == "constant"]
    )
    for found in (of_usual, of_constant):
        assert 0.3 < found.mean() < 0.7
        assert (found > 0).all()
        assert (found <= 1).all()


def test_p_values_fall_with_either_score(model: TrainedAutoencoder):
    low, high = np.full(3, -1e3), np.array([-1e3, 0, 1e3])
    assert (np.diff(p_usual(model, high, low)) <= 0).all()
    assert (np.diff(p_usual(model, low, high)) <= 0).all()
    assert (np.diff(p_constant(model, high)) <= 0).all()
    assert p_usual(model, np.array([1e9]), np.array([-9.0]))[0] < 0.1
    assert np.isnan(p_usual(model, np.array([np.nan]), np.array([0.0]))[0])
    assert np.isnan(p_constant(model, np.array([np.nan]))[0])


def test_without_counts_there_is_a_latent_and_no_score(model: TrainedAutoencoder):
    one = made("constant", 2, bins=12).light_curve
    found = score(model, replace(one, counts=np.full_like(one.counts, np.nan)))
    assert np.isnan([found.log_evidence, found.change_score, found.p_usual, found.p_constant]).all()
    assert np.isfinite(found.latent).all()


@pytest.mark.parametrize("n_bins", [1, 2, 3])
def test_the_shortest_curves_are_scored(model: TrainedAutoencoder, n_bins):
    found = score(model, curve_of(np.ones((n_bins, 3)), np.random.default_rng(1)))
    assert np.isfinite([found.log_evidence, found.change_score, found.surprise_score, found.p_usual]).all()
    assert (found.first_bin == -1) == (n_bins < 3)


def test_one_band_is_enough(model: TrainedAutoencoder):
    found = score(model, curve_of(np.full((20, 1), 2.0), np.random.default_rng(1)))
    assert np.isfinite(found.p_constant)


def test_a_known_source_is_its_own_neighbour(model: TrainedAutoencoder):
    known = model.memory.latent[3].astype(float)
    found = neighbours(model, known, 4)
    assert found[0] == (model.manifest.sources[3], 0.0)
    assert [distance for _, distance in found] == sorted(distance for _, distance in found)
    assert cluster_of(model, known) == model.memory.clusters[3]


def test_the_nearest_are_those_that_are_as_bright(model: TrainedAutoencoder):
    names = {f"SIM 1-{i}": one for i, one in enumerate(usual(SMALL.curves, 1))}
    told = []
    for level in (3, 150):
        latent = model.encode(prepare(made("constant", (4, level), 60, level).light_curve))[0]
        near = [names[name].rate.sum(axis=1).mean() for name, _ in neighbours(model, latent, 8)]
        told.append(np.median(near))
    assert told[1] > 3 * told[0]


def test_a_source_may_vary_in_three_ways():
    plain = {"first_bin": 0, "last_bin": 1, "is_state": False}
    for name in ("usual", "changed", "constant_changed"):
        ways = {"usual": -90.0, "changed": -90.0, "constant_changed": -90.0} | {name: -10.0}
        found = Evidences(constant=-30.0, **ways, **plain)
        assert found.variability_score() == pytest.approx(20 - np.log(3))


def test_a_change_is_weighed_against_both_sorts_of_usual_sources():
    found = Evidences(
        usual=-10, constant=-30, changed=-9, constant_changed=-5, first_bin=0, last_bin=1, is_state=False
    )
    # The constant source with a change explains best; but not if hardly any source is constant.
    assert found.change_score(0.5) == pytest.approx(5 + np.log1p(np.exp(-4)), abs=1e-6)
    assert found.change_score(1e-9) == pytest.approx(1.0, abs=1e-5)


def test_neighbours_and_clusters_are_by_what_latents_say(model: TrainedAutoencoder):
    scale = model.memory.latent_scale
    assert (scale > 0).any()
    latent = model.memory.latent[3].astype(np.float64)
    beside = latent + np.where(scale > 0, 0.0, 9.0)
    assert neighbours(model, beside, 1) == [(model.manifest.sources[3], 0.0)]
    assert cluster_of(model, beside) == model.memory.clusters[3]
