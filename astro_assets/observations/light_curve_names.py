"""The names that MAST gives light curves and targets, and what they say.

Names only: what is asked of the archive is in `mast_products`, and what a file is, is seen from its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from astro_assets.observations.missions import K2, KEPLER, MISSIONS, TESS, Mission
from astro_assets.observations.targets import target_id

#: Cadences in whole seconds that light curves come in, the mission's usual one first, each with the end of
#: the file's name. SPOC Science Data Products Description Document, Kepler Archive Manual (KDMC-10008) 2.1.
CADENCES: Final = {
    TESS.name: {120: "s_lc", 20: "a_fast-lc"},
    KEPLER.name: {1800: "llc", 60: "slc"},
    K2.name: {1800: "llc", 60: "slc"},
}
_FILE_NAMES: Final = {
    TESS.name: re.compile(
        r"tess[0-9]{13}-s(?P<segment>[0-9]{4})-(?P<number>[0-9]{16})-[0-9]{4}-(?P<end>s_lc|a_fast-lc)\.fits"
    ),
    KEPLER.name: re.compile(r"kplr(?P<number>[0-9]{9})-[0-9]{13}_(?P<end>llc|slc)\.fits"),
    K2.name: re.compile(r"ktwo(?P<number>[0-9]{9})-c(?P<segment>[0-9]{2,3})_(?P<end>llc|slc)\.fits"),
}
#: Campaigns 9, 10 and 11 were cut in two: their files say 91, 92, 101, 102, 111 and 112.
_HALVES: Final = frozenset({91, 92, 101, 102, 111, 112})
_QUARTER: Final = re.compile(r"\bQ-?([0-9]{1,2})$")


@dataclass(frozen=True, slots=True)
class NamedLightCurve:
    """What the name of a light curve says.

    Parameters
    ----------
    target_id
        Canonical.
    segment
        Number of the sector, quarter or campaign; None where the name does not say it.
    cadence_s
        Whole seconds, as in `CADENCES`.
    """

    target_id: str
    segment: int | None
    cadence_s: int


def light_curve_named(mission: Mission, file_name: str, description: str = "") -> NamedLightCurve | None:
    """Return what the name of a file says; None if it is no light curve's of the mission.

    Parameters
    ----------
    file_name
        Of an archive, which is not trusted: names of this form are safe as names of files.
    description
        Of the product, which tells the quarter of Kepler's.
    """
    match = _FILE_NAMES[mission.name].fullmatch(file_name)
    if match is None or not int(match["number"]):
        return None
    said = match.groupdict().get("segment")
    segment = None if said is None else int(said)
    if segment in _HALVES and mission is K2:
        segment //= 10
    if mission is KEPLER and (quarter := _QUARTER.search(description)):
        segment = int(quarter[1])
    (cadence,) = (cadence for cadence, end in CADENCES[mission.name].items() if end == match["end"])
    return NamedLightCurve(target_id(mission.catalogue, int(match["number"])), segment, cadence)


def mission_of(target: str) -> Mission | None:
    """Return the mission whose catalogue names a target; None for a simulated one."""
    catalogue = target.partition(" ")[0]
    return next((mission for mission in MISSIONS.values() if mission.catalogue == catalogue), None)


def target_name(target: str) -> str:
    """Return what MAST calls a target of one of the missions."""
    catalogue, _, number = target.partition(" ")
    prefix = {"KIC": "kplr", "EPIC": "ktwo"}.get(catalogue)
    return number if prefix is None else f"{prefix}{int(number):09d}"
