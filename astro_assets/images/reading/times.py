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
    a MJD-OBS, which is often rounded to a minute.

    Parameters
    ----------
    exposure
        Seconds; a start alone is not enough without it.
    """
    found = _instant(cards, "DATE-AVG") or _number(cards, "MJD-AVG", "MJD-MID", "MJDMID")
    if found is not None:
        return found
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
