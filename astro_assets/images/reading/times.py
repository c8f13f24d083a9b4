"""When an image was taken, from the many ways in which headers say it.

Only cards are read here; the correction to the barycentre needs a place on the sky and is in `photometry`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from astro_assets.images.reading.cards import Cards, sexagesimal

#: FITS of today, with the offset from UTC that some telescopes add.
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d(?:\.\d+)?)\s*(Z|[+-]\d\d:?\d\d)?)?\s*\Z"
)
#: FITS before 1999: day, month, year of the century.
_OLD: Final = re.compile(r"(\d\d)/(\d\d)/(\d\d)\s*\Z")
_MJD_ZERO: Final = datetime(1858, 11, 17, tzinfo=UTC)
_SECONDS_A_DAY: Final = 86400.0
_JD_OF_MJD: Final = 2400000.5
#: What TIMESYS says of times that are UTC, to a second; and of others, as astropy calls them.
_AS_UTC: Final = ("UTC", "UT", "UT1", "GMT")
_SCALES: Final = {"TAI": "tai", "IAT": "tai", "TT": "tt", "TDT": "tt", "ET": "tt", "TDB": "tdb"}
#: Photographic plates are older than detectors; nothing is from the future.
_MJD_BOUNDS: Final = (0.0, 90000.0)
#: Exposures of minutes to days are known; a header that says more means another unit.
_LONGEST_EXPOSURE_S: Final = 30 * _SECONDS_A_DAY


def exposure_s(cards: Cards) -> float | None:
    """Return the exposure time in seconds; None where the header does not tell it."""
    for name in ("EXPTIME", "EXPOSURE", "EXP_TIME", "EXPOSED", "ITIME", "TEXPTIME"):
        value = cards.number(name)
        if value is None:
            continue
        comment = cards.comment(name)
        value *= 60 if "minute" in comment or re.search(r"\bmin\b", comment) else 1
        value /= 1000 if re.search(r"\b(msec|ms|millisec\w*)\b", comment) else 1
        if 0 <= value <= _LONGEST_EXPOSURE_S:
            return value
    return None


def mid_mjd_utc(cards: Cards, exposure: float | None) -> float | None:
    """Return the middle of the exposure as MJD in UTC; None where the header does not tell it.

    A card of the middle counts before one of the start, to which half the exposure is added (FITS standard
    4.0, table 35: DATE-OBS is the start unless its comment says otherwise), and a date with its time before
    a MJD-OBS, which is often rounded to a minute. Times are in the scale of TIMESYS; of one that is not
    known nothing is told.

    Parameters
    ----------
    exposure
        Seconds; a start alone is not enough without it.
    """
    middle = _instant(cards, "DATE-AVG") or _number(cards, "MJD-AVG", "MJD-MID", "MJDMID")
    if middle is None and "mid" in cards.comment("DATE-OBS"):
        middle = _start(cards)
    if middle is None:
        middle = _from_ends(cards, exposure)
    return None if middle is None else _utc(middle, (cards.text("TIMESYS") or "UTC").upper())


def _utc(mjd: float, scale: str) -> float | None:
    """Return a time of a scale in UTC; None if the scale is not known."""
    if scale in _AS_UTC:
        return mjd
    if scale not in _SCALES:
        return None
    from astropy.time import Time

    return float(Time(mjd, format="mjd", scale=_SCALES[scale]).utc.mjd)


def _from_ends(cards: Cards, exposure: float | None) -> float | None:
    start = _instant(cards, "DATE-BEG") or _instant(cards, "UT-OBS") or _start(cards)
    end = _instant(cards, "DATE-END")
    if start is None:
        start = _number(cards, "MJD-BEG", "MJD-OBS", "MJD_OBS", "MJD")
    if start is None:
        julian = cards.number("JD", "JD_UTC", "JD-OBS")
        start = None if julian is None else _bounded(julian - _JD_OF_MJD)
    if start is None:
        return None
    if exposure is not None:
        return start + exposure / 2 / _SECONDS_A_DAY
    return (start + end) / 2 if end is not None and end >= start else None


def _start(cards: Cards) -> float | None:
    """Return what DATE-OBS says; of a date alone another card has the time of the day."""
    instant = _instant(cards, "DATE-OBS")
    if instant is not None:
        return instant
    day = _date(cards.text("DATE-OBS", "UTDATE", "DATE_OBS"))
    time = cards.value("TIME-OBS", "UT", "UTC-OBS", "UTC", "UTSTART", "TM-START")
    hours = sexagesimal(time)
    if day is None or hours is None or hours >= 24:
        return None
    return day + hours / 24


def _instant(cards: Cards, name: str) -> float | None:
    """Return a card that gives date and time as MJD in UTC."""
    match = _ISO.match(cards.text(name) or "")
    if match is None or match.group(4) is None:
        return None
    year, month, day, hour, minute = map(int, match.group(1, 2, 3, 4, 5))
    try:
        instant = datetime(year, month, day, hour, minute, tzinfo=_zone(match.group(7)))
    except ValueError:
        return None
    return _mjd(instant) + float(match.group(6)) / _SECONDS_A_DAY


def _date(text: str | None) -> float | None:
    """Return a date alone as the MJD of its beginning."""
    iso, old = _ISO.match(text or ""), _OLD.match(text or "")
    try:
        if iso is not None:
            year, month, day = map(int, iso.group(1, 2, 3))
        elif old is not None:
            day, month, year = map(int, old.groups())
            year += 1900
        else:
            return None
        return _mjd(datetime(year, month, day, tzinfo=UTC))
    except ValueError:
        return None


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    sign, digits = (-1 if text[0] == "-" else 1), text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _mjd(instant: datetime) -> float:
    return (instant - _MJD_ZERO) / timedelta(days=1)


def _number(cards: Cards, *names: str) -> float | None:
    number = cards.number(*names)
    return None if number is None else _bounded(number)


def _bounded(mjd: float) -> float | None:
    return mjd if _MJD_BOUNDS[0] < mjd < _MJD_BOUNDS[1] else None


def date_of(mjd: int) -> str:
    """Return the date of a day by its number, ISO 8601."""
    return (_MJD_ZERO + timedelta(days=mjd)).date().isoformat()
