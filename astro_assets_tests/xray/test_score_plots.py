"""Pictures are small, and there is none where there is nothing to show."""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_assets.xray import score_plots
from astro_assets.xray.judging import nll_by_strata
from astro_assets_tests.xray.made_curves import made

HISTORY: Any = [{"loss": 4 - i / 9, "validation_loss": 4 - i / 10, "active_units": 3.0} for i in range(9)]


def is_small_png(picture: bytes | None) -> bool:
    return picture is not None and picture.startswith(b"\x89PNG") and len(picture) < 50_000


def test_pictures_of_a_version() -> None:
    rng = np.random.default_rng(1)
    bins = rng.integers(6, 120, 400)
    counts = bins * rng.uniform(1, 50, 400)
    evidences = {"autoencoder": -0.4 * counts, "excess variance": -0.41 * counts}
    strata = nll_by_strata(evidences, counts, bins, "autoencoder")
    assert is_small_png(score_plots.wins_plot(strata))
    assert score_plots.wins_plot([]) is None
    alarms = {name: {"n": 40, "histogram": [2] * 20} for name in ("p_usual", "p_constant")}
    assert is_small_png(score_plots.p_values_plot(alarms))
    assert is_small_png(score_plots.learning_plot(HISTORY))
    known, own = (rng.normal(size=(n, 2)).astype(np.float32) for n in (50, 2))
    alone = score_plots.map_plot(known, ["constant"] * 50, own[:0], [])
    assert is_small_png(alone)
    assert score_plots.map_plot(known, ["constant"] * 50, own, ["a", r"$\frac$"]) != alone


def test_a_curve_is_drawn_with_what_is_made_of_it_and_where_it_changes() -> None:
    curve = made("red", (3, 4), 300, 20).light_curve
    rate = np.full((300, 3), 0.5)
    name = r"$\frac$"
    rates = np.arange(300), rate, 0.8 * rate, 1.2 * rate
    pictures = [
        score_plots.reconstruction_plot(score_plots.OddSource(name, curve, *rates, change_s))
        for change_s in (None, (curve.time_s[200], curve.time_s[204]))
    ]
    assert all(map(is_small_png, pictures))
    assert pictures[0] != pictures[1], "bins about the change are shown"
