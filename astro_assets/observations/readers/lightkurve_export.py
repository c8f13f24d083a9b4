"""Light curves that lightkurve wrote with ``to_fits``: one flux, the time system in the unit of TIME.

The mission's time reference, data release and column names are lost in such a file.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.observations.fits_cards import integer_card, text_card
from astro_assets.observations.fits_columns import column_names, read_columns
from astro_assets.observations.fits_structure import Hdu
from astro_assets.observations.fits_tables import mission_of
from astro_assets.observations.missions import BTJD_ZERO_BJD, Mission
from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.headers import number_of, segment_of, target_of
from astro_assets.observations.readers.observation import (
    Cadences,
    Identity,
    Reader,
    count_cadences,
    nothing,
    time_range,
    whole_numbers,
)
from astro_assets.observations.readers.units import refuse_magnitudes, unit_of
from astro_assets.observations.refusals import RefusalError

#: lightkurve's time formats (`lightkurve.time`), both BJD_TDB, by their zero [d].
_ZERO_BJD: Final = {"bkjd": 2454833, "btjd": 2457000}
#: What ``to_fits`` calls the flux: FLUX, unless ``flux_column_name`` says something else.
_FLUXES: Final = ("FLUX", "PDCSAP_FLUX", "SAP_FLUX")
#: Sectors have at most 29 days, quarters 98, campaigns 90; what is longer has been stitched.
_LONGEST_SEGMENT_DAYS: Final = {"TESS": 33.0, "Kepler": 105.0, "K2": 95.0}


def _recognises(contents: Contents) -> bool:
    return contents.is_fits and text_card(contents.primary, "CREATOR").startswith("lightkurve.")


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    creator = text_card(contents.primary, "CREATOR")
    if "Folded" in creator:
        raise RefusalError("phase_folded", f"phase-folded: written by {creator}, phases in place of dates")
    known["mission"] = mission = mission_of(contents.primary)
    known["n_rows"] = n_rows = integer_card(_table(contents).header, "NAXIS2") or 0
    known["target_id"] = target = _target(contents, mission)
    start, end, cadence_s = time_range(_read(contents, is_corrected=True).time)
    known["segment"] = segment = _segment(contents, mission, end - start)
    return Identity(mission, target, segment, cadence_s, start, end, n_rows)


def _target(contents: Contents, mission: Mission) -> str:
    """TARGETID is lightkurve's own card; older versions fill KEPLERID or TICID."""
    own = "" if number_of(contents.primary, mission.id_keyword) is not None else "TARGETID"
    return target_of(contents.primary, mission, own)


def _segment(contents: Contents, mission: Mission, days: float) -> int | None:
    """Return the segment; stitched curves keep the number of one of theirs, which is none of the whole."""
    has_one = integer_card(contents.primary, mission.segment_keyword) is not None
    is_one = has_one and days <= _LONGEST_SEGMENT_DAYS[mission.name]
    return segment_of(contents.primary, mission) if is_one else None


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  one flux only
    table = _table(contents)
    names = column_names(table)
    if "TIME" not in names:
        raise RefusalError("no_column", f"no column TIME; there are {', '.join(names)[:200]}")
    flux = next((name for name in _FLUXES if name in names), None)
    if flux is None:
        raise RefusalError("no_flux_column", f"no flux column FLUX; there are {', '.join(names)[:200]}")
    refuse_magnitudes(flux, unit_of(table, flux))
    error = f"{flux}_ERR"
    optional = [name for name in (error, "CADENCENO", "MOM_CENTR1", "MOM_CENTR2") if name in names]
    mission = mission_of(contents.primary)
    quality = next((n for n in (mission.quality_column, "QUALITY", "SAP_QUALITY") if n in names), None)
    wanted = ["TIME", flux, *optional, *([quality] if quality else [])]
    stored = read_columns(contents.path, table, wanted)
    time = stored["TIME"].astype(np.float64) + _offset(table)
    unknown = nothing(len(time))
    return Cadences(
        flux,
        time,
        stored[flux],
        stored.get(error, unknown),
        whole_numbers(stored[quality], quality) if quality else np.zeros(len(time), dtype=np.int64),
        whole_numbers(stored["CADENCENO"], "CADENCENO") if "CADENCENO" in stored else count_cadences(time),
        stored.get("MOM_CENTR1", unknown),
        stored.get("MOM_CENTR2", unknown),
    )


def _offset(table: Hdu) -> float:
    unit = unit_of(table, "TIME").lower()
    if unit not in _ZERO_BJD:
        raise RefusalError(
            "time_system_unknown", f"time system unknown: the unit of TIME is {unit!r}, not bkjd or btjd"
        )
    return float(_ZERO_BJD[unit] - BTJD_ZERO_BJD)


def _table(contents: Contents) -> Hdu:
    for hdu in contents.hdus[1:]:
        if hdu.name == "LIGHTCURVE":
            return hdu
    raise RefusalError("no_flux_column", "no flux column: a lightkurve file without the extension LIGHTCURVE")


#: Stitched curves reach as far as a mission.
LIGHTKURVE = Reader("lightkurve", _recognises, _identify, _read, max_days=4000.0)
