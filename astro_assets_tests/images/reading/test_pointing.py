"""Where a telescope stands and points, and the part of the sky that an image shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.io import fits
from astropy.time import Time

from astro_assets.images.reading.cards import Cards
from astro_assets.images.reading.pointing import airmass, celestial_wcs, pointing, site, sky_area
from astro_assets_tests.images.made_images import wcs_cards

#: Whipple Observatory in Arizona, where a header says LONGITUD= 110.88 and means west.
ARIZONA = {"LATITUDE": 31.68, "LONGITUD": 110.88, "RA": 31.312099, "DEC": 46.769087}
MJD = 58107.0654


def cards(**values: Any) -> Cards:
    return Cards([fits.Header(values)])


def test_a_longitude_without_its_sign_gets_the_one_of_the_altitude() -> None:
    found = site(cards(**ARIZONA, TELALT=62.592), MJD)
    assert found is not None
    assert (found.latitude_deg, found.longitude_deg) == (31.68, -110.88)
    place = EarthLocation.from_geodetic(-110.88, 31.68)
    star = SkyCoord(ARIZONA["RA"], ARIZONA["DEC"], unit="deg")
    altitude = star.transform_to(AltAz(obstime=Time(MJD, format="mjd"), location=place)).alt.deg
    assert altitude == pytest.approx(62.592, abs=1)  # an independent reckoning agrees with the header


def test_an_azimuth_tells_the_sign_where_the_altitude_fits_both() -> None:
    """Late that night the star is as high in the west as it would be in the east at the other longitude."""
    late = 58107.33973 + 30 / 86400
    found = site(cards(**ARIZONA, TELALT=36.124, TELAZ=307.556), late)
    assert found is not None
    assert found.longitude_deg == -110.88
    south = site(cards(**ARIZONA, TELALT=36.124, TELAZ=127.556), late)  # counted from the south
    assert south == found
    open_sign = site(cards(**ARIZONA, TELALT=36.124), late)
    assert open_sign is not None
    assert open_sign.longitude_deg == 110.88


def test_an_altitude_that_fits_neither_sign_leaves_the_site_unknown() -> None:
    assert site(cards(**ARIZONA, TELALT=10.0), MJD) is None


def test_without_an_altitude_the_sign_is_believed() -> None:
    found = site(cards(SITELAT="-29:15:00", SITELONG="-70:44:00", SITEELEV=2400.0), None)
    assert found is not None
    assert (found.latitude_deg, found.elevation_m) == (-29.25, 2400.0)
    assert found.longitude_deg == pytest.approx(-70.7333, abs=1e-4)


@pytest.mark.parametrize("told", [{}, {"LATITUDE": 95.0, "LONGITUD": 0.0}, {"LATITUDE": 10.0}])
def test_what_is_no_site(told: dict[str, Any]) -> None:
    assert site(cards(**told), MJD) is None


def test_longitudes_count_from_minus_to_plus_180() -> None:
    found = site(cards(LATITUDE=10.0, LONGITUD=250.0), None)
    assert found is not None
    assert found.longitude_deg == -110.0


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"RA": "13:29:24.00", "DEC": "47:15:34.00"}, (202.35, 47.25944)),
        ({"RA": 31.312099, "DEC": 46.769087}, (31.312099, 46.769087)),
        ({"OBJCTRA": "02 04 10", "OBJCTDEC": "-10 30 00"}, (31.041667, -10.5)),
    ],
)
def test_right_ascensions_in_parts_are_hours(told: dict[str, Any], place: tuple[float, float]) -> None:
    assert pointing(cards(**told)) == pytest.approx(place, abs=1e-4)


def test_numbers_whose_comment_speaks_of_hours_are_hours() -> None:
    header = fits.Header()
    header["RA"], header["DEC"] = (2.0, "[hours] right ascension"), 10.0
    assert pointing(Cards([header])) == (30.0, 10.0)


def test_places_of_an_old_equinox_are_precessed() -> None:
    found = pointing(cards(RA="08:48:36", DEC="+12:00:00", EQUINOX=1950.0))
    now = SkyCoord("08h48m36s +12d00m00s", frame="fk4", equinox="B1950").icrs
    assert found == pytest.approx((now.ra.deg, now.dec.deg), abs=1e-6)
    assert now.separation(SkyCoord("08h48m36s +12d00m00s")).deg > 0.5  # it matters


@pytest.mark.parametrize("told", [{}, {"RA": 400.0, "DEC": 0.0}, {"RA": 10.0}, {"RA": "x", "DEC": "y"}])
def test_what_is_no_pointing(told: dict[str, Any]) -> None:
    assert pointing(cards(**told)) is None


def test_airmass_of_the_header_or_of_its_altitude() -> None:
    assert airmass(cards(AIRMASS=1.5)) == 1.5
    assert airmass(cards(AIRMASS=0.0, TELALT=30.0)) == pytest.approx(1.995, abs=0.01)
    assert airmass(cards(TELALT=90.0)) == pytest.approx(1.0, abs=1e-3)
    assert airmass(cards()) is None


def test_the_part_of_the_sky_of_an_image() -> None:
    wcs = celestial_wcs(fits.Header(wcs_cards(150.0, 2.0, 2.0)))
    assert wcs is not None
    area = sky_area(wcs, 80, 60)
    assert area is not None
    assert (area.ra_deg, area.dec_deg) == pytest.approx((150.0, 2.0), abs=1e-6)
    assert area.scale_arcsec == pytest.approx(2.0, rel=1e-6)
    assert area.radius_deg == pytest.approx(np.hypot(80, 60) / 3600, rel=1e-3)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"CTYPE1": "", "CTYPE2": "", "CRVAL1": 1.0, "CRVAL2": 1.0},
        {"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"},
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": 0.0, "CDELT2": 0.0},
        {"CTYPE1": "RA---XXX", "CTYPE2": "DEC--XXX"},
    ],
)
def test_headers_without_world_coordinates(header: dict[str, Any]) -> None:
    assert celestial_wcs(fits.Header(header)) is None


def test_the_poles_and_the_zero_of_right_ascension_are_places_like_others() -> None:
    for ra, dec in ((0.0, 0.0), (12.0, 90.0), (359.999, -89.9)):
        wcs = celestial_wcs(fits.Header(wcs_cards(ra, dec, 2.0)))
        assert wcs is not None
        area = sky_area(wcs, 80, 60)
        assert area is not None
        here = SkyCoord(area.ra_deg, area.dec_deg, unit="deg")
        assert here.separation(SkyCoord(ra, dec, unit="deg")) < 0.01 * u.arcsec


def test_galactic_coordinates_are_understood_and_ecliptic_ones_are_not_taken_for_others() -> None:
    cards = wcs_cards(10.0, 20.0)
    galactic = cards | {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}
    wcs = celestial_wcs(fits.Header(galactic))
    assert wcs is not None
    area = sky_area(wcs, 80, 60)
    assert area is not None
    there = SkyCoord(10, 20, unit="deg", frame="galactic").icrs
    assert (area.ra_deg, area.dec_deg) == pytest.approx((there.ra.deg, there.dec.deg), abs=1e-5)
    assert celestial_wcs(fits.Header(cards | {"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"})) is None


def test_tables_of_distortion_in_other_hdus_are_left_out() -> None:
    cards = wcs_cards(10.0, 20.0)
    header = fits.Header(cards | {"CPDIS1": "LOOKUP", "CPDIS2": "LOOKUP", "CPERR1": 0.1})
    header["DP1.EXTVER"] = 1.0
    wcs, plain = celestial_wcs(header), celestial_wcs(fits.Header(cards))
    assert wcs is not None
    assert plain is not None
    assert wcs.pixel_to_world(3.0, 4.0).separation(plain.pixel_to_world(3.0, 4.0)) < 1e-6 * u.arcsec
    assert "CPDIS1" in header  # the image's own header is left as it is
