"""What an autoencoder is told by on sources that nothing was fitted to."""

import numpy as np

from astro_assets.xray.autoencoder.judgement import detections, judged
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.baselines.summary_statistics import fit_statistics, statistics_table
from astro_assets_tests.xray.autoencoder.conftest import sources

KNOWN, TEST = sources(60, 31), sources(60, 32)
STATISTICS = fit_statistics(statistics_table([prepare(one.curve) for one in KNOWN]), 5)


def test_changes_of_constant_sources_are_told_from_none(model: TrainedAutoencoder):
    found = detections(model, STATISTICS, TEST)
    assert found.keys() == {"autoencoder", "scan of a constant rate", "summary statistics"}
    for by_sort in found.values():
        assert by_sort.keys() == {"flare", "dip", "state_change"}
        assert all(area["low"] <= area["value"] <= area["high"] for area in by_sort.values())
    assert found["autoencoder"]["flare"]["value"] > 0.85


def test_without_constant_sources_of_known_rates_there_is_nothing_to_detect(model: TrainedAutoencoder):
    varying = [one for one in TEST if one.kind != "constant"]
    unknown = [type(one)(one.name, one.curve, one.kind) for one in TEST]
    assert detections(model, STATISTICS, varying) == detections(model, STATISTICS, unknown) == {}


def test_a_better_network_wins(model: TrainedAutoencoder):
    class Better:
        def log_evidence(self, curve):
            return model.log_evidence(curve) + 1e3

    told = judged(model, KNOWN, TEST, {"set network": Better()})
    assert told["strata"][0]["best"] == "set network"
    assert not told["wins_long"]
    assert told["coverage"].keys() == {"constant", "log-normal", "red"}
    assert all(0 <= share <= 1 for share in told["coverage"].values())
    assert np.isfinite(told["nll_per_count"])
