"""What a file tells of a light curve before it is put in order: its columns, and all that goes with them.

Only the form lives here.
"""

from __future__ import annotations

from dataclasses import dataclass

from astro_assets.xray.reading.assembly import Columns
from astro_assets.xray.reading.cards import Bands, Clock


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells.

    Parameters
    ----------
    form
        Which form the file has.
    bands
        Energies.
    clock
        What the times count.
    columns
        The bins.
    hdu
        Number of the table in a FITS file.
    telescope, instrument, object_name
        As the file writes them.
    ra_deg, dec_deg
        Of the source, ICRS.
    rate_unit
        ``ct / s`` or ``erg / (s cm2)``.
    is_net
        Whether the background is subtracted from the rates.
    is_simulated
        Whether the file says so.
    """

    form: str
    bands: Bands
    clock: Clock
    columns: Columns
    hdu: int | None = None
    telescope: str | None = None
    instrument: str | None = None
    object_name: str | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    rate_unit: str = "ct / s"
    is_net: bool = True
    is_simulated: bool = False
