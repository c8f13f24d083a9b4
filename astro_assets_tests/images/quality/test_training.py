"""The network: deterministic, small, ordinal, served as it was trained."""

import numpy as np
import pytest
import torch

from astro_assets.images.quality.assessor import seen, session_of
from astro_assets.images.quality.network import QualityNetwork, loss_of, n_parameters, network_of
from astro_assets.images.quality.night_sets import network_examples, recipe_of
from astro_assets.images.quality.settings import NetworkSettings
from astro_assets.images.quality.training import fit_network, graph_of, outputs_of
from astro_assets_tests.images.quality.conftest import SMALL


@pytest.fixture(scope="module")
def examples():
    settings = SMALL.model_copy(update={"seed": 5})
    return network_examples([recipe_of(settings, "network", number) for number in range(3)])


def test_the_same_seed_gives_the_same_bits_and_another_others(examples):
    settings = NetworkSettings(width=4, epochs=1, batch=8)
    weights, losses = fit_network(*examples, settings, 0)
    again, losses_again = fit_network(*examples, settings, 0)
    other, _ = fit_network(*examples, settings, 1)
    assert losses == losses_again
    assert all(weights[name].tobytes() == again[name].tobytes() for name in weights)
    assert any(weights[name].tobytes() != other[name].tobytes() for name in weights)


def test_the_loss_falls(examples):
    _, losses = fit_network(*examples, NetworkSettings(width=4, epochs=4, batch=8), 0)
    assert losses[-1] < losses[0]


def test_serving_equals_torch(examples):
    torch.manual_seed(3)
    network = QualityNetwork(6).eval()
    graph = graph_of(network)
    assert graph == graph_of(network)
    session = session_of(graph)
    for one in examples[0][:5]:
        logits, features = seen(session, one)
        np.testing.assert_allclose(logits, outputs_of(network, one), atol=1e-4)
        assert features.shape == (16,)


def test_it_is_small_and_weights_come_back():
    assert n_parameters(NetworkSettings().width) <= 100_000
    network = QualityNetwork(5)
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    again = network_of(5, arrays).state_dict()
    assert all(np.array_equal(again[name].numpy(), value) for name, value in arrays.items())


def test_the_loss_is_the_cross_entropy_of_steps():
    logits = torch.tensor([[0.3, -0.4], [1.0, 0.2], [-2.0, -3.0]])
    grades = torch.tensor([2, 1, 0])
    p = torch.sigmoid(logits)
    expected = -torch.log(torch.stack([p[0, 0], p[0, 1], p[1, 0], 1 - p[1, 1], 1 - p[2, 0], 1 - p[2, 1]]))
    assert float(loss_of(logits, grades)) == pytest.approx(float(expected.mean()), rel=1e-5)


def test_too_few_frames_are_refused(examples):
    with pytest.raises(ValueError, match="no batch"):
        fit_network(examples[0][:3], examples[1][:3], NetworkSettings(batch=8), 0)
