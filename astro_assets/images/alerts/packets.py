"""A packet in standard form, whichever survey or broker it came from.

Only the form lives here; it is filled in `standard_form`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Schema:
    """Which schema a packet has.

    Parameters
    ----------
    name
        Full name of its record; ``fink`` for a table of that broker.
    version
        As the packet or its file says; empty where neither does.
    is_known
        Whether packets of this version were seen: others are read as far as the fields that are known go.
    """

    name: str
    version: str
    is_known: bool

    def __str__(self) -> str:
        known = "" if self.is_known else ", not known: read as far as known fields go"
        return f"{self.name} {self.version or 'without version'}{known}"


@dataclass(frozen=True, slots=True)
class History:
    """Earlier detections and limits of one place, in order of time; all arrays of one shape (n,).

    Parameters
    ----------
    mjd_utc
        Start of each exposure, float64.
    band
        Of each, text.
    magnitude, magnitude_err
        Of the difference, float64; NaN where nothing was detected.
    limiting_magnitude
        5 sigma, float64.
    is_positive
        1 where brighter than the template, 0 where fainter, NaN where nothing was detected; float64.
    real_bogus
        ZTF's score, or that of the survey's network; float64, NaN where there is none.
    """

    mjd_utc: NDArray[np.float64]
    band: NDArray[np.str_]
    magnitude: NDArray[np.float64]
    magnitude_err: NDArray[np.float64]
    limiting_magnitude: NDArray[np.float64]
    is_positive: NDArray[np.float64]
    real_bogus: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ForcedPhotometry:
    """Flux of the difference at the packet's place, detected or not; all arrays of one shape (n,).

    Parameters
    ----------
    mjd_utc, band
        Of each exposure, in order of time.
    flux, flux_err
        In the survey's unit (ZTF: DN), float64; NaN where the packet's value stands for "failed".
    zero_point_magnitude
        Of each exposure, NaN where the packet has none.
    limiting_magnitude
        5 sigma.
    """

    mjd_utc: NDArray[np.float64]
    band: NDArray[np.str_]
    flux: NDArray[np.float64]
    flux_err: NDArray[np.float64]
    zero_point_magnitude: NDArray[np.float64]
    limiting_magnitude: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PackedStamps:
    """Stamps as the packet has them: bytes of a FITS file, mostly in gzip, or arrays; None for none."""

    science: bytes | NDArray[np.float32] | None
    template: bytes | NDArray[np.float32] | None
    difference: bytes | NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class Packet:
    """One alert.

    Parameters
    ----------
    file, record
        Where it was read: name of the file, number in it from 0.
    survey
        ``ZTF``, ``PGIR``, ``DECam``; the schema's name for others.
    schema
        Which it has.
    alert_id, object_id
        Of this detection, and of the place; the second is empty in the oldest packets.
    band
        Of the exposure.
    values
        Every one of `fields.FIELDS`, NaN where the packet does not tell.
    solar_system_name
        Of the nearest known body; empty where there is none.
    history
        Earlier detections and limits, without this one.
    forced
        Forced photometry; of shape (0,) where the packet has none.
    stamps
        None where they were not asked for.
    """

    file: str
    record: int
    survey: str
    schema: Schema
    alert_id: str
    object_id: str
    band: str
    values: Mapping[str, float]
    solar_system_name: str
    history: History
    forced: ForcedPhotometry
    stamps: PackedStamps | None

    @property
    def place(self) -> str:
        """Name the packet for a message."""
        return f"alert {self.alert_id} ({self.file}, record {self.record})"
