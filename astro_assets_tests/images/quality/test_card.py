"""The card says what a version was trained and judged on, and what it does not know."""

import math

from astro_assets.images.quality.card import model_card

MODEL = {
    "model": "images/frame_assessor",
    "model_version": "0123456789abcdef",
    "trained_on_real": 0,
    "trained_on_injected": 0,
    "trained_on_simulated": 23,
    "training_recipe": "r" * 64,
    "training_root": "m" * 64,
    "artefact": "a" * 64,
}


def test_it_is_about_this_version_and_its_figures(fitted):
    _, metrics = fitted
    energy = {"kwh": 0.0012, "co2e_kg": 0.0005, "seconds": 61.0, "method": "estimated"}
    card = model_card(MODEL, {**metrics, "energy": energy})
    kappa = metrics["kappa"]
    assert card.startswith("# images/frame_assessor 0123456789abcdef\n")
    assert f"{kappa['value']:.3f} ({kappa['from']:.3f} to {kappa['to']:.3f})" in card
    assert "0 real, 0 injected, 23 simulated" in card
    for grade, counts in zip(("good", "medium", "bad"), metrics["confusion"], strict=True):
        assert f"| {grade} | {' | '.join(map(str, counts))} |" in card
    assert "61 s, 1.20 Wh" in card
    assert "`" + "a" * 64 + "`" in card
    assert "Limits" in card


def test_what_is_not_known_is_said(fitted):
    _, metrics = fitted
    assert math.isfinite(metrics["parity"])
    energy = {"kwh": None, "co2e_kg": None, "seconds": 1.0, "method": "not measured: no meter"}
    card = model_card(MODEL, {**metrics, "noticed": None, "energy": energy})
    assert "not measured: no meter" in card
    assert "unknown of bad ones" in card
