"""K2VARCAT light curves: K2 photometry detrended against the pointing (HLSP ``k2varcat``).

Armstrong et al. (2015, A&A 579, A19; 2016, MNRAS 456, 2260). One unnamed table without a time reference card.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.observations.fits_columns import column_names, read_columns
from astro_assets.observations.fits_structure import whole_number
from astro_assets.observations.fits_tables import mission_of
from astro_assets.observations.missions import BTJD_ZERO_BJD
from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.headers import segment_of, target_of
from astro_assets.observations.readers.observation import (
    Cadences,
    Identity,
    Reader,
    count_cadences,
    time_range,
)
from astro_assets.observations.readers.units import refuse_magnitudes, unit_of
from astro_assets.observations.refusals import RefusalError

#: The times are those of the K2 pixel files, BJD_TDB, which the unit alone tells.
_KEPLER_ZERO_BJD: Final = 2454833


def _recognises(contents: Contents) -> bool:
    return {"APTFLUX", "DETFLUX"} <= contents.first_columns


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    known["mission"] = mission = mission_of(contents.primary)
    known["n_rows"] = n_rows = whole_number(contents.hdus[1].header, "NAXIS2")
    known["target_id"] = target = target_of(contents.primary, mission)
    known["segment"] = segment = segment_of(contents.primary, mission)
    start, end, cadence_s = time_range(_read(contents, is_corrected=True).time)
    return Identity(mission, target, segment, cadence_s, start, end, n_rows)


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  the readers' common signature
    """There are no quality flags: the flagged cadences were left out by the authors."""
    table, flux = contents.hdus[1], "DETFLUX" if is_corrected else "APTFLUX"
    columns = column_names(table)
    if "TIME" not in columns:
        raise RefusalError("no_column", f"no column TIME; there are {', '.join(columns)[:200]}")
    names = ["TIME", flux, f"{flux}_ERR", "CENT_COL", "CENT_ROW"]
    refuse_magnitudes(flux, unit_of(table, flux))
    unit = unit_of(table, "TIME")
    if unit.replace(" ", "") != f"BJD-{_KEPLER_ZERO_BJD}":
        raise RefusalError("time_system_unknown", f"time system unknown: the unit of TIME is {unit!r}")
    stored = read_columns(contents.path, table, names)
    time = stored["TIME"].astype(np.float64) + (_KEPLER_ZERO_BJD - BTJD_ZERO_BJD)
    return Cadences(
        flux,
        time,
        stored[flux],
        stored[f"{flux}_ERR"],
        np.zeros(len(time), dtype=np.int64),
        count_cadences(time),
        stored["CENT_COL"],
        stored["CENT_ROW"],
    )


K2VARCAT = Reader("k2varcat", _recognises, _identify, _read)
