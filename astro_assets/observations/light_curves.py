"""From a raw mission file to the standard light curve: BTJD, quality applied, flux relative to its median.

Only reading and normalising cadences live here; telling files apart is in `fits_light_curves`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.fits_light_curves import FileIdentity, examine
from astro_assets.observations.fits_structure import FitsError, read_columns
from astro_assets.observations.fits_tables import LightCurveTable
from astro_assets.observations.missions import TESS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from astro_assets.observations.schemas import LightCurveConfig

#: A Kepler quarter lasts 97 d at most. A damaged time must not make the search see a baseline of centuries.
_MAX_SEGMENT_DAYS: Final = 200.0


class LightCurveError(ValueError):
    """A file holds no usable light curve; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class LightCurve:
    """The cadences of one file that can be used.

    Parameters
    ----------
    identity
        What the file is.
    arrays
        ``time`` float64 [d, BJD_TDB - 2457000], strictly increasing; ``flux``, ``flux_err`` float32, relative
        to the median; ``centroid_column``, ``centroid_row`` float32 [pixel], NaN where unknown;
        ``cadence_number`` int32. All of shape (n_points,), n_points at least 1.
    n_flagged, n_not_finite
        Cadences dropped for their quality flags; unflagged ones whose time or flux is no number, or whose
        error is no positive one.
    median_flux
        What the flux was divided by [electron / s].
    """

    identity: FileIdentity
    arrays: dict[str, NDArray[np.generic]]
    n_flagged: int
    n_not_finite: int
    median_flux: float


def read_light_curve(
    path: Path, *, flux_column: str = "PDCSAP_FLUX", tess_bitmask: int, kepler_bitmask: int
) -> LightCurve:
    """Read the standard light curve of a TESS SPOC, Kepler or K2 file.

    Parameters
    ----------
    path
        The file, whatever its name.
    flux_column
        ``PDCSAP_FLUX`` or ``SAP_FLUX``.
    tess_bitmask, kepler_bitmask
        Quality bits that disqualify a cadence, for TESS and for Kepler and K2.

    Returns
    -------
    LightCurve

    Raises
    ------
    LightCurveError
        If the file is refused, lacks the columns, or no usable cadence is left.
    """
    identity, table = examine(path)
    if table is None:
        raise LightCurveError(identity.reason)
    try:
        columns = _read(path, table, flux_column)
    except FitsError as error:
        raise LightCurveError(str(error)) from error
    bitmask = tess_bitmask if table.mission is TESS else kepler_bitmask
    return _standard(identity, columns, flux_column, bitmask)


def compute_light_curves(
    key: str, parents: Mapping[str, Sequence[Mapping[str, Any]]], config: LightCurveConfig
) -> list[dict[str, Any]]:
    """Make the row of ``light_curves`` for a raw file.

    Parameters
    ----------
    key
        SHA-256 of the file.
    parents
        ``observation_files``: the one row of the file, with ``sha256`` as the path of the stored file.
    config
        Flux column and quality bits.

    Raises
    ------
    LightCurveError
        If the file holds no usable light curve.
    """
    curve = read_light_curve(
        parents["observation_files"][0]["sha256"],
        flux_column=config.flux_column,
        tess_bitmask=config.tess_quality_bitmask,
        kepler_bitmask=config.kepler_quality_bitmask,
    )
    identity, time = curve.identity, curve.arrays["time"]
    details = identity.details or {}
    row = {
        "target_id": identity.target_id,
        "mission": identity.mission,
        "segment_kind": identity.segment_kind,
        "segment": identity.segment,
        "cadence_s": identity.cadence_s,
        "flux_column": config.flux_column,
        "light_curve": curve.arrays,
        "n_points": len(time),
        "n_flagged": curve.n_flagged,
        "n_not_finite": curve.n_not_finite,
        "start_btjd": float(time[0]),
        "end_btjd": float(time[-1]),
        "median_flux": curve.median_flux,
        "sha256": key,
        "ra_deg": details.get("ra_deg"),
        "dec_deg": details.get("dec_deg"),
        "magnitude": details.get("magnitude"),
    }
    return [row]


def _read(path: Path, table: LightCurveTable, flux_column: str) -> dict[str, NDArray[np.generic]]:
    """Read the columns under our names; centroids that the file lacks are NaN."""
    names = {
        "time": "TIME",
        "cadence_number": "CADENCENO",
        "quality": table.mission.quality_column,
        "flux": flux_column,
        "flux_err": f"{flux_column}_ERR",
        "centroid_column": "MOM_CENTR1",
        "centroid_row": "MOM_CENTR2",
    }
    present = {ours: theirs for ours, theirs in names.items() if not _is_absent_centroid(theirs, table)}
    stored = read_columns(path, table.hdu, list(present.values()))
    columns = {ours: stored[theirs] for ours, theirs in present.items()}
    for name in ("quality", "cadence_number"):
        if columns[name].dtype.kind not in "iu":
            raise FitsError(f"column {names[name]} does not hold whole numbers")
        columns[name] = columns[name].astype(np.int64)
    if np.abs(columns["cadence_number"]).max(initial=0) >= 2**31:
        raise FitsError("column CADENCENO holds numbers beyond 32 bits")
    columns["time"] = columns["time"].astype(np.float64) + table.time_offset
    nothing = np.full(len(columns["time"]), np.nan, dtype=np.float32)
    return {ours: columns.get(ours, nothing) for ours in names}


def _is_absent_centroid(name: str, table: LightCurveTable) -> bool:
    return name.startswith("MOM_CENTR") and name not in table.columns


@np.errstate(over="ignore")  # a number too big for float32 becomes infinite, and is looked for
def _standard(
    identity: FileIdentity, columns: Mapping[str, NDArray[Any]], flux_column: str, bitmask: int
) -> LightCurve:
    """Drop what is flagged or no number, check the rest, and divide by the median."""
    good = (columns["quality"] & bitmask) == 0
    finite = np.isfinite(columns["time"]) & np.isfinite(columns["flux"]) & np.isfinite(columns["flux_err"])
    finite &= columns["flux_err"] > 0
    kept = good & finite
    if not kept.any():
        raise LightCurveError(
            f"no finite cadence: of {len(kept)}, {np.count_nonzero(~good)} are flagged, and of the others no "
            f"{flux_column}, its error and time are all finite"
        )
    time = columns["time"][kept]
    _check_times(time, columns["cadence_number"][kept])
    flux = columns["flux"][kept].astype(np.float64)
    median = float(np.median(flux))
    if not 0 < median < np.inf:
        raise LightCurveError(
            f"the median of {flux_column} is {median:g} e-/s: a relative flux needs a positive one"
        )
    arrays: dict[str, NDArray[Any]] = {
        "time": time,
        "flux": (flux / median).astype(np.float32),
        "flux_err": (columns["flux_err"][kept].astype(np.float64) / median).astype(np.float32),
        "centroid_column": _finite_or_nan(columns["centroid_column"][kept]),
        "centroid_row": _finite_or_nan(columns["centroid_row"][kept]),
        "cadence_number": columns["cadence_number"][kept].astype(np.int32),
    }
    if not (np.isfinite(arrays["flux"]).all() and np.isfinite(arrays["flux_err"]).all()):
        raise LightCurveError(
            f"{flux_column} or its error is more than 1e38 times its median, {median:g} e-/s"
        )
    return LightCurve(
        identity, arrays, int(np.count_nonzero(~good)), int(np.count_nonzero(good & ~finite)), median
    )


def _check_times(time: NDArray[np.float64], cadence_number: NDArray[np.int64]) -> None:
    steps = np.diff(time)
    if (steps <= 0).any():
        raise LightCurveError(f"time does not increase at cadence {cadence_number[1:][steps <= 0][0]}")
    span = time[-1] - time[0]
    if span > _MAX_SEGMENT_DAYS:
        raise LightCurveError(f"the times span {span:.6g} d; a segment lasts at most {_MAX_SEGMENT_DAYS:g} d")


def _finite_or_nan(values: NDArray[Any]) -> NDArray[np.float32]:
    single = values.astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))
