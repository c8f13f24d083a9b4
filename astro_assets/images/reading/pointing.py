"""Where an image was taken and of which part of the sky: site, pointing, airmass, the world coordinates.

Cards are read and checked against each other here; nothing is solved for.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from astro_assets.images.frame import Site
from astro_assets.images.reading.cards import Cards, sexagesimal
from astro_assets.plain_values import as_number

if TYPE_CHECKING:
    from astropy.wcs import WCS

#: Longitudes of the systems that are understood: astropy takes an ecliptic one for a right ascension.
_SYSTEMS: Final = ("RA", "GLON")
#: Cards of distortions in tables (Calabretta et al., FITS WCS paper IV).
_OF_TABLES: Final = re.compile(r"(CPDIS|CPERR|D2IM)|DP[12](\.|\Z)")
_RA_CARDS: Final = ("OBJCTRA", "RA", "TELRA", "RA_OBJ", "RA_TARG", "CRVAL1")
#: Between the altitude that a header gives and the one of its own place and time.
_CLOSE_DEG: Final = 2.0
#: Of the mean sidereal time at Greenwich: revolutions at MJD 51544.5, and a day (Capitaine et al. 2003).
_SIDEREAL: Final = (0.7790572732640, 1.00273781191135448)


@dataclass(frozen=True, slots=True)
class SkyArea:
    """The part of the sky that an image shows.

    Parameters
    ----------
    ra_deg, dec_deg
        Its middle, ICRS.
    radius_deg
        From there to its farthest corner.
    scale_arcsec
        Side of a pixel in the middle.
    """

    ra_deg: float
    dec_deg: float
    radius_deg: float
    scale_arcsec: float


def celestial_wcs(header: Any) -> WCS | None:
    """Return the world coordinates of an image's header; None where it has none that can be used.

    Equatorial and galactic ones are. Tables of distortion in other HDUs, of Hubble's some tenths of a pixel,
    are left out.
    """
    from astropy.wcs import WCS

    try:
        wcs = WCS(_without_tables(header), fix=True).celestial
        # What is not celestial has empty coordinates, and a header may claim a projection and lack the rest.
        usable = wcs.naxis == 2 and bool(wcs.pixel_scale_matrix.any()) and wcs.wcs.lngtyp in _SYSTEMS
        middle = wcs.pixel_to_world(0.0, 0.0).icrs if usable else None
    except Exception:  # noqa: BLE001  wcslib has an error of its own for each thing that a header gets wrong
        return None
    return wcs if middle is not None and math.isfinite(middle.ra.deg + middle.dec.deg) else None


def _without_tables(header: Any) -> Any:
    if not any(name in header for name in ("CPDIS1", "CPDIS2", "D2IMDIS1", "D2IMDIS2")):
        return header
    kept = header.copy()
    for name in [name for name in kept if _OF_TABLES.match(name)]:
        kept.remove(name, ignore_missing=True, remove_all=True)
    return kept


def sky_area(wcs: WCS, n_columns: int, n_rows: int) -> SkyArea | None:
    """Return the part of the sky that an image shows; None where a corner or the middle is nowhere there."""
    from astropy.wcs.utils import proj_plane_pixel_scales

    columns = [(n_columns - 1) / 2, -0.5, -0.5, n_columns - 0.5, n_columns - 0.5]
    rows = [(n_rows - 1) / 2, -0.5, n_rows - 0.5, -0.5, n_rows - 0.5]
    places = wcs.pixel_to_world(columns, rows).icrs
    radius = float(places[0].separation(places[1:]).deg.max())
    scale = 3600 * math.sqrt(math.prod(float(side) for side in proj_plane_pixel_scales(wcs)))
    area = SkyArea(float(places[0].ra.deg), float(places[0].dec.deg), radius, scale)
    return area if math.isfinite(sum((area.ra_deg, area.dec_deg, radius, scale))) else None


def pointing(cards: Cards) -> tuple[float, float] | None:
    """Return where the header says that the telescope points, ICRS [deg].

    Right ascensions in parts are hours; numbers are degrees unless their comment speaks of hours. Coordinates
    of another equinox are precessed.
    """
    for name in _RA_CARDS[:-1]:
        ra = _angle(cards, name, in_hours=True)
        dec = _angle(cards, name.replace("RA", "DEC", 1), in_hours=False)
        if ra is not None and dec is not None and 0 <= ra < 360 and -90 <= dec <= 90:
            return _icrs(ra, dec, cards.number("EQUINOX", "EPOCH") or 2000.0)
    return None


def _angle(cards: Cards, name: str, *, in_hours: bool) -> float | None:
    value = cards.value(name)
    parts = sexagesimal(value)
    if parts is not None:
        return 15 * parts if in_hours else parts
    number = as_number(value)
    # A comment that gives the same angle in parts has a colon; one that names a unit speaks of hours.
    is_hours = number is not None and in_hours and re.search(r"\bhours?\b|\bhr\b", cards.comment(name))
    return 15 * number if is_hours and number is not None else number


def _icrs(ra: float, dec: float, equinox: float) -> tuple[float, float]:
    if equinox == 2000.0 or not 1800 < equinox < 2100:
        return ra, dec
    from astropy.coordinates import FK4, FK5, ICRS, SkyCoord

    # The IAU's resolution of 1976: positions of before 1984 are in the system of the FK4.
    frame = FK4(equinox=f"B{equinox}") if equinox < 1984 else FK5(equinox=f"J{equinox}")
    place = SkyCoord(ra, dec, unit="deg", frame=frame).transform_to(ICRS())
    return float(place.ra.deg), float(place.dec.deg)


def altitude_deg(cards: Cards) -> float | None:
    """Return the telescope's altitude above the horizon by the header."""
    for name in ("TELALT", "CENTALT", "OBJCTALT", "ALTITUDE", "ALT"):
        value = cards.value(name)
        altitude = as_number(value) if sexagesimal(value) is None else sexagesimal(value)
        if altitude is not None and 0 < altitude <= 90:
            return altitude
    return None


def airmass(cards: Cards) -> float | None:
    """Return the airmass by the header, or that of its altitude (Pickering 2002)."""
    told = cards.number("AIRMASS", "SECZ")
    if told is not None and 1 <= told < 40:
        return told
    altitude = altitude_deg(cards)
    if altitude is None:
        return None
    return 1 / math.sin(math.radians(altitude + 244 / (165 + 47 * altitude**1.1)))


def site(cards: Cards, mjd_utc: float | None) -> Site | None:
    """Return where the header says that the telescope stands.

    Some telescopes count longitude to the west, or leave out its sign. Where the header tells altitude and
    azimuth and pointing, too, the sign is the one with which they agree; where neither agrees, the site is
    not known.
    """
    latitude = _degrees(cards, "SITELAT", "LAT-OBS", "OBSGEO-B", "LATITUDE", "OBSLAT", "SITE_LAT")
    longitude = _degrees(cards, "SITELONG", "LONG-OBS", "OBSGEO-L", "LONGITUD", "OBSLONG", "SITE_LON")
    elevation = cards.number("SITEELEV", "ALT-OBS", "OBSGEO-H", "ELEVATIO", "OBSALT", "HEIGHT") or 0.0
    if latitude is None or longitude is None or abs(latitude) > 90 or not -500 < elevation < 9000:
        return None
    altitude, place = altitude_deg(cards), pointing(cards)
    if altitude is None or place is None or mjd_utc is None:
        return Site(latitude, _wrapped(longitude), elevation)
    azimuth = _degrees(cards, "TELAZ", "CENTAZ", "OBJCTAZ", "AZIMUTH", "AZ")
    off = {
        sign: _off(_horizontal(*place, latitude, sign * longitude, mjd_utc), altitude, azimuth)
        for sign in (1, -1)
    }
    # Without an azimuth a star as high in the east as in the west leaves the sign open: it is believed.
    best = min(off, key=lambda sign: (round(off[sign] / _CLOSE_DEG), -sign))
    return Site(latitude, _wrapped(best * longitude), elevation) if off[best] < _CLOSE_DEG else None


def _off(place: tuple[float, float], altitude: float, azimuth: float | None) -> float:
    """Return by how many degrees a direction differs from a header's; some count azimuth from the south."""
    if azimuth is None:
        return abs(place[0] - altitude)
    return min(_separation(place, (altitude, azimuth + turn)) for turn in (0, 180))


def _separation(one: tuple[float, float], other: tuple[float, float]) -> float:
    (high, along), (height, azimuth) = (map(math.radians, direction) for direction in (one, other))
    cosine = math.sin(high) * math.sin(height) + math.cos(high) * math.cos(height) * math.cos(along - azimuth)
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _degrees(cards: Cards, *names: str) -> float | None:
    for name in names:
        value = cards.value(name)
        degrees = as_number(value) if sexagesimal(value) is None else sexagesimal(value)
        if degrees is not None and abs(degrees) <= 360:
            return degrees
    return None


def _wrapped(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def _horizontal(
    ra: float, dec: float, latitude: float, longitude: float, mjd_utc: float
) -> tuple[float, float]:
    """Return altitude and azimuth of a place on the sky in degrees, to a few arc minutes."""
    zero, rate = _SIDEREAL
    hour_angle = math.radians(360 * (zero + rate * (mjd_utc - 51544.5)) + longitude - ra)
    dec, latitude = math.radians(dec), math.radians(latitude)
    north = math.sin(dec) * math.cos(latitude) - math.cos(dec) * math.sin(latitude) * math.cos(hour_angle)
    west = math.cos(dec) * math.sin(hour_angle)
    sine = math.sin(dec) * math.sin(latitude) + math.cos(dec) * math.cos(latitude) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine)))), math.degrees(math.atan2(-west, north)) % 360
