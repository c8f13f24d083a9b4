"""Photon and read noise, bleeding, calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chisquare, poisson

from astro_assets.images.simulation.detector import (
    Detector,
    bad_columns,
    bleed,
    calibrated,
    flat_field,
    photons,
    read_out,
)


def flat_light(electrons: float, size: int = 400) -> np.ndarray:
    return np.full((size, size), electrons, np.float32)


@pytest.mark.parametrize("gain", [1.0, 2.5])
@pytest.mark.parametrize("electrons", [50.0, 500.0, 2e4])
def test_the_photon_transfer_curve(gain, electrons):
    detector = Detector(gain=gain, read_noise_electrons=7.0, bias=500)
    counts = read_out(np.random.default_rng(4), flat_light(electrons), detector).astype(float)
    assert counts.mean() - 500 == pytest.approx(electrons / gain, rel=0.003)
    rounding = 1 / 12
    expected = electrons / gain**2 + (7.0 / gain) ** 2 + rounding
    assert counts.var() == pytest.approx(expected, rel=0.02)  # relative error of 160,000 pixels: 0.35 %


@pytest.mark.parametrize("expected", [3.0, 99.0, 100.0, 1000.0])
def test_photons_have_a_poisson_distribution(expected):
    found = photons(np.random.default_rng(5), flat_light(expected, 300)).ravel()
    edges = np.unique(poisson.ppf(np.linspace(0.002, 0.998, 25), expected))
    counted = np.diff([0, *[(found <= edge).sum() for edge in edges], found.size])
    wanted = found.size * np.diff([0, *poisson.cdf(edges, expected), 1])
    assert chisquare(counted, wanted).pvalue > 1e-4
    third = ((found - found.mean()) ** 3).mean() / found.std() ** 3
    assert third == pytest.approx(expected**-0.5, abs=5 * np.sqrt(6 / found.size))


@given(
    arrays(np.float32, (12, 3), elements=st.floats(0, 5000, width=32)),
    st.floats(1000, 3000),
)
def test_charge_bleeds_along_columns_and_none_is_made(electrons, full_well):
    before = electrons.copy()
    bleed(electrons, full_well)
    assert (electrons <= full_well * (1 + 1e-5)).all()
    lost = before.sum(axis=0) - electrons.sum(axis=0)
    assert (lost >= -0.01 * full_well).all()
    calm = (before <= full_well).all(axis=0)
    np.testing.assert_array_equal(electrons[:, calm], before[:, calm])


def test_a_saturated_star_bleeds_both_ways():
    electrons = np.zeros((21, 5), np.float32)
    electrons[10, 2] = 7000
    bleed(electrons, 1000)
    np.testing.assert_array_equal(electrons[:, 2], [*[0] * 7, *[1000] * 7, *[0] * 7])
    assert electrons.sum() == 7000


def test_counts_end_at_sixteen_bits():
    counts = read_out(np.random.default_rng(6), flat_light(1e6, 20), Detector(full_well_electrons=2e6))
    assert counts.dtype == np.uint16
    assert counts.max() == 65535
    assert (read_out(np.random.default_rng(6), flat_light(0, 20), Detector(bias=0)) == 0).any()
    assert Detector(gain=1, bias=1000, full_well_electrons=1e6).saturation < 64535
    assert Detector(gain=2, full_well_electrons=5e4).saturation == pytest.approx(0.95 * 25_000)


def test_calibration_undoes_the_flat_field():
    rng = np.random.default_rng(7)
    flat = flat_field(rng, (200, 300), 0.3, 0.01)
    assert flat[0, 0] == pytest.approx(0.7, abs=0.05)
    assert flat[100, 150] == pytest.approx(1.0, abs=0.05)
    dead = np.zeros(flat.shape, bool)
    dead[:, 5] = True
    detector = Detector(gain=2)
    image = calibrated(read_out(rng, flat * np.float32(4000), detector), detector, flat, dead)
    assert np.isnan(image[:, 5]).all()
    assert np.nanmean(image[:20, 10:30]) == pytest.approx(2000, rel=0.01)
    assert np.nanmean(image[90:110, 140:160]) == pytest.approx(2000, rel=0.01)


def test_bad_columns_are_dead_to_the_end():
    dead = bad_columns(np.random.default_rng(8), (500, 500), 100)
    columns = np.flatnonzero(dead.any(axis=0))
    assert 10 < columns.size < 45
    assert dead[-1, columns].all()
    assert (np.diff(dead[:, columns].astype(int), axis=0) >= 0).all()
