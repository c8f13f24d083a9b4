"""Finds the light-curve table of a mission's file and checks that it is one that can be read.

Only which product a file is, its columns and its time system live here; whose data it holds is in
`readers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from astro_assets.observations.fits_cards import number_card, text_card
from astro_assets.observations.fits_columns import column_names
from astro_assets.observations.fits_header import Header
from astro_assets.observations.fits_structure import FitsError, Hdu
from astro_assets.observations.missions import BTJD_ZERO_BJD, K2, KEPLER, MISSIONS, TESS, Mission

#: Reference days in use are 2454833 (Kepler) and 2457000 (TESS); anything far from them is a damaged card.
_REFERENCE_DAYS: Final = (2400000, 2500000)


@dataclass(frozen=True, slots=True)
class LightCurveTable:
    """An accepted file's table, ready to be read.

    Parameters
    ----------
    mission
        Whose conventions the columns follow.
    hdu
        The LIGHTCURVE table.
    time_offset
        To add to the TIME column to get BJD_TDB - 2457000 [d].
    columns
        Names of the columns, in capitals.
    """

    mission: Mission
    hdu: Hdu
    time_offset: float
    columns: tuple[str, ...]


def find_table(hdus: list[Hdu]) -> LightCurveTable:
    """Find the light-curve table of a file and check that it is one that can be read.

    Raises
    ------
    FitsError
        If the mission or product is not supported, columns are missing, or the times are not BJD_TDB days.
    """
    primary = hdus[0].header
    mission = mission_of(primary)
    creator = text_card(primary, "CREATOR")
    tables = [hdu for hdu in hdus[1:] if hdu.name == "LIGHTCURVE"]
    if len(tables) != 1:
        found = ", ".join(hdu.name or "unnamed" for hdu in hdus[1:]) or "none"
        raise FitsError(
            f"unsupported product: no single LIGHTCURVE extension (there are {found[:100]}; by {creator})",
            "unsupported_product",
        )
    columns = tuple(column_names(tables[0]))
    for needed in ("TIME", "CADENCENO", mission.quality_column):
        if needed not in columns:
            raise FitsError(f"no column {needed}; there are {', '.join(columns)[:200]}", "no_column")
    if not {"PDCSAP_FLUX", "SAP_FLUX"} & set(columns):
        raise FitsError(
            f"no flux column PDCSAP_FLUX or SAP_FLUX; there are {', '.join(columns)[:200]}", "no_flux_column"
        )
    return LightCurveTable(mission, tables[0], time_offset(tables[0].header), columns)


def mission_of(primary: Header) -> Mission:
    """Return the mission that a primary header names.

    Raises
    ------
    FitsError
        If it names none of ours.
    """
    telescope, mission = text_card(primary, "TELESCOP"), text_card(primary, "MISSION")
    if telescope.upper() == "TESS":
        return TESS
    if telescope.upper() == "KEPLER" and mission.upper() in ("KEPLER", "K2"):
        return K2 if mission.upper() == "K2" else KEPLER
    named = f"TELESCOP {telescope!r}" + (f", MISSION {mission!r}" if mission else "")
    raise FitsError(f"unsupported product: {named} is none of {', '.join(MISSIONS)}", "unsupported_product")


def time_offset(header: Header) -> float:
    """Return what turns TIME into BTJD [d], after checking that TIME is in barycentric TDB days.

    Raises
    ------
    FitsError
        If TIMESYS, TIMEUNIT, TIMEREF, BJDREFI or BJDREFF are missing or say anything else.
    """
    system, unit = text_card(header, "TIMESYS"), text_card(header, "TIMEUNIT")
    if system.upper() != "TDB":
        raise FitsError(f"unsupported time system: TIMESYS is {system!r}, not 'TDB'", "time_system_unknown")
    if unit.lower() not in ("d", "day", "days"):
        raise FitsError(f"unsupported time unit: TIMEUNIT is {unit!r}, not 'd'", "time_system_unknown")
    frame = text_card(header, "TIMEREF")
    if frame and frame.upper() != "SOLARSYSTEM":
        raise FitsError(
            f"times are not barycentric: TIMEREF is {frame!r}, not 'SOLARSYSTEM'", "time_system_unknown"
        )
    whole, fraction = number_card(header, "BJDREFI"), number_card(header, "BJDREFF")
    if whole is None or fraction is None:
        raise FitsError("no time reference: BJDREFI or BJDREFF is missing", "time_system_unknown")
    if not _REFERENCE_DAYS[0] <= whole <= _REFERENCE_DAYS[1]:
        raise FitsError(f"absurd time reference: BJDREFI is {whole:g}", "time_system_unknown")
    return (whole - BTJD_ZERO_BJD) + fraction
