"""What an autoencoder is told by on sources that nothing was fitted to."""

import numpy as np

from astro_assets.xray.autoencoder.judgement import detections, judged
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import Prepared, prepare
from astro_assets.xray.autoencoder.source import Source
from astro_assets.xray.baselines.summary_statistics import fit_statistics, statistics_table
from astro_assets_tests.xray.autoencoder.conftest import sources
from astro_assets_tests.xray.made_curves import made

KNOWN, TEST = sources(60, 31), sources(60, 32)
STATISTICS = fit_statistics(statistics_table([prepare(one.curve) for one in KNOWN]), 5)


def test_changes_of_constant_sources_are_told_from_none(model: TrainedAutoencoder):
    found = detections(model, STATISTICS, TEST)
    assert found.keys() == {"autoencoder", "scan of a constant rate", "summary statistics"}
    for by_sort in found.values():
        assert by_sort.keys() == {"flare", "dip", "state_change"}
        assert all(area["low"] <= area["value"] <= area["high"] for area in by_sort.values())
    assert found["autoencoder"]["flare"]["value"] > 0.85
    for sort in found["autoencoder"]:
        assert len({by_sort[sort]["n"] for by_sort in found.values()}) == 1, "each sees the same curves"


def test_without_constant_sources_of_known_rates_there_is_nothing_to_detect(model: TrainedAutoencoder):
    varying = [one for one in TEST if one.kind != "constant"]
    unknown = [type(one)(one.name, one.curve, one.kind) for one in TEST]
    for sources_ in (varying, unknown):
        assert not any(detections(model, STATISTICS, sources_).values())


def test_a_better_network_wins(model: TrainedAutoencoder):
    class Method:
        def __init__(self, more: float) -> None:
            self.more = more

        def log_evidence(self, curve: Prepared) -> float:
            return model.log_evidence(curve) + self.more

    long = [
        Source(str(i), one.light_curve, "constant", one.rate, one.background_rate)
        for i, one in enumerate(made("constant", (5, i), 60, 20) for i in range(25))
    ]
    won, lost = (judged(model, KNOWN, long, {"set network": Method(more)}) for more in (-1e3, 1e3))
    assert lost["strata"][0]["best"] == "set network"
    assert not lost["wins_long"]
    assert won["strata"][0]["set network"]["gain"]["low"] > 0
    assert won["coverage"].keys() == {"constant"}
    assert 0.5 < won["coverage"]["constant"] <= 1
    assert np.isfinite(won["nll_per_count"])
