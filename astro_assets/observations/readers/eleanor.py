"""Light curves of TESS full-frame images by eleanor and its likes: RAW_FLUX and CORR_FLUX in one table.

Feinstein et al. (2019, PASP 131, 094502); the columns are those that ``eleanor.TargetData.save`` writes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_assets.observations.fits_cards import text_card
from astro_assets.observations.fits_columns import column_names, read_columns
from astro_assets.observations.fits_structure import whole_number
from astro_assets.observations.missions import TESS
from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.headers import number_of, segment_of, target_of
from astro_assets.observations.readers.observation import (
    Cadences,
    Identity,
    Reader,
    count_cadences,
    nothing,
    time_range,
)
from astro_assets.observations.readers.units import refuse_magnitudes, unit_of
from astro_assets.observations.refusals import RefusalError


def _recognises(contents: Contents) -> bool:
    """Whether both fluxes are there, or one and none of the missions'."""
    columns = contents.first_columns
    n_fluxes = len({"RAW_FLUX", "CORR_FLUX"} & columns)
    return n_fluxes == 2 or (n_fluxes == 1 and not {"SAP_FLUX", "PDCSAP_FLUX"} & columns)


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    known["mission"] = TESS
    known["n_rows"] = n_rows = whole_number(contents.hdus[1].header, "NAXIS2")
    own = "" if number_of(contents.primary, TESS.id_keyword) is not None else "TIC_ID"
    known["target_id"] = target = target_of(contents.primary, TESS, own)
    known["segment"] = segment = segment_of(contents.primary, TESS)
    start, end, cadence_s = time_range(_read(contents, is_corrected=True).time)
    return Identity(TESS, target, segment, cadence_s, start, end, n_rows)


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  the readers' common signature
    """FLUX_ERR is the error of RAW_FLUX; that of CORR_FLUX is taken to be as large a fraction of it.

    Of the two fluxes the one asked for counts, else the other.
    """
    table = contents.hdus[1]
    names = column_names(table)
    if "TIME" not in names:
        raise RefusalError("no_column", f"no column TIME; there are {', '.join(names)[:200]}")
    fluxes = ("CORR_FLUX", "RAW_FLUX") if is_corrected else ("RAW_FLUX", "CORR_FLUX")
    column = next(name for name in fluxes if name in names)
    refuse_magnitudes(column, unit_of(table, column))
    number = next((name for name in ("CADENCENO", "FFIINDEX") if name in names), None)
    others = ("RAW_FLUX", "CORR_FLUX", "FLUX_ERR", "QUALITY", "X_CENTROID", "Y_CENTROID", number)
    wanted = ["TIME", *(name for name in others if name in names)]
    stored: dict[str, Any] = dict(read_columns(contents.path, table, wanted))
    time = stored["TIME"].astype(np.float64) + _offset(contents)
    unknown = nothing(len(time))
    error = stored.get("FLUX_ERR", unknown)
    if column == "CORR_FLUX" and "RAW_FLUX" in stored:
        with np.errstate(all="ignore"):  # what is not finite is left out later
            error = stored["CORR_FLUX"] * (error / stored["RAW_FLUX"])
    return Cadences(
        column,
        time,
        stored[column],
        error,
        _whole(stored["QUALITY"], "QUALITY") if "QUALITY" in stored else np.zeros(len(time), dtype=np.int64),
        _whole(stored[number], number) if number else count_cadences(time),
        stored.get("X_CENTROID", unknown),
        stored.get("Y_CENTROID", unknown),
    )


def _whole(values: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return whole numbers, which some versions of eleanor write as floats."""
    if not np.isfinite(values).all() or (np.abs(values) >= 2**31).any() or (values != np.floor(values)).any():
        raise RefusalError("no_column", f"column {name} does not hold whole numbers of 32 bits")
    return values.astype(np.int64)


def _offset(contents: Contents) -> float:
    """TIME is BTJD, which eleanor's files say nowhere; a header of another telescope is refused."""
    telescope = text_card(contents.primary, "TELESCOP")
    if telescope.upper() not in ("", "TESS"):
        raise RefusalError("unsupported_product", f"unsupported product: eleanor's columns by {telescope!r}")
    return 0.0


ELEANOR = Reader("eleanor", _recognises, _identify, _read)
