"""When an exposure was, from cards as telescopes write them."""

from __future__ import annotations

from typing import Any

import pytest
from astropy.io import fits
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.reading.cards import Cards, sexagesimal
from astro_assets.images.reading.times import date_of, exposure_s, mid_mjd_utc

NOON = Time("2024-03-05T12:00:00", scale="utc").mjd
SECOND = 1 / 86400


def cards(**values: Any) -> Cards:
    header = fits.Header()
    for name, value in values.items():
        header[name.replace("_", "-")] = value
    return Cards([header])


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"DATE_OBS": "2024-03-05T12:00:00", "EXPTIME": 60}, 30),
        ({"DATE_OBS": "2024-03-05T12:00:00.5Z", "EXPTIME": 60}, 30.5),
        # Local time with its offset: noon in Greenwich.
        ({"DATE_OBS": "2024-03-05T05:00:00-0700", "EXPTIME": 60}, 30),
        # A date before 1999, and the time of the day in another card.
        ({"DATE_OBS": "2024-03-05", "TIME_OBS": "12:00:00", "EXPTIME": 60}, 30),
        ({"DATE_OBS": "2024-03-05", "UT": "12 00 10.5", "EXPTIME": 60}, 40.5),
        # The middle needs no exposure, and counts first.
        ({"DATE_AVG": "2024-03-05T12:00:00", "DATE_OBS": "2024-03-05T11:00:00", "EXPTIME": 60}, 0),
        ({"MJD_AVG": NOON, "MJD_OBS": NOON - 0.1}, 0),
        # A rounded MJD does not count where there is a date.
        ({"DATE_OBS": "2024-03-05T12:00:00", "MJD_OBS": round(NOON, 1) + 0.04, "EXPTIME": 60}, 30),
        ({"MJD_OBS": NOON, "EXPTIME": 10}, 5),
        ({"JD": NOON + 2400000.5, "EXPTIME": 10}, 5),
        # Both ends, without an exposure.
        ({"DATE_OBS": "2024-03-05T12:00:00", "DATE_END": "2024-03-05T12:01:00"}, 30),
    ],
)
def test_the_middle_of_an_exposure(told: dict[str, Any], seconds: float) -> None:
    found = cards(**told)
    mid = mid_mjd_utc(found, exposure_s(found))
    assert mid == pytest.approx(NOON + seconds * SECOND, abs=2e-3 * SECOND)


def test_a_date_of_the_last_century() -> None:
    found = cards(DATE_OBS="29/11/51", UT="12:00:00", EXPTIME=0.0)
    # JD 2433980.0, of the plate's noon (Meeus, Astronomical Algorithms, chapter 7).
    assert mid_mjd_utc(found, 0.0) == pytest.approx(33979.5, abs=SECOND)


@pytest.mark.parametrize(("scale", "late"), [("UTC", 0), ("TAI", 37), ("TT", 69.184), ("TDB", 69.184)])
def test_times_of_other_scales_become_utc(scale: str, late: float) -> None:
    found = cards(TIMESYS=scale, DATE_OBS="2024-03-05T12:00:00", EXPTIME=0.0)
    assert mid_mjd_utc(found, 0.0) == pytest.approx(NOON - late * SECOND, abs=0.01 * SECOND)


def test_times_of_a_scale_that_nobody_knows_are_none() -> None:
    assert mid_mjd_utc(cards(TIMESYS="LOCAL", DATE_OBS="2024-03-05T12:00:00"), 60.0) is None


def test_a_comment_may_say_that_the_date_is_that_of_the_middle() -> None:
    header = fits.Header({"EXPTIME": 600.0})
    header["DATE-OBS"] = ("2024-03-05T12:00:00", "mid-exposure, UTC")
    assert mid_mjd_utc(Cards([header]), 600.0) == pytest.approx(NOON, abs=1e-3 * SECOND)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"DATE_OBS": "2024-03-05T12:00:00"},  # a start alone
        {"DATE_OBS": "2024-13-05T12:00:00", "EXPTIME": 60},
        {"DATE_OBS": "yesterday", "EXPTIME": 60},
        {"DATE_OBS": "2024-03-05", "EXPTIME": 60},
        {"MJD_OBS": 1e9, "EXPTIME": 60},
        {"DATE_OBS": "2024-03-05T12:01:00", "DATE_END": "2024-03-05T12:00:00"},
    ],
)
def test_what_does_not_tell_the_time_is_no_time(told: dict[str, Any]) -> None:
    found = cards(**told)
    assert mid_mjd_utc(found, exposure_s(found)) is None


@pytest.mark.parametrize(
    ("value", "comment", "seconds"),
    [
        (50.0, "exposure in minutes", 3000),
        (60.0, "seconds", 60),
        (1500, "[ms] integration", 1.5),
        (-1, "", None),
    ],
)
def test_exposures_in_the_unit_of_their_comment(value: float, comment: str, seconds: float | None) -> None:
    header = fits.Header()
    header["EXPOSURE"] = (value, comment)
    assert exposure_s(Cards([header])) == seconds


def test_the_first_header_that_has_a_card_counts() -> None:
    image, primary = fits.Header({"EXPTIME": 5}), fits.Header({"EXPTIME": 7, "FILTER": "B"})
    found = Cards([image, primary])
    assert (exposure_s(found), found.text("FILTER")) == (5, "B")


@given(st.floats(0, 359.999))
def test_angles_in_parts(degrees: float) -> None:
    seconds = round(degrees * 3600, 2)
    text = f"{int(seconds // 3600):02d}:{int(seconds // 60 % 60):02d}:{seconds % 60:05.2f}"
    found = sexagesimal(text)
    assert found is None if text.endswith("60.00") else found == pytest.approx(degrees, abs=1e-5)


@pytest.mark.parametrize("text", ["12:60:00", "12:00:75", "abc", "12", "", "1:2:3:4", None, 12.5])
def test_what_is_no_angle_in_parts(text: Any) -> None:
    assert sexagesimal(text) is None


def test_southern_angles_near_zero_keep_their_sign() -> None:
    assert sexagesimal("-00:30:00") == -0.5


def test_days_have_dates() -> None:
    assert date_of(58106) == "2017-12-19"
