"""Whose light curve a FITS file is, by the header cards that the missions' and community's products share.

Only primary and extension headers are read here; columns are the readers' matter.
"""

from __future__ import annotations

import math
import re
from typing import Final

from astro_assets.observations.fits_cards import flag_card, integer_card, number_card, text_card
from astro_assets.observations.fits_header import Header
from astro_assets.observations.missions import Mission
from astro_assets.observations.readers.observation import SECONDS_A_DAY, sane_cadence
from astro_assets.observations.refusals import RefusalError
from astro_assets.observations.targets import CATALOGUES, TargetIdError, canonical_target_id, target_id

#: What headers say of the star itself: columns, cards, and least and most of any star. Brown dwarfs are the
#: coolest; white dwarfs the hottest, smallest and densest; supergiants the largest and least dense.
STAR_CARDS: Final = {
    "star_temperature_k": ("TEFF", 300.0, 300_000.0),
    "star_surface_gravity": ("LOGG", -2.0, 10.0),
    "star_radius_sun": ("RADIUS", 0.001, 3000.0),
}
_DIGITS: Final = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
#: Names such as WASP-126, HD 21749 or GJ 3473: no ids of a catalogue that names targets.
_COMMON_NAME: Final = re.compile(
    rf"(?!({'|'.join(CATALOGUES)})(?![a-z]))[a-z0-9][a-z0-9 .+*_-]*\Z", re.ASCII | re.IGNORECASE
)


def says_simulated(primary: Header) -> bool:
    """SIMULATE is the simulated survey's card; SIMDATA is the TESS mission's own for simulated sectors."""
    return flag_card(primary, "SIMULATE") or flag_card(primary, "SIMDATA")


def star_of(primary: Header) -> dict[str, float | None]:
    """Return what the header says of the star, by the columns of :data:`STAR_CARDS`.

    None where it says nothing, 0, which stands for nothing in catalogues, or what no star has.
    """
    values = {column: number_card(primary, card) for column, (card, _, _) in STAR_CARDS.items()}
    bounds = {column: limits for column, (_, *limits) in STAR_CARDS.items()}
    return {
        column: value if value and bounds[column][0] <= value <= bounds[column][1] else None
        for column, value in values.items()
    }


def number_of(primary: Header, keyword: str) -> int | None:
    """Return the number of a target, which may have 64 bits and stand there as text; None without one."""
    value = primary.get(keyword)
    if isinstance(value, str) and _DIGITS.match(value.strip()):
        return int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18
    return int(value) if is_number else None  # type: ignore[call-overload]


def target_of(primary: Header, mission: Mission, id_keyword: str = "") -> str:
    """Return the canonical id that OBJECT and the mission's number agree on; either is enough.

    A common name in OBJECT says nothing; the number then counts.

    Parameters
    ----------
    id_keyword
        Card of the number, where it is not the mission's.

    Raises
    ------
    RefusalError
        If neither is there, they disagree, or a simulated file bears a star's name or the reverse.
    """
    keyword = id_keyword or mission.id_keyword
    name, number = text_card(primary, "OBJECT"), number_of(primary, keyword)
    if _DIGITS.match(name):
        name = f"{mission.catalogue} {name}"
    elif number is not None and _COMMON_NAME.match(name):
        name = ""
    try:
        by_name = canonical_target_id(name) if name else None
        by_number = target_id(mission.catalogue, number) if number is not None else None
    except TargetIdError as error:
        raise RefusalError("identity_unclear", str(error)) from error
    if by_name is None and by_number is None:
        raise RefusalError(
            "identity_missing", f"identity missing: the header has neither OBJECT nor {keyword}"
        )
    is_simulated, is_named_so = says_simulated(primary), (by_name or "").startswith("SIM ")
    wrong = ""
    if is_simulated != is_named_so:
        wrong = f"header says simulated={is_simulated}, the target is {by_name or by_number}"
    elif by_name and not is_named_so and not by_name.startswith(f"{mission.catalogue} "):
        wrong = f"OBJECT is {name!r} in a file of {mission.name}"
    elif by_name and by_number and not is_named_so and by_name != by_number:
        wrong = f"OBJECT is {name!r}, {keyword} is {number}"
    if wrong:
        raise RefusalError("identity_unclear", f"identity unclear: {wrong}")
    return by_name or str(by_number)


def segment_of(primary: Header, mission: Mission) -> int:
    """Return the number of the sector, quarter or campaign.

    Raises
    ------
    RefusalError
        If the header has none.
    """
    segment = integer_card(primary, mission.segment_keyword)
    if segment is None or segment < 0:
        raise RefusalError(
            "identity_missing", f"identity missing: the header has no {mission.segment_keyword}"
        )
    return segment


def cadence_s_of(table: Header) -> float:
    """Return the time between cadences [s], by TIMEDEL or by the frames summed.

    Raises
    ------
    RefusalError
        If neither is there or the result is absurd.
    """
    days = number_card(table, "TIMEDEL")
    if days is not None:
        return sane_cadence(days * SECONDS_A_DAY)
    frame_s, frames = number_card(table, "FRAMETIM"), number_card(table, "NUM_FRM")
    if frame_s is None or frames is None:
        raise RefusalError(
            "no_time_range", "no cadence: the header has neither TIMEDEL nor FRAMETIM and NUM_FRM"
        )
    return sane_cadence(frame_s * frames)


def bounds_of(table: Header, offset: float) -> tuple[float, float]:
    """Return TSTART and TSTOP as BJD_TDB - 2457000 [d].

    Raises
    ------
    RefusalError
        If they are missing or in disorder.
    """
    start, end = number_card(table, "TSTART"), number_card(table, "TSTOP")
    if start is None or end is None or not start <= end or math.isinf(end - start):
        raise RefusalError(
            "no_time_range", "no time range: the header's TSTART and TSTOP are missing or in disorder"
        )
    return start + offset, end + offset
