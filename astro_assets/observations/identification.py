"""What a raw file is (product, target, segment, cadence, origin), by content, never by name.

Only the verdict lives here; what the formats say is in `readers`, the standard curve in `light_curves`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from astro_assets.observations.alert_files import is_of_alerts
from astro_assets.observations.file_identity import FileIdentity
from astro_assets.observations.fits_cards import integer_card, number_card, text_card
from astro_assets.observations.fits_header import Header
from astro_assets.observations.fits_tables import mission_of
from astro_assets.observations.missions import Mission
from astro_assets.observations.other_wings import holds_an_image, product_of
from astro_assets.observations.readers.contents import Contents, open_contents
from astro_assets.observations.readers.headers import STAR_CARDS, says_simulated, star_of, target_of
from astro_assets.observations.readers.observation import Reader, sane_dates
from astro_assets.observations.readers.registry import reader_of
from astro_assets.observations.refusals import RefusalError, damage_is_refused
from astro_assets.observations.standard_form import LEAST_FINITE_FRACTION, standard_form
from astro_assets.observations.targets import TargetIdError, canonical_target_id
from astro_assets.observations.xray_files import XRAY_LIGHT_CURVE

#: The setting that asks for the flux with systematics removed, in formats of other column names too.
CORRECTED: Final = "PDCSAP_FLUX"
#: Of an error's text, which may cite the rest of a file.
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Observation:
    """An accepted file, ready to be read.

    Parameters
    ----------
    contents, reader
        The opened file and who reads it.
    mission
        Whose quality bits and catalogue it uses.
    """

    contents: Contents
    reader: Reader
    mission: Mission


def identify(
    path: Path,
    description: str | None = None,
    *,
    flux_column: str = CORRECTED,
    least_finite_fraction: float = LEAST_FINITE_FRACTION,
) -> FileIdentity:
    """Tell what a file is; a file that cannot be used is described, never raised.

    Parameters
    ----------
    path
        Any file, whatever its name.
    description
        For a plain table: its entry in a ``targets.csv``, as a JSON object of texts.
    flux_column
        Flux that must be usable, by the mission's own quality bits; as in `light_curves.read_light_curve`.
    least_finite_fraction
        Share of the unflagged cadences that must have a finite time, flux and error.

    Returns
    -------
    FileIdentity
        With ``reason`` set if the file is refused; what could be read of a refused file is given too.
    """
    identity, observation = examine(path, description)
    if observation is None:
        return identity
    try:
        with damage_is_refused():
            fraction = _finite_fraction(observation, is_corrected=flux_column == CORRECTED)
    except RefusalError as error:
        return replace(identity, reason_code=error.code, reason=_one_line(error))
    identity = replace(identity, finite_fraction=fraction)
    if fraction < least_finite_fraction:
        reason = (
            f"only {100 * fraction:.3g} % of the unflagged cadences have a finite time, flux and error; the "
            f"setting least_finite_fraction asks for {100 * least_finite_fraction:.3g} %"
        )
        return replace(identity, reason_code="too_few_finite", reason=reason)
    return identity


def examine(path: Path, description: str | None = None) -> tuple[FileIdentity, Observation | None]:
    """Tell what a file says it is, and how to read it; None if that is not enough. No flux is looked at."""
    try:
        with damage_is_refused():
            contents = open_contents(path, description)
            product = _product(contents)
            if product is not None:
                return _passed_on(contents, product), None
            reader, told = reader_of(contents), _told(contents)
    except RefusalError as error:
        return FileIdentity(error.code, _one_line(error)), None
    found: dict[str, Any] = {}
    try:
        with damage_is_refused():
            identity = reader.identify(contents, found)
            sane_dates(identity.mission, identity.start_btjd, identity.end_btjd)
    except RefusalError as error:
        if error.code == "unsupported_product" and holds_an_image(contents.hdus):
            return _passed_on(contents, "image"), None
        return FileIdentity(error.code, _one_line(error), **_known(contents, reader, found), **told), None
    found |= {name: getattr(identity, name) for name in identity.__slots__}
    return (
        FileIdentity(**_known(contents, reader, found), **told),
        Observation(contents, reader, identity.mission),
    )


def _product(contents: Contents) -> str | None:
    """Return what another wing reads; None for what may be a light curve of a star."""
    if contents.kind == "xray":
        return XRAY_LIGHT_CURVE
    return "alerts" if _holds_alerts(contents) else product_of(contents.hdus)


def _holds_alerts(contents: Contents) -> bool:
    """Whether a file's rows are alerts; a table of Avro is nothing else that is read."""
    if contents.kind in ("avro", "parquet") and is_of_alerts(contents.names):
        return True
    if contents.kind == "avro":
        raise RefusalError("unsupported_product", "Avro whose records are no alerts")
    return False


def _passed_on(contents: Contents, product: str) -> FileIdentity:
    """Tell whose the files of other wings are: of the target that a targets.csv names, or the header."""
    if product == "alerts":  # of many objects
        return FileIdentity(product=product)
    described = (contents.description or {}).get("target_id")
    try:
        target = canonical_target_id(described) if described is not None else None
    except TargetIdError as error:
        raise RefusalError("description_invalid", f"target_id of targets.csv: {error}") from error
    if target is None and product == "target_pixels":
        with suppress(RefusalError):
            target = target_of(contents.primary, mission_of(contents.primary))
    return FileIdentity(
        product=product, target_id=target, **_told(contents), details=_details(contents, None)
    )


def describe_file(
    path: Path,
    sha256: str,
    source_name: str,
    description: str | None = None,
    *,
    flux_column: str = CORRECTED,
    least_finite_fraction: float = LEAST_FINITE_FRACTION,
) -> dict[str, Any]:
    """Return the row of ``observation_files`` for a file.

    Parameters
    ----------
    path
        The file, or the stored copy of it.
    sha256
        Its SHA-256, hexadecimal.
    source_name
        The name under which it came in.
    description
        For a plain table: its entry in a ``targets.csv``, as a JSON object of texts.
    flux_column, least_finite_fraction
        What is asked of the fluxes, as of `identify`.
    """
    identity = identify(
        path, description, flux_column=flux_column, least_finite_fraction=least_finite_fraction
    )
    return {
        "sha256": sha256,
        "status": identity.status,
        "reason_code": identity.reason_code,
        "refusal_reason": identity.reason,
        "product": identity.product,
        "mission": identity.mission,
        "target_id": identity.target_id,
        "segment_kind": identity.segment_kind,
        "segment": identity.segment,
        "cadence_s": identity.cadence_s,
        "start_btjd": identity.start_btjd,
        "end_btjd": identity.end_btjd,
        "n_rows_in_file": identity.n_rows,
        "finite_fraction": identity.finite_fraction,
        "is_simulated": identity.is_simulated,
        "data_release": identity.data_release,
        "file_created": identity.file_created,
        **dict.fromkeys(STAR_CARDS),
        **(identity.star or {}),
        "description": description,
        "file_name": source_name,
        "size_bytes": path.stat().st_size,
        **dict.fromkeys(_DETAILS),
        **(identity.details or {}),
    }


#: Context columns of ``observation_files`` that come from the headers.
_DETAILS: Final = (
    "object_name", "instrument", "exposure_s", "camera", "ccd", "channel", "ra_deg", "dec_deg", "magnitude",
    "creator", "processing_version",
)  # fmt: skip


def _finite_fraction(observation: Observation, *, is_corrected: bool) -> float:
    """Make the light curve as it will be made, so that what is wrong with it is known from the start."""
    reader, mission = observation.reader, observation.mission
    cadences = reader.read(observation.contents, is_corrected)
    return standard_form(cadences, mission, mission.default_bitmask, reader.max_days).finite_fraction


def _known(contents: Contents, reader: Reader, found: dict[str, Any]) -> dict[str, Any]:
    mission: Mission | None = found.pop("mission", None)
    if mission is None:
        return {**found, "product": None, "details": _details(contents, None)}
    return {
        **found,
        "product": reader.product,
        "mission": mission.name,
        "segment_kind": mission.segment_kind,
        "details": _details(contents, mission),
    }


def _told(contents: Contents) -> dict[str, Any]:
    if not contents.is_fits:
        return {}
    primary = contents.primary
    return {
        "is_simulated": says_simulated(primary),
        "data_release": integer_card(primary, "DATA_REL"),
        "file_created": text_card(primary, "DATE") or text_card(primary, "CREATED") or None,
        "star": star_of(primary),
    }


def _details(contents: Contents, mission: Mission | None) -> dict[str, Any] | None:
    if not contents.is_fits:
        return None
    primary = contents.primary
    exposure_s = magnitude = None
    if mission is not None and len(contents.hdus) > 1:
        table: Header = contents.hdus[1].header
        magnitude = number_card(primary, mission.magnitude_keyword)
        frame_s, frames = number_card(table, "INT_TIME"), number_card(table, "NUM_FRM")
        exposure_s = frame_s * frames if frame_s is not None and frames is not None else None
    values = (
        text_card(primary, "OBJECT") or None,
        text_card(primary, "INSTRUME") or None,
        exposure_s,
        integer_card(primary, "CAMERA"),
        integer_card(primary, "CCD"),
        integer_card(primary, "CHANNEL"),
        number_card(primary, "RA_OBJ"),
        number_card(primary, "DEC_OBJ"),
        magnitude,
        text_card(primary, "CREATOR") or None,
        text_card(primary, "PROCVER") or None,
    )
    return dict(zip(_DETAILS, values, strict=True))


def _one_line(error: Exception) -> str:
    return " ".join(str(error)[:_LONGEST].split())[:400]
