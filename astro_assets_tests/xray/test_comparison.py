"""An autoencoder beside its baselines."""

import json

import numpy as np

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.comparison import OURS, SET_NETWORK, best_at, compared, wins_long
from astro_assets_tests.xray.made_curves import made


class Method:
    def __init__(self, nats_a_count):
        self.nats_a_count = nats_a_count

    def log_evidence(self, curve):
        n = curve.n_bins
        return -curve.counts.sum() * self.nats_a_count(n)


CURVES = [prepare(made("constant", (1, i), 10 if i % 2 else 60, 5).light_curve) for i in range(60)]


def test_what_is_best_is_told_by_length_and_brightness():
    methods = {OURS: Method(lambda n: 0.4), "other": Method(lambda n: 0.3 if n < 40 else 0.5)}
    strata = compared(methods, CURVES)
    assert wins_long(strata)
    assert best_at(strata, 60, 300.0) == OURS
    assert best_at(strata, 10, 50.0) == "other"
    assert best_at(strata, 0, 0.0) is None
    only_compared = compared({OURS: Method(lambda n: 0.4), SET_NETWORK: Method(lambda n: 0.3)}, CURVES)
    assert only_compared[0]["best"] == SET_NETWORK
    assert best_at(only_compared, 60, 300.0) == OURS
    json.dumps(strata)


def test_one_better_baseline_is_enough_to_lose():
    methods = {OURS: Method(lambda n: 0.4), "worse": Method(lambda n: 0.5), "better": Method(lambda n: 0.39)}
    assert not wins_long(compared(methods, CURVES))


def test_without_long_curves_nothing_is_won():
    short = [curve for curve in CURVES if curve.n_bins < 40]
    methods = {OURS: Method(lambda n: 0.4), "other": Method(lambda n: 0.5)}
    assert not wins_long(compared(methods, short))
    assert np.isfinite(compared(methods, short)[0]["other"]["value"])
