"""Untouched light-curve files of TESS SPOC, Kepler and K2, and the simulated survey's, which copy SPOC's.

The formats: TESS Science Data Products Description (EXP-TESS-ARC-ICD-0014), Kepler Archive Manual
(KDMC-10008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_assets.observations.fits_columns import read_columns
from astro_assets.observations.fits_structure import whole_number
from astro_assets.observations.fits_tables import find_table
from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.headers import bounds_of, cadence_s_of, segment_of, target_of
from astro_assets.observations.readers.observation import Cadences, Identity, Reader, nothing, whole_numbers
from astro_assets.observations.readers.units import refuse_magnitudes, unit_of
from astro_assets.observations.refusals import RefusalError


def _recognises(contents: Contents) -> bool:
    """Whether the file is FITS; the last of the FITS readers says what is wrong with any."""
    return contents.is_fits


def _identify(contents: Contents, known: dict[str, Any]) -> Identity:
    table = find_table(list(contents.hdus))
    mission, header = table.mission, table.hdu.header
    known["mission"] = mission
    known["n_rows"] = n_rows = whole_number(header, "NAXIS2")
    known["target_id"] = target = target_of(contents.primary, mission)
    known["segment"] = segment = segment_of(contents.primary, mission)
    known["cadence_s"] = cadence_s = cadence_s_of(header)
    start, end = bounds_of(header, table.time_offset)
    return Identity(mission, target, segment, cadence_s, start, end, n_rows)


def _read(contents: Contents, is_corrected: bool) -> Cadences:  # noqa: FBT001  the readers' common signature
    """Of the two fluxes the one asked for counts, else the other, as ``flux_column`` then says."""
    table = find_table(list(contents.hdus))
    wanted = ("PDCSAP_FLUX", "SAP_FLUX") if is_corrected else ("SAP_FLUX", "PDCSAP_FLUX")
    flux_column = next(column for column in wanted if column in table.columns)
    names = {
        "time": "TIME",
        "cadence_number": "CADENCENO",
        "quality": table.mission.quality_column,
        "flux": flux_column,
        "flux_err": f"{flux_column}_ERR",
        "centroid_column": "MOM_CENTR1",
        "centroid_row": "MOM_CENTR2",
    }
    optional = {f"{flux_column}_ERR", "MOM_CENTR1", "MOM_CENTR2"} - set(table.columns)
    present = {ours: theirs for ours, theirs in names.items() if theirs not in optional}
    stored = read_columns(contents.path, table.hdu, list(present.values()))
    refuse_magnitudes(flux_column, unit_of(table.hdu, flux_column))
    columns: dict[str, Any] = {ours: stored[theirs] for ours, theirs in present.items()}
    for name in ("quality", "cadence_number"):
        columns[name] = whole_numbers(columns[name], names[name])
    if np.abs(columns["cadence_number"]).max(initial=0) >= 2**31:
        raise RefusalError("damaged", "column CADENCENO holds numbers beyond 32 bits")
    columns["time"] = columns["time"].astype(np.float64) + table.time_offset
    unknown = nothing(len(columns["time"]))
    return Cadences(flux_column, **{ours: columns.get(ours, unknown) for ours in names})


MISSION = Reader("mission", _recognises, _identify, _read)
