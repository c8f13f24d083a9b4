"""The card of an autoencoder."""

import numpy as np

from astro_assets.xray.autoencoder.card import model_card
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.judging import nll_by_strata
from astro_assets_tests.xray.autoencoder.conftest import SMALL

ROW = {
    "model": "xray_autoencoder",
    "model_version": "v1",
    "trained_on_real": 0,
    "trained_on_injected": 0,
    "trained_on_simulated": 300,
    "training_recipe": "a" * 16,
    "training_root": "b" * 16,
    "artefact": "c" * 16,
}
ENERGY = {"kwh": 0.001, "co2e_kg": 0.0004, "seconds": 12.0, "method": "estimated"}


def test_it_tells_data_figures_and_who_is_best_where(model: TrainedAutoencoder):
    manifest = model.manifest
    counts, bins = np.linspace(20, 900, 60), np.arange(60) + 20
    evidences = {"autoencoder": -0.4 * counts, "excess variance": -0.5 * counts}
    strata = nll_by_strata(evidences, counts, bins, "autoencoder")
    figures = {**manifest.metrics, "curves": manifest.curves, "energy": ENERGY, "strata": strata}
    card = model_card(ROW, figures)
    assert "# xray_autoencoder v1" in card
    assert "300 simulated" in card
    assert f"| latents in use | {manifest.metrics['active_units']} |" in card
    assert "| 1 and more | 0 and more | 60 | 0.400 | 0.500 | autoencoder |" in card
    assert "| 40 and more |" in card
    assert str(SMALL.calibration_curves) in card
    assert "| flare | autoencoder | " in card
    assert "| flare | summary statistics | " in card
    assert f"| constant | {manifest.metrics['coverage']['constant']:.3f} |" in card
    assert "nan" not in card.lower().replace("nance", "")


def test_too_few_sources_are_not_compared(model: TrainedAutoencoder):
    figures = {**model.manifest.metrics, "curves": {}, "energy": ENERGY, "strata": []}
    assert "too few sources" in model_card(ROW, figures)
