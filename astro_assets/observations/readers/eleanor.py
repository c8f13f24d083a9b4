"""Light curves of TESS full-frame images by eleanor and its likes: RAW_FLUX and CORR_FLUX in one table.

Feinstein et al. (2019, PASP 131, 094502); the columns are those that ``eleanor.TargetData.save`` writes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_assets.observations.fits_cards import integer_card, text_card
from astro_assets.observations.fits_structure import column_names, read_columns
from astro_assets.observations.missions import TESS
from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.headers import segment_of, target_of
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
    return {"RAW_FLUX", "CORR_FLUX"} <= contents.first_columns


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    known["mission"] = TESS
    known["n_rows"] = n_rows = int(contents.hdus[1].header["NAXIS2"])
    own = "" if integer_card(contents.primary, TESS.id_keyword) is not None else "TIC_ID"
    known["target_id"] = target = target_of(contents.primary, TESS, own)
    known["segment"] = segment = segment_of(contents.primary, TESS)
    start, end, cadence_s = time_range(_read(contents, is_corrected=True).time)
    return Identity(TESS, target, segment, cadence_s, start, end, n_rows)


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  the readers' common signature
    """FLUX_ERR is the error of RAW_FLUX; that of CORR_FLUX is taken to be as large a fraction of it."""
    table = contents.hdus[1]
    names = column_names(table)
    for needed in ("TIME", "FLUX_ERR", "QUALITY"):
        if needed not in names:
            raise RefusalError("no_column", f"no column {needed}; there are {', '.join(names)[:200]}")
    column = "CORR_FLUX" if is_corrected else "RAW_FLUX"
    refuse_magnitudes(column, unit_of(table, column))
    number = next((name for name in ("CADENCENO", "FFIINDEX") if name in names), None)
    centroids = [name for name in ("X_CENTROID", "Y_CENTROID") if name in names]
    wanted = [
        "TIME",
        "RAW_FLUX",
        "CORR_FLUX",
        "FLUX_ERR",
        "QUALITY",
        *centroids,
        *([number] if number else []),
    ]
    stored: dict[str, Any] = dict(read_columns(contents.path, table, wanted))
    time = stored["TIME"].astype(np.float64) + _offset(contents)
    unknown = nothing(len(time))
    flux, error = stored["RAW_FLUX"], stored["FLUX_ERR"]
    if is_corrected:
        with np.errstate(all="ignore"):  # what is not finite is left out later
            error = stored["CORR_FLUX"] * (error / flux)
        flux = stored["CORR_FLUX"]
    return Cadences(
        column,
        time,
        flux,
        error,
        _whole(stored["QUALITY"], "QUALITY"),
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
