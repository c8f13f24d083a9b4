"""Barycentric times and air masses."""

import erfa
import numpy as np
import pytest
from astropy.utils import iers

from astro_assets.images.frame import Site
from astro_assets.images.photometry.times import airmass_of, bjd_tdb, pickering

SITE = Site(31.68, -110.88, 1268.0)
RA, DEC = 31.0428, 46.6879


def test_barycentric_times_are_those_of_a_calculation_by_hand():
    """TDB - UTC of 2017 is 37 + 32.184 s but for 2 ms; the Earth's place is that of ERFA's ephemeris."""
    mjd = np.array([58107.07, 58107.2, 58107.36])
    _, earth = erfa.epv00(2400000.5, mjd + 69.184 / 86400)
    star = np.array(
        [
            np.cos(np.radians(DEC)) * np.cos(np.radians(RA)),
            np.cos(np.radians(DEC)) * np.sin(np.radians(RA)),
            np.sin(np.radians(DEC)),
        ]
    )
    light_days = earth["p"] @ star * 499.004784 / 86400  # astronomical units in light seconds
    expected = 2400000.5 + mjd + (69.184 / 86400) + light_days
    np.testing.assert_allclose(bjd_tdb(mjd, RA, DEC, None), expected, rtol=0, atol=5e-3 / 86400)
    # A telescope is up to 21 ms of light from the Earth's centre.
    assert 1e-3 < np.abs(bjd_tdb(mjd, RA, DEC, SITE) - expected).max() * 86400 < 0.022 + 5e-3


def test_a_published_difference():
    """Eastman, Siverd & Gaudi (2010), section 2: over a year, BJD differs from JD by 8.3 minutes."""
    mjd = 58100 + np.arange(0.0, 365.0)
    on_the_ecliptic = bjd_tdb(mjd, 0.0, 0.0, None) - 2400000.5 - mjd - 69.184 / 86400
    assert np.ptp(on_the_ecliptic) / 2 * 1440 == pytest.approx(499.005 / 60, rel=0.01)


def test_no_setting_of_astropy_is_left_changed():
    before = [iers.conf.auto_download, iers.earth_orientation_table.get()]
    bjd_tdb(np.array([58107.07, 62100.0]), RA, DEC, SITE)
    after = [iers.conf.auto_download, iers.earth_orientation_table.get()]
    assert after[0] == before[0]
    assert after[1] is before[1]


def test_air_masses_of_pickering():
    """At the horizon 38.75; above 5 degrees, Kasten & Young (1989) agree within a per cent."""
    altitude = np.array([90.0, 60.0, 30.0, 10.0, 5.0])
    kasten = 1 / (np.sin(np.radians(altitude)) + 0.50572 * (altitude + 6.07995) ** -1.6364)
    np.testing.assert_allclose(pickering(altitude), kasten, rtol=0.01)
    assert pickering(np.array([0.0]))[0] == pytest.approx(38.75, abs=0.05)
    assert np.isnan(pickering(np.array([-1.0]))[0])


def test_the_air_mass_of_the_real_night_is_that_of_its_header():
    """TELALT of the first frame of HAT-P-32's night is 62.592 degrees at the start of the exposure."""
    start = 58107 + (1 + 33 / 60 + 43.3 / 3600) / 24
    airmass = airmass_of(np.array([start]), 31.312099, 46.769087, SITE)
    assert airmass[0] == pytest.approx(pickering(np.array([62.592]))[0], rel=0.005)
