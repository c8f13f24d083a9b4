"""Single events: the exact matched filter where noise is white, a fair ratio where it is red."""

import batman
import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.event_lanes import set_events
from astro_assets.transits.search.matched_filter import noise_power, single_events, transit_shape
from astro_assets_tests.transits.synthetic import red_noise, sector_times

CADENCE = 15 / 1440
SIGMA = 1e-3
TIME = sector_times(cadence=CADENCE)
DURATIONS = np.array([2.0, 4.0, 8.0]) / 24


def curve_of(flux):
    return Curve(TIME, flux, np.full(TIME.size, SIGMA), CADENCE)


@pytest.mark.parametrize("red", [0.0, 0.6])
def test_ratios_of_noise_have_unit_scatter_whatever_its_colour(red):
    scatter = []
    for seed in range(20):
        rng = np.random.default_rng([seed, 61])
        flux = 1 + rng.normal(0, SIGMA, TIME.size) + red_noise(TIME, 0.2, red * SIGMA, rng)
        events = single_events(curve_of(flux), DURATIONS, CADENCE)
        scatter.append(
            [row[known > 0].std() for row, known in zip(events.snr, events.information, strict=True)]
        )
    # Less red noise is seen where it is longest: few of its waves are in the data.
    np.testing.assert_allclose(np.mean(scatter, axis=0), 1, atol=0.15)


def test_a_transit_has_the_ratio_of_its_matched_filter():
    shape = transit_shape((TIME - 1331.0) / DURATIONS[1])
    snrs = []
    for seed in range(30):
        rng = np.random.default_rng([seed, 67])
        noise = curve_of(1 + rng.normal(0, SIGMA, TIME.size))
        flux = noise.flux - 15 * SIGMA * shape / np.sqrt(np.sum(shape**2))
        events = single_events(curve_of(flux), DURATIONS, CADENCE, noise_from=noise)
        column = round((1331.0 - events.start) / events.step)
        snrs.append(events.snr[1, column])
    assert np.mean(snrs) == pytest.approx(15, rel=0.08)


def test_long_cadences_see_transits_between_their_middles():
    cadence, duration = 30 / 1440, 4.0 / 24
    time = 1325 + cadence * (np.arange(1300) + 0.5)
    middle = time[700] + 0.5 * cadence
    shape = transit_shape((time - middle) / duration)
    noise = Curve(
        time, 1 + np.random.default_rng(3).normal(0, SIGMA, time.size), np.full(1300, SIGMA), cadence
    )
    flux = noise.flux - 15 * SIGMA * shape / np.sqrt(np.sum(shape**2))
    events = single_events(
        Curve(time, flux, noise.flux_err, cadence), np.array([duration]), 15 / 1440, noise_from=noise
    )
    assert events.step == pytest.approx(15 / 1440)
    best = int(np.argmax(events.snr[0]))
    assert events.start + events.step * best == pytest.approx(middle, abs=1.1 * events.step)
    assert events.snr[0, best] == pytest.approx(15, rel=0.2)


def test_events_are_the_sums_that_they_should_be():
    rng = np.random.default_rng(5)
    series, coverage = rng.normal(size=(2, 64 + 8)).astype(np.float32)
    coverage = np.abs(coverage)
    templates, kernels = rng.uniform(0.1, 1, (2, 3, 9)).astype(np.float32)
    templates[1, :2] = templates[1, 7:] = kernels[1, :2] = kernels[1, 7:] = 0
    least = np.array([3.0, 1.0, 3.0], np.float32)
    strength, information = np.empty((2, 3, 64), np.float32)
    set_events(series, coverage, templates, kernels, least, strength, information)
    for row in range(3):
        known = np.correlate(coverage, kernels[row], "valid")
        expected = np.where(known > least[row], np.correlate(series, templates[row], "valid"), 0)
        np.testing.assert_allclose(strength[row], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(information[row], np.where(known > least[row], known, 0), rtol=1e-4)


def test_where_nothing_was_observed_nothing_is_known():
    events = single_events(curve_of(np.ones(TIME.size) + 1e-5 * np.sin(TIME)), DURATIONS, CADENCE)
    times = events.start + events.step * np.arange(events.snr.shape[1])
    assert not events.information[:, np.abs(times - 1325 - 27.4 / 2) < 0.3].any()
    assert not events.snr[:, np.abs(times - 1325 - 27.4 / 2) < 0.3].any()


def test_the_shape_is_one_in_the_middle_symmetric_and_zero_outside():
    phase = np.linspace(-1, 1, 401)
    shape = transit_shape(phase)
    np.testing.assert_allclose(shape, shape[::-1])
    assert shape[200] == pytest.approx(1)
    assert not shape[np.abs(phase) > 0.5].any()


def test_white_noise_has_unit_power_and_power_never_rises_with_frequency():
    power = noise_power(np.random.default_rng(2).normal(size=4096), np.ones(4096, dtype=bool), 4096)
    np.testing.assert_allclose(np.median(power), 1, atol=0.1)
    assert (np.diff(power) <= 0).all()


#: TLS's default template (Hippke & Heller 2019, A&A 623, A39): days, stellar radii, degrees.
TLS_PLANET = {
    "period": 12.9, "radius": 0.03, "distance": 23.1, "inclination": 89.21, "dark": (0.4804, 0.1867)
}  # fmt: skip
FINE = np.linspace(-1.5, 1.5, 2001)


def planet_shape(period, radius, distance, inclination, dark):
    """Depth of a planet's transit by batman at ``FINE`` parts of its first to last contact."""
    planet = batman.TransitParams()
    planet.t0, planet.per, planet.rp, planet.a, planet.inc = 0.0, period, radius, distance, inclination
    planet.ecc, planet.w, planet.u, planet.limb_dark = 0.0, 90.0, list(dark), "quadratic"
    angle = np.radians(inclination)
    chord = np.sqrt((1 + radius) ** 2 - (distance * np.cos(angle)) ** 2) / (distance * np.sin(angle))
    times = FINE * period / np.pi * np.arcsin(chord)
    return 1 - batman.TransitModel(planet, times).light_curve(planet)


def kept(template, shape):
    """Part of a transit's signal-to-noise ratio that a template of the best duration keeps."""
    stretched = np.array([np.interp(FINE / part, FINE, template) for part in np.geomspace(0.6, 1.25, 60)])
    return np.max(stretched @ shape / np.sqrt((stretched**2).sum(axis=1) * (shape @ shape)))


def test_the_shape_keeps_more_of_transits_than_that_of_tls():
    rng = np.random.default_rng(3)
    box, of_tls, ours = (np.abs(FINE) < 0.5) * 1.0, planet_shape(**TLS_PLANET), transit_shape(FINE)
    shares = []
    for _ in range(60):
        inclination = np.degrees(np.arccos(rng.uniform(0, 0.7) / 20))
        dark = rng.uniform(0.25, 0.55), rng.uniform(0.1, 0.3)
        shape = planet_shape(10.0, rng.uniform(0.01, 0.12), 20.0, inclination, dark)
        shares.append([kept(template, shape) for template in (box, of_tls, ours)])
    of_box, of_tls, of_ours = np.mean(shares, axis=0)
    assert of_box < 0.99
    assert of_ours > of_tls > 0.999
