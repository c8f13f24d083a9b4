"""What a light-curve file says of itself (target, segment, cadence, origin), by content, never by name.

Headers only: the cadences are read in `light_curves`. Supported are TESS SPOC, Kepler and K2 light curves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from astro_assets.observations.fits_cards import flag_card, integer_card, number_card, text_card
from astro_assets.observations.fits_structure import FitsError, read_structure
from astro_assets.observations.fits_tables import LightCurveTable, find_table
from astro_assets.observations.missions import Mission
from astro_assets.observations.targets import TargetIdError, canonical_target_id, target_id

if TYPE_CHECKING:
    from astropy.io.fits import Header

_SECONDS_A_DAY: Final = 86400.0
#: Cadences in use reach from 20 s (TESS) to 30 min; the bounds leave room and keep absurd ones out.
_CADENCE_BOUNDS_S: Final = (1.0, 7200.0)


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What a file is, or why it is refused.

    Parameters
    ----------
    reason
        Why the file cannot be used, one line. None when it is accepted: all fields up to `n_rows` are known.
    mission, target_id, segment_kind, segment
        ``TESS``, ``TIC 100100827``, ``sector``, 3.
    cadence_s
        Time between cadences [s].
    start_btjd, end_btjd
        Bounds of the observation by the header, BJD_TDB - 2457000 [d].
    n_rows
        Cadences in the table, good and bad.
    is_simulated
        Whether the header says that the data are simulated.
    details
        The identity that nothing is computed from, by column name of ``observation_files``.
    """

    reason: str | None
    mission: str | None = None
    target_id: str | None = None
    segment_kind: str | None = None
    segment: int | None = None
    cadence_s: float | None = None
    start_btjd: float | None = None
    end_btjd: float | None = None
    n_rows: int | None = None
    is_simulated: bool = False
    data_release: int | None = None
    file_created: str | None = None
    details: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        """``accepted`` or ``refused``."""
        return "accepted" if self.reason is None else "refused"

    @property
    def origin(self) -> str:
        """``simulated`` if the header says so, else ``real``."""
        return "simulated" if self.is_simulated else "real"


def identify(path: Path) -> FileIdentity:
    """Tell what a file is from its headers; a file that cannot be used is described, never raised.

    Parameters
    ----------
    path
        Any file, whatever its name.

    Returns
    -------
    FileIdentity
        With ``reason`` set if the file is refused; what could be read of a refused file is given too.
    """
    return examine(path)[0]


def examine(path: Path) -> tuple[FileIdentity, LightCurveTable | None]:
    """Tell what a file is, as `identify` does, and where its cadences are; None if the file is refused."""
    try:
        hdus = read_structure(path)
    except FitsError as error:
        return FileIdentity(reason=_one_line(error)), None
    primary = hdus[0].header
    known: dict[str, Any] = {
        "is_simulated": _says_simulated(primary),
        "data_release": integer_card(primary, "DATA_REL"),
        "file_created": text_card(primary, "DATE") or None,
        "details": _details(primary),
    }
    try:
        table = find_table(hdus)
        known["mission"] = table.mission.name
        known |= {"details": _details(primary, table), "n_rows": integer_card(table.hdu.header, "NAXIS2")}
        known["target_id"] = _target(primary, table.mission)
        known["segment_kind"] = table.mission.segment_kind
        known["segment"] = _segment(primary, table.mission)
        known["cadence_s"] = _cadence_s(table.hdu.header)
        known["start_btjd"], known["end_btjd"] = _bounds(table)
    except (FitsError, TargetIdError) as error:
        return FileIdentity(reason=_one_line(error), **known), None
    return FileIdentity(reason=None, **known), table


def describe_file(path: Path, sha256: str, source_name: str) -> dict[str, Any]:
    """Return the row of ``observation_files`` for a file.

    Parameters
    ----------
    path
        The file, or the stored copy of it.
    sha256
        Its SHA-256, hexadecimal.
    source_name
        The name under which it came in.
    """
    identity = identify(path)
    return {
        "sha256": sha256,
        "status": identity.status,
        "refusal_reason": identity.reason,
        "mission": identity.mission,
        "target_id": identity.target_id,
        "segment_kind": identity.segment_kind,
        "segment": identity.segment,
        "cadence_s": identity.cadence_s,
        "start_btjd": identity.start_btjd,
        "end_btjd": identity.end_btjd,
        "n_rows_in_file": identity.n_rows,
        "is_simulated": identity.is_simulated,
        "data_release": identity.data_release,
        "file_created": identity.file_created,
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


def _details(primary: Header, table: LightCurveTable | None = None) -> dict[str, Any]:
    exposure_s = magnitude = None
    if table is not None:
        magnitude = number_card(primary, table.mission.magnitude_keyword)
        frame_s, frames = number_card(table.hdu.header, "INT_TIME"), number_card(table.hdu.header, "NUM_FRM")
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
    return " ".join(str(error).split())[:400]


def _says_simulated(primary: Header) -> bool:
    """SIMULATE is the simulated survey's card; SIMDATA is the TESS mission's own for simulated sectors."""
    return flag_card(primary, "SIMULATE") or flag_card(primary, "SIMDATA")


def _target(primary: Header, mission: Mission) -> str:
    name, number = text_card(primary, "OBJECT"), integer_card(primary, mission.id_keyword)
    by_name = canonical_target_id(name) if name else None
    by_number = target_id(mission.catalogue, number) if number is not None else None
    if by_name is None and by_number is None:
        raise FitsError(f"identity missing: the header has neither OBJECT nor {mission.id_keyword}")
    is_simulated, is_named_so = _says_simulated(primary), (by_name or "").startswith("SIM ")
    if is_simulated != is_named_so:
        raise FitsError(
            f"identity unclear: header says simulated={is_simulated}, the target is {by_name or by_number}"
        )
    if is_named_so:
        return str(by_name)
    if by_name and not by_name.startswith(f"{mission.catalogue} "):
        raise FitsError(f"identity unclear: OBJECT is {name!r} in a file of {mission.name}")
    if by_name and by_number and by_name != by_number:
        raise FitsError(f"identity unclear: OBJECT is {name!r}, {mission.id_keyword} is {number}")
    return by_name or str(by_number)


def _segment(primary: Header, mission: Mission) -> int:
    segment = integer_card(primary, mission.segment_keyword)
    if segment is None or segment < 0:
        raise FitsError(f"identity missing: the header has no {mission.segment_keyword}")
    return segment


def _cadence_s(header: Header) -> float:
    days = number_card(header, "TIMEDEL")
    if days is not None:
        seconds = days * _SECONDS_A_DAY
    else:
        frame_s, frames = number_card(header, "FRAMETIM"), number_card(header, "NUM_FRM")
        if frame_s is None or frames is None:
            raise FitsError("no cadence: the header has neither TIMEDEL nor FRAMETIM and NUM_FRM")
        seconds = frame_s * frames
    if not _CADENCE_BOUNDS_S[0] <= seconds <= _CADENCE_BOUNDS_S[1]:
        raise FitsError(f"absurd cadence: {seconds:g} s")
    return seconds


def _bounds(table: LightCurveTable) -> tuple[float, float]:
    start, end = number_card(table.hdu.header, "TSTART"), number_card(table.hdu.header, "TSTOP")
    if start is None or end is None or not start <= end or math.isinf(end - start):
        raise FitsError("no time range: the header's TSTART and TSTOP are missing or in disorder")
    return start + table.time_offset, end + table.time_offset
