"""K2SC light curves: K2 photometry with the flux that follows the pointing removed (HLSP ``k2sc``).

Aigrain, Parviainen & Pope (2016, MNRAS 459, 2408). Two tables, from PDC and from SAP photometry.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_assets.observations.fits_cards import text_card
from astro_assets.observations.fits_columns import read_columns
from astro_assets.observations.fits_structure import Hdu, whole_number
from astro_assets.observations.fits_tables import mission_of, time_offset
from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.headers import bounds_of, cadence_s_of, segment_of, target_of
from astro_assets.observations.readers.observation import Cadences, Identity, Reader, nothing, whole_numbers
from astro_assets.observations.readers.units import refuse_magnitudes, unit_of
from astro_assets.observations.refusals import RefusalError


def _recognises(contents: Contents) -> bool:
    return contents.is_fits and text_card(contents.primary, "PROGRAM").upper().startswith("K2SC")


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    known["mission"] = mission = mission_of(contents.primary)
    header = _table(contents, is_corrected=True).header
    known["n_rows"] = n_rows = whole_number(header, "NAXIS2")
    known["target_id"] = target = target_of(contents.primary, mission)
    known["segment"] = segment = segment_of(contents.primary, mission)
    known["cadence_s"] = cadence_s = cadence_s_of(header)
    start, end = bounds_of(header, time_offset(header))
    return Identity(mission, target, segment, cadence_s, start, end, n_rows)


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  the readers' common signature
    """``flux`` is the photometry less ``trposi``, the part that follows the pointing.

    The columns x and y are offsets of the pointing, beyond 100 pixels where unknown: no centroids.
    """
    table = _table(contents, is_corrected=is_corrected)
    stored = read_columns(contents.path, table, ["TIME", "CADENCE", "QUALITY", "FLUX", "ERROR"])
    refuse_magnitudes("FLUX", unit_of(table, "FLUX"))
    return Cadences(
        f"{table.name}.FLUX",
        stored["TIME"].astype(np.float64) + time_offset(table.header),
        stored["FLUX"],
        stored["ERROR"],
        whole_numbers(stored["QUALITY"], "QUALITY"),
        whole_numbers(stored["CADENCE"], "CADENCE"),
        nothing(len(stored["TIME"])),
        nothing(len(stored["TIME"])),
    )


def _table(contents: Contents, *, is_corrected: bool) -> Hdu:
    """Return the table from the photometry asked for, else from the other."""
    for wanted in ("PDC", "SAP") if is_corrected else ("SAP", "PDC"):
        for hdu in contents.hdus[1:]:
            if hdu.name == wanted:
                return hdu
    raise RefusalError("no_flux_column", "no flux column: a K2SC file without the extensions PDC and SAP")


K2SC = Reader("k2sc", _recognises, _identify, _read)
