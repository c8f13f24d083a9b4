"""What filters may ask: the listed features, worked out from a packet and what came before it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.alerts.features import FEATURE_NAMES, FEATURES, features_of, galactic_latitude_deg
from astro_assets.images.alerts.fields import FIELD_NAMES
from astro_assets.images.alerts.packets import ForcedPhotometry, History, Packet, Schema

NAN = math.nan


def history(rows):
    """Make a history of rows of time, band, magnitude, error, limit."""
    mjd, band, magnitude, error, limit = zip(*rows, strict=True) if rows else ((),) * 5
    found = np.array(magnitude, dtype=float)
    return History(
        np.array(mjd, dtype=float),
        np.array(band, dtype="U12"),
        found,
        np.array(error, dtype=float),
        np.array(limit, dtype=float),
        np.where(np.isfinite(found), 1.0, NAN),
        np.where(np.isfinite(found), 0.5, NAN),
    )


def packet(rows=(), band="g", forced=(), **values):
    told = dict.fromkeys(FIELD_NAMES, NAN) | {
        "mjd_utc": 59010.5,
        "ra_deg": 10.0,
        "dec_deg": 20.0,
        "magnitude": 18.0,
        "magnitude_err": 0.1,
        "limiting_magnitude": 20.0,
        "is_positive": 1.0,
        "real_bogus": 0.9,
        **values,
    }
    flux = np.array(forced, dtype=float).reshape(-1, 3)
    return Packet(
        *("file", 0, "ZTF", Schema("ztf.alert", "4.02", is_known=True), "1", "ZTF1", band, told, ""),
        history=history(rows),
        forced=ForcedPhotometry(
            flux[:, 0], np.full(len(flux), "g"), flux[:, 1], flux[:, 2], flux[:, 0] * NAN, flux[:, 0] * NAN
        ),
        stamps=None,
    )


RISING = [
    (59004.5, "g", NAN, NAN, 20.5),
    (59006.5, "g", 20.0, 0.2, 20.5),
    (59008.5, "g", 19.0, 0.1, 20.5),
    (59010.1, "r", 18.25, 0.1, 20.5),
]


def test_every_feature_is_listed_and_described():
    assert tuple(features_of(packet())) == FEATURE_NAMES
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)
    assert all(feature.description for feature in FEATURES)


def test_a_rising_transient():
    found = features_of(packet(RISING, forced=[(59009.0, 120.0, 10.0), (59010.0, 30.0, 10.0)]))
    assert found["rise_rate_mag_day"] == pytest.approx(-0.5)
    assert found["colour_mag"] == pytest.approx(-0.25)
    assert (found["n_history"], found["n_history_limits"], found["n_nights"]) == (3, 1, 3)
    assert (found["age_days"], found["days_since_limit"]) == (4.0, 2.0)
    assert found["days_since_previous"] == pytest.approx(0.4)
    assert (found["amplitude_mag"], found["peak_magnitude"], found["days_since_peak"]) == (2.0, 18.0, 0.0)
    assert found["scatter_mag"] == pytest.approx(np.std([20.0, 19.0, 18.0]))
    assert found["detected_fraction"] == pytest.approx(4 / 5)
    assert found["snr"] == pytest.approx(10.857, abs=1e-3)
    assert found["magnitude_below_limit"] == 2.0
    assert (found["n_forced_detections"], found["highest_forced_snr"]) == (1, 12)
    assert (found["fraction_positive"], found["median_real_bogus"]) == (1.0, 0.5)


def test_a_constant_star_scatters_as_its_errors_say():
    rng = np.random.default_rng(1)
    rows = [(59000.5 + i / 10, "g", 18 + 0.1 * rng.normal(), 0.1, 20.0) for i in range(90)]
    found = features_of(packet(rows))
    assert found["excess_scatter"] == pytest.approx(1.0, abs=0.35)
    assert abs(found["rise_rate_mag_day"]) < 0.02


def test_what_came_after_the_alert_does_not_count():
    """Brokers' tables hold whole light curves beside each packet."""
    later = [*RISING, (59020.0, "g", 15.0, 0.01, 20.0), (59021.0, "g", NAN, NAN, 20.0)]
    forced = [(59009.0, 120.0, 10.0), (59030.0, 900.0, 10.0)]
    assert features_of(packet(later, forced=forced)) == pytest.approx(
        features_of(packet(RISING, forced=forced[:1])), nan_ok=True
    )


def test_a_packet_without_history_is_unknown_rather_than_zero():
    found = features_of(packet())
    for name in ("rise_rate_mag_day", "colour_mag", "scatter_mag", "days_since_previous", "days_since_limit"):
        assert math.isnan(found[name])
    assert (found["n_history"], found["age_days"], found["n_nights"]) == (0, 0, 1)


def test_the_survey_may_know_of_earlier_detections_than_the_packet():
    assert features_of(packet(RISING, first_detection_mjd_utc=58910.5))["age_days"] == 100.0


@pytest.mark.parametrize("change", [{"magnitude": NAN}, {"mjd_utc": NAN}, {"magnitude_err": 0.0}])
def test_a_packet_that_tells_little_has_features_still(change):
    found = features_of(packet(RISING, **change))
    assert tuple(found) == FEATURE_NAMES
    assert not any(math.isinf(value) for value in found.values())


def test_colour_needs_both_bands_within_a_day():
    rows = [*RISING[:-1], (59009.0, "r", 18.25, 0.1, 20.5)]
    assert math.isnan(features_of(packet(rows))["colour_mag"])
    assert math.isnan(features_of(packet(RISING, band="i"))["colour_mag"])
    red = features_of(packet([(59010.0, "g", 19.0, 0.1, 20.0)], band="r"))
    assert red["colour_mag"] == pytest.approx(1.0)


@given(st.floats(0, 360), st.floats(-90, 90))
def test_galactic_latitude_is_that_of_astropy(ra, dec):
    theirs = SkyCoord(ra * units.deg, dec * units.deg, frame="icrs").galactic.b.deg
    assert galactic_latitude_deg(ra, dec) == pytest.approx(theirs, abs=1e-4)


def test_order_and_bands_do_not_mix():
    rows = [(59009.5, "r", 15.0, 0.1, 20.0), (59010.0, "g", 18.1, 0.1, 20.0)]
    found = features_of(packet(rows))
    assert found["amplitude_mag"] == pytest.approx(0.1)
    assert dataclasses.replace(packet(rows), band="r").band == "r"
