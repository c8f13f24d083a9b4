"""From a file to the row of its standard light curve: BTJD, quality applied, flux relative to its median.

Only the way from file to row lives here; what is done to cadences is in `standard_form`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astro_assets.observations.file_identity import FileIdentity
from astro_assets.observations.identification import CORRECTED, examine
from astro_assets.observations.missions import TESS
from astro_assets.observations.refusals import RefusalError, damage_is_refused
from astro_assets.observations.standard_form import standard_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from astro_assets.observations.schemas import LightCurveConfig


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
    n_flagged, n_not_finite, n_repeated
        Cadences dropped for their quality flags; unflagged ones whose time or flux is no number, or whose
        error is no positive one; rows of a table with the time of an earlier one.
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
    n_repeated: int
    median_flux: float
    flux_column: str
    has_errors: bool


def read_light_curve(
    path: Path,
    *,
    description: str | None = None,
    flux_column: str = CORRECTED,
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
    mission, reader = observation.mission, observation.reader
    bitmask = tess_bitmask if mission is TESS else kepler_bitmask
    try:
        with damage_is_refused():
            cadences = reader.read(observation.contents, flux_column == CORRECTED)
            form = standard_form(cadences, mission, bitmask, reader.max_days)
    except RefusalError as error:
        raise LightCurveError(str(error)) from error
    return LightCurve(
        identity,
        form.arrays,
        form.n_flagged,
        form.n_not_finite,
        cadences.n_repeated,
        form.median_flux,
        cadences.flux_column,
        form.has_errors,
    )


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
    details, star = identity.details or {}, identity.star or {}
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
        "n_repeated": curve.n_repeated,
        "start_btjd": float(time[0]),
        "end_btjd": float(time[-1]),
        "median_flux": curve.median_flux,
        "star_surface_gravity": star.get("star_surface_gravity"),
        "star_radius_sun": star.get("star_radius_sun"),
        "ra_deg": details.get("ra_deg"),
        "dec_deg": details.get("dec_deg"),
        "magnitude": details.get("magnitude"),
    }
    return [row]
