"""What is told of a raw file: whose light curve it is, which other wing reads it, or why it is refused.

Only the form lives here; who finds it out is in `identification`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from astro_assets.observations.other_wings import PASSED_ON


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What a file is, or why it is refused.

    Parameters
    ----------
    reason_code, reason
        Why the file cannot be used: a key of `refusals.REASONS` and one line. Both None when it is accepted,
        and all fields up to `n_rows` but the segment then known, or passed on.
    product
        Name of the reader: ``mission``, ``k2sc``, ``k2varcat``, ``lightkurve``, ``eleanor`` or ``table``; or
        what another wing reads: a key of `other_wings.PASSED_ON`.
    mission, target_id, segment_kind, segment
        ``TESS``, ``TIC 100100827``, ``sector``, 3. A table may name no segment, or span several.
    cadence_s
        Time between cadences [s].
    start_btjd, end_btjd
        Bounds of the observation, BJD_TDB - 2457000 [d].
    n_rows
        Cadences in the table, good and bad.
    finite_fraction
        Share of the unflagged cadences that have a finite time, flux and error, as far as that is known.
    is_simulated
        Whether the header says that the data are simulated.
    star
        Temperature, surface gravity and radius of the star by the header, by column of ``observation_files``.
    details
        The identity that nothing is computed from, by column name of ``observation_files``.
    """

    reason_code: str | None = None
    reason: str | None = None
    product: str | None = None
    mission: str | None = None
    target_id: str | None = None
    segment_kind: str | None = None
    segment: int | None = None
    cadence_s: float | None = None
    start_btjd: float | None = None
    end_btjd: float | None = None
    n_rows: int | None = None
    finite_fraction: float | None = None
    is_simulated: bool = False
    data_release: int | None = None
    file_created: str | None = None
    star: dict[str, float | None] | None = None
    details: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        """``accepted`` as a light curve, ``passed_on`` to another wing, or ``refused``."""
        if self.reason is not None:
            return "refused"
        return "passed_on" if self.product in PASSED_ON else "accepted"

    @property
    def origin(self) -> str:
        """``simulated`` if the header says so, else ``real``."""
        return "simulated" if self.is_simulated else "real"
