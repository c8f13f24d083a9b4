"""The encoder reads curves of any length alike, and the decoder is told no counts."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from astro_assets.xray.autoencoder.batches import batch_of
from astro_assets.xray.autoencoder.decoding import Decoder
from astro_assets.xray.autoencoder.evidence import log_likelihoods
from astro_assets.xray.autoencoder.export import graph_of
from astro_assets.xray.autoencoder.losses import Observed, log_likelihood
from astro_assets.xray.autoencoder.model import session_of
from astro_assets.xray.autoencoder.network import Autoencoder, n_parameters, network_of
from astro_assets.xray.autoencoder.preparation import FEATURES, prepare
from astro_assets.xray.autoencoder.settings import PARITY, NetworkSettings
from astro_assets_tests.xray.made_curves import curve_of, usual

SIZES = {"hidden": 10, "latent": 5, "decoder_width": 12}


def settings_of(**changes) -> NetworkSettings:
    return NetworkSettings(**(SIZES | changes))


def weights_of(network: nn.Module):
    return {name: value.numpy() for name, value in network.state_dict().items()}


@pytest.fixture(scope="module")
def curves():
    return [prepare(one.light_curve) for one in usual(9, 4)]


@pytest.mark.parametrize("reader", ["gru", "set"])
@pytest.mark.parametrize("both", [True, False])
def test_padding_and_company_do_not_matter(curves, reader, both):
    torch.manual_seed(1)
    network = Autoencoder(settings_of(is_bidirectional=both), reader).eval()
    batch = batch_of(curves)
    with torch.no_grad():
        mean, log_variance = network.encoder(batch.features, batch.summary, batch.lengths)
        for row, curve in enumerate(curves):
            one = batch_of([curve])
            alone = network.encoder(one.features, one.summary, one.lengths)
            np.testing.assert_allclose(alone[0][0], mean[row], atol=1e-5)
            np.testing.assert_allclose(alone[1][0], log_variance[row], atol=1e-5)


def test_the_gru_reads_as_torch_reads_a_packed_sequence(curves):
    torch.manual_seed(2)
    encoder = Autoencoder(settings_of(is_bidirectional=True, layers=2)).eval().encoder
    packed = nn.GRU(len(FEATURES), 10, 2, batch_first=True, bidirectional=True)
    weights = {}
    for layer in range(2):
        for way, suffix in enumerate(("", "_reverse")):
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                weights[f"{part}_l{layer}{suffix}"] = getattr(encoder.grus[layer][way], f"{part}_l0")
    packed.load_state_dict(weights)
    batch = batch_of(curves)
    with torch.no_grad():
        sequence = pack_padded_sequence(batch.features, batch.lengths, batch_first=True, enforce_sorted=False)
        found, last = packed(sequence)
        states, _ = pad_packed_sequence(found, batch_first=True)
        mean = states.sum(dim=1) / batch.lengths.unsqueeze(1)
        expected = encoder.head(mean, last[-2:].transpose(0, 1).flatten(1), batch.summary)
        given = encoder(batch.features, batch.summary, batch.lengths)
    for one, other in zip(given, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("n_bins", [1, 2, 37, 700])
def test_onnxruntime_gives_what_torch_gives(both, n_bins):
    torch.manual_seed(3)
    settings = settings_of(is_bidirectional=both)
    network = Autoencoder(settings).eval()
    session = session_of(graph_of(weights_of(network), settings))
    curve = prepare(curve_of(np.full((n_bins, 3), 2.0), np.random.default_rng(n_bins)))
    batch = batch_of([curve])
    found = session.run(None, {"features": curve.features[None], "summary": curve.summary[None]})
    with torch.no_grad():
        expected = network.encoder(batch.features, batch.summary, batch.lengths)
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other.numpy()).max() < PARITY


def test_equal_weights_are_equal_graphs():
    torch.manual_seed(3)
    settings = settings_of()
    weights = weights_of(Autoencoder(settings))
    assert graph_of(weights, settings) == graph_of(dict(reversed(weights.items())), settings)


@pytest.mark.parametrize("has_scatter", [True, False])
def test_serving_tells_the_likelihood_that_was_fitted(curves, has_scatter):
    torch.manual_seed(4)
    settings = settings_of(has_scatter=has_scatter)
    network = network_of(settings, weights_of(Autoencoder(settings)))
    decoder = Decoder(weights_of(network), has_scatter=has_scatter)
    batch = batch_of(curves)
    latent = torch.randn(len(curves), settings.latent)
    with torch.no_grad():
        rate, scatter = network.decoder(latent, batch.times)
        observed = Observed(batch.counts, batch.exposure_s, batch.background, batch.is_known, batch.visits)
        expected = log_likelihood(rate, scatter if has_scatter else None, observed)
    for row, curve in enumerate(curves):
        ours = decoder.rates(latent[row : row + 1].numpy().astype(float), curve.times)
        np.testing.assert_allclose(ours[0][0], rate[row, : curve.n_bins], atol=1e-4)
        found = log_likelihoods(decoder, curve, *ours)[0]
        np.testing.assert_allclose(found, expected[row, : len(found)], rtol=1e-3, atol=2e-3)


def test_dropout_is_only_there_while_it_learns(curves):
    network = Autoencoder(settings_of(dropout=0.5))
    batch = batch_of(curves)
    torch.manual_seed(5)
    drawn = [network.train().encoder(batch.features, batch.summary, batch.lengths)[0] for _ in range(2)]
    fixed = [network.eval().encoder(batch.features, batch.summary, batch.lengths)[0] for _ in range(2)]
    assert not torch.equal(*drawn)
    assert torch.equal(*fixed)


def test_the_default_is_small_and_of_the_size_that_is_said():
    settings = NetworkSettings()
    assert (settings.hidden, settings.layers, settings.dropout, settings.latent) == (64, 2, 0.2, 40)
    assert n_parameters(Autoencoder(settings)) < 200_000
