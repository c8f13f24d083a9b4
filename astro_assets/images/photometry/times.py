"""When light was seen, at the barycentre, and through how much air.

Instants and directions go in; nothing is fetched, and no setting of astropy is left changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from astro_assets.images.frame import Site
from astro_assets.images.photometry.frame_sources import Floats

if TYPE_CHECKING:
    from astropy.time import Time

#: BTJD is BJD_TDB less this.
BTJD_ZERO = 2457000.0


def bjd_tdb(mid_mjd_utc: Floats, ra_deg: float, dec_deg: float, site: Site | None) -> Floats:
    """Return barycentric Julian dates on the TDB scale (Eastman, Siverd & Gaudi 2010, PASP 122, 935).

    Light travel time for a star at infinity; the Earth's place is ERFA's, good to microseconds here.

    Parameters
    ----------
    mid_mjd_utc
        Middles of exposures, MJD on the UTC scale, shape (n,).
    ra_deg, dec_deg
        Of the star, ICRS.
    site
        Where the telescope stands; None for the Earth's centre, which is up to 21 ms off.

    Returns
    -------
    ndarray of float64
        Days, shape (n,).
    """
    from astropy import units
    from astropy.coordinates import SkyCoord

    with _offline():
        times = _times(mid_mjd_utc, site)
        star = SkyCoord(ra_deg * units.deg, dec_deg * units.deg)
        travel = times.light_travel_time(star, ephemeris="builtin")
        bjd: Floats = np.asarray((times.tdb + travel).jd, dtype=np.float64)
    return bjd


def airmass_of(mid_mjd_utc: Floats, ra_deg: float, dec_deg: float, site: Site) -> Floats:
    """Return the air mass of a direction, by the formula of Pickering (2002), DIO 12, 1, 20.

    Parameters
    ----------
    mid_mjd_utc
        MJD on the UTC scale, shape (n,).
    ra_deg, dec_deg
        Of the direction, ICRS.
    site
        Where the telescope stands.

    Returns
    -------
    ndarray of float64
        In units of that of the zenith, shape (n,); NaN below the horizon.
    """
    from astropy import units
    from astropy.coordinates import AltAz, SkyCoord

    with _offline():
        times = _times(mid_mjd_utc, site)
        star = SkyCoord(ra_deg * units.deg, dec_deg * units.deg)
        altitude = star.transform_to(AltAz(obstime=times, location=times.location)).alt.deg
    return pickering(np.asarray(altitude, dtype=np.float64))


def pickering(altitude_deg: Floats) -> Floats:
    """Return the air mass at altitudes in degrees, NaN below the horizon."""
    above = np.where(altitude_deg >= 0, altitude_deg, np.nan)
    return 1 / np.sin(np.radians(above + 244 / (165 + 47 * above**1.1)))


def _times(mid_mjd_utc: Floats, site: Site | None) -> Time:
    from astropy import units
    from astropy.coordinates import EarthLocation
    from astropy.time import Time

    place: Any = (
        EarthLocation.from_geocentric(0, 0, 0, unit=units.m)
        if site is None
        else EarthLocation.from_geodetic(
            site.longitude_deg * units.deg, site.latitude_deg * units.deg, site.elevation_m * units.m
        )
    )
    return Time(np.asarray(mid_mjd_utc, dtype=np.float64), format="mjd", scale="utc", location=place)


@contextmanager
def _offline() -> Iterator[None]:
    """Let the Earth turn as UTC says, within 0.9 s: half a kilometre, 2 microseconds of light.

    So no table of its rotation is read, let alone fetched, and frames newer than any table are as good.
    """
    from astropy import units
    from astropy.utils import iers

    nothing = [0.0, 0.0]
    table = iers.IERS(
        {
            "MJD": [-1e6, 1e6] * units.day,
            "UT1_UTC": nothing * units.s,
            "PM_x": nothing * units.arcsec,
            "PM_y": nothing * units.arcsec,
        }
    )
    with iers.conf.set_temp("auto_download", False), iers.earth_orientation_table.set(table):
        yield
