"""False alarms are counted on sources that nothing was fitted to."""

from __future__ import annotations

import numpy as np

from astro_assets.xray.autoencoder.alarms import LEVEL, alarms_of
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.scoring import score
from astro_assets.xray.autoencoder.training import Fitted
from astro_assets_tests.xray.made_curves import usual


def test_each_p_value_is_counted_on_the_sources_that_it_is_of(model: TrainedAutoencoder) -> None:
    sources = usual(12, 9)
    curves = [one.light_curve for one in sources]
    is_constant = np.array([one.kind == "constant" for one in sources])
    found = alarms_of(model, curves, is_constant)
    assert found["p_usual"]["n"] == sum(found["p_usual"]["histogram"]) == 12
    assert found["p_constant"]["n"] == sum(found["p_constant"]["histogram"]) == is_constant.sum()
    expected = np.mean([score(model, curve).p_usual <= LEVEL for curve in curves])
    (rate,) = (one for one in found["p_usual"]["rates"] if one["level"] == LEVEL)
    assert rate["value"] == expected
    assert "p_constant" not in alarms_of(model, curves, ~is_constant & is_constant)


def test_a_training_counts_them_on_its_test_sources(fitted: Fitted) -> None:
    alarms = fitted.metrics["alarms"]["p_usual"]
    assert alarms["n"] == fitted.curves["judged"]
