"""From a file's cadences to the standard light curve: BTJD, quality applied, flux relative to its median.

Only choosing and normalising cadences live here; telling files apart is in `identification`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.identification import FileIdentity, examine
from astro_assets.observations.missions import TESS
from astro_assets.observations.readers.observation import Cadences
from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from astro_assets.observations.schemas import LightCurveConfig

#: The setting that asks for the flux with systematics removed, in formats of other column names too.
_CORRECTED: Final = "PDCSAP_FLUX"


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
        What the flux was divided by, in the file's unit.
    flux_column
        Column that the flux comes from.
    has_errors
        Whether the errors are the file's own; else each is the scatter from point to point.
    """

    identity: FileIdentity
    arrays: dict[str, NDArray[np.generic]]
    n_flagged: int
    n_not_finite: int
    median_flux: float
    flux_column: str
    has_errors: bool


def read_light_curve(
    path: Path,
    *,
    description: str | None = None,
    flux_column: str = _CORRECTED,
    tess_bitmask: int,
    kepler_bitmask: int,
) -> LightCurve:
    """Read the standard light curve of a file of any format of `readers`.

    Parameters
    ----------
    path
        The file, whatever its name.
    description
        For a plain table: its entry in a ``targets.csv``, as a JSON object of texts.
    flux_column
        ``PDCSAP_FLUX``: with systematics removed, or ``SAP_FLUX``: as measured; in other formats what
        corresponds.
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
    identity, observation = examine(path, description)
    if observation is None:
        raise LightCurveError(identity.reason)
    try:
        cadences = observation.reader.read(observation.contents, flux_column == _CORRECTED)
    except RefusalError as error:
        raise LightCurveError(str(error)) from error
    bitmask = tess_bitmask if observation.mission is TESS else kepler_bitmask
    return _standard(identity, cadences, bitmask, observation.reader.max_days)


def compute_light_curves(
    key: str, parents: Mapping[str, Sequence[Mapping[str, Any]]], config: LightCurveConfig
) -> list[dict[str, Any]]:
    """Make the row of ``light_curves`` for a raw file.

    Parameters
    ----------
    key
        SHA-256 of the file.
    parents
        ``observation_files``: the one row of the file, with ``sha256`` as the path of the stored file, and
        its ``description``.
    config
        Flux column and quality bits.

    Raises
    ------
    LightCurveError
        If the file holds no usable light curve.
    """
    (file,) = parents["observation_files"]
    curve = read_light_curve(
        file["sha256"],
        description=file["description"],
        flux_column=config.flux_column,
        tess_bitmask=config.tess_quality_bitmask,
        kepler_bitmask=config.kepler_quality_bitmask,
    )
    identity, time = curve.identity, curve.arrays["time"]
    details = identity.details or {}
    row = {
        "sha256": key,
        "product": identity.product,
        "data_release": identity.data_release,
        "file_created": identity.file_created,
        "target_id": identity.target_id,
        "mission": identity.mission,
        "segment_kind": identity.segment_kind,
        "segment": identity.segment,
        "cadence_s": identity.cadence_s,
        "flux_column": curve.flux_column,
        "has_errors": curve.has_errors,
        "light_curve": curve.arrays,
        "n_points": len(time),
        "n_flagged": curve.n_flagged,
        "n_not_finite": curve.n_not_finite,
        "start_btjd": float(time[0]),
        "end_btjd": float(time[-1]),
        "median_flux": curve.median_flux,
        "ra_deg": details.get("ra_deg"),
        "dec_deg": details.get("dec_deg"),
        "magnitude": details.get("magnitude"),
    }
    return [row]


@np.errstate(over="ignore")  # a number too big for float32 becomes infinite, and is looked for
def _standard(identity: FileIdentity, cadences: Cadences, bitmask: int, max_days: float) -> LightCurve:
    """Drop what is flagged or no number, check the rest, and divide by the median."""
    good = (cadences.quality & bitmask) == 0
    finite = np.isfinite(cadences.time) & np.isfinite(cadences.flux) & np.isfinite(cadences.flux_err)
    finite &= cadences.flux_err > 0
    kept, name = good & finite, cadences.flux_column
    if not kept.any():
        raise LightCurveError(
            f"no finite cadence: of {len(kept)}, {np.count_nonzero(~good)} are flagged, and of the others no "
            f"{name}, its error and time are all finite"
        )
    time = cadences.time[kept]
    _check_times(time, cadences.cadence_number[kept], max_days)
    flux = cadences.flux[kept].astype(np.float64)
    median = float(np.median(flux))
    if not 0 < median < np.inf:
        raise LightCurveError(f"the median of {name} is {median:g}: a relative flux needs a positive one")
    arrays: dict[str, NDArray[Any]] = {
        "time": time,
        "flux": (flux / median).astype(np.float32),
        "flux_err": (cadences.flux_err[kept].astype(np.float64) / median).astype(np.float32),
        "centroid_column": _finite_or_nan(cadences.centroid_column[kept]),
        "centroid_row": _finite_or_nan(cadences.centroid_row[kept]),
        "cadence_number": cadences.cadence_number[kept].astype(np.int32),
    }
    if not (np.isfinite(arrays["flux"]).all() and np.isfinite(arrays["flux_err"]).all()):
        raise LightCurveError(f"{name} or its error is more than 1e38 times its median, {median:g}")
    return LightCurve(
        identity,
        arrays,
        int(np.count_nonzero(~good)),
        int(np.count_nonzero(good & ~finite)),
        median,
        name,
        cadences.has_errors,
    )


def _check_times(time: NDArray[np.float64], cadence_number: NDArray[np.int64], max_days: float) -> None:
    """Refuse times that a damaged file makes up: the search must not see a baseline of centuries."""
    steps = np.diff(time)
    if (steps <= 0).any():
        raise LightCurveError(f"time does not increase at cadence {cadence_number[1:][steps <= 0][0]}")
    span = time[-1] - time[0]
    if span > max_days:
        raise LightCurveError(f"the times span {span:.6g} d; a segment lasts at most {max_days:g} d")


def _finite_or_nan(values: NDArray[Any]) -> NDArray[np.float32]:
    single = values.astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))
