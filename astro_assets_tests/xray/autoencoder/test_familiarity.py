"""p-values are told of curves like those that they were calibrated on, of others in what they differ."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.xray.autoencoder.familiarity import MEASURES, measures_of, ranges_of, why_unfamiliar
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.light_curve import LightCurve
from astro_assets_tests.xray.made_curves import curve_of, made, usual

RANGES = ranges_of([one.light_curve for one in usual(200, 1)])
RATE = np.full((30, 3), 0.5)


def drawn(rate, *args, **changes) -> LightCurve:
    return curve_of(rate, np.random.default_rng(2), *args, **changes)


def said(curve: LightCurve) -> str | None:
    prepared = prepare(curve)
    return why_unfamiliar(prepared, curve.time_s[prepared.bins], RANGES)


def test_what_is_measured_is_what_was_put_in():
    curve = drawn(np.tile([2.0, 4.0, 1.0], (50, 1)), exposure=1.0, ratio=1e-4)
    prepared = prepare(curve)
    found = dict(zip(MEASURES, measures_of(prepared, curve.time_s[prepared.bins]), strict=True))
    assert np.exp(found["mean rate"]) == pytest.approx(7.0, rel=0.05)
    assert np.exp(found["softness"]) == pytest.approx(0.5, rel=0.1)
    assert np.exp(found["hardness"]) == pytest.approx(0.25, rel=0.1)
    assert np.exp(found["time between visits"]) == pytest.approx(14_400)
    assert np.exp(found["number of bins a visit"]) == 1
    assert np.exp(found["exposure of a bin"]) == pytest.approx(40)


def test_usual_sources_are_familiar():
    unfamiliar = [why for one in usual(200, 9) if (why := said(one.light_curve)) is not None]
    assert len(unfamiliar) <= 4


def test_anomalies_are_not_refused_for_what_they_are_to_be_found_by():
    for factor in (0.0, 8.0, 1000.0):
        rate = RATE.copy()
        rate[12:15] *= factor
        assert said(drawn(rate)) is None


@pytest.mark.parametrize(
    ("curve", "in_what"),
    [
        (drawn(60 * RATE), "quiet rate"),
        (drawn(0 * RATE, background_rate=0.0), "mean rate"),
        (drawn(0.3 * RATE * [30.0, 1.0, 1.0]), "softness"),
        (drawn(0.3 * RATE * [1.0, 1.0, 30.0]), "hardness"),
        (drawn(RATE, np.arange(30) * 100.0, 100.0), "time between visits"),
        (drawn(RATE, np.arange(30) // 15 * 14_400.0 + np.arange(30) % 15 * 2.0, 2.0), "bins a visit"),
        (drawn(RATE, width_s=4000.0), "exposure of a bin"),
        (drawn(4 * RATE, background_rate=15.0), "background"),
    ],
)
def test_others_are_told_in_what_they_differ(curve, in_what):
    why = said(curve)
    assert why is not None
    assert why.startswith("unlike the simulated ones: its ")
    assert in_what in why


def test_a_single_visit_is_none_of_the_survey():
    why = said(drawn(RATE, np.arange(30.0), 1.0))
    assert why == "unlike the simulated ones: it is of a single visit"


def test_sources_of_a_band_alone_are_not_calibrated_on():
    curve = made("constant", 1, 30, 20).light_curve
    counts = curve.counts.copy()
    counts[:, 0] = np.nan
    assert ranges_of([curve, replace(curve, counts=counts)]) == ranges_of([curve])
    with pytest.raises(ValueError, match="no calibration source"):
        ranges_of([replace(curve, counts=counts)])


def test_all_three_bands_are_needed():
    curve = made("constant", 1, 30, 20).light_curve
    counts = curve.counts.copy()
    counts[:, 0] = np.nan
    assert said(replace(curve, counts=counts)) == "other bands: there are counts in some of the three only"
