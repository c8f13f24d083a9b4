"""Cards of the headers of an X-ray light curve, and what they tell of times, bands and the source.

Only headers are looked at here; columns are in the other modules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from astro_assets.xray.refusals import XrayRefusedError, one_line

if TYPE_CHECKING:
    from astropy.io.fits import Header

SECONDS_A_DAY: Final = 86400.0
#: Units of time, in seconds.
TIME_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("d", "day", "days"), SECONDS_A_DAY),
}
#: Where a light curve's header tells no energies: the band in which the telescope's are made by default, keV.
#: By TELESCOP and the beginning of INSTRUME. Telescopes carry others beside them, for visible light too.
_BANDS_KEV: Final = {
    ("XMM", "EPN"): (0.2, 12.0),
    ("XMM", "EMOS"): (0.2, 12.0),
    ("XMM", "EPIC"): (0.2, 12.0),
    ("XMM", "RGS"): (0.33, 2.5),
    ("XTE", "PCA"): (2.0, 60.0),
    ("XTE", "ASM"): (1.5, 12.0),
    ("CHANDRA", "ACIS"): (0.5, 7.0),
    ("CHANDRA", "HRC"): (0.1, 10.0),
    ("SWIFT", "XRT"): (0.3, 10.0),
    ("NUSTAR", ""): (3.0, 79.0),
    ("NICER", ""): (0.2, 12.0),
    ("SUZAKU", "XIS"): (0.2, 12.0),
    ("ASCA", ""): (0.4, 10.0),
    ("ROSAT", "PSPC"): (0.1, 2.4),
    ("ROSAT", "HRI"): (0.1, 2.4),
    ("ASTROSAT", "LAXPC"): (3.0, 80.0),
    ("ASTROSAT", "SXT"): (0.3, 8.0),
    ("EP", "WXT"): (0.5, 4.0),
    ("EP", "FXT"): (0.3, 10.0),
}


class Cards:
    """The cards of a table's header and of the primary one; the first that has a card counts."""

    def __init__(self, headers: Sequence[Header]) -> None:
        self._headers = headers

    def value(self, name: str) -> Any:
        """Return the value of a card; None where it is missing, blank or cannot be parsed."""
        from astropy.io.fits import VerifyError
        from astropy.io.fits.card import Undefined

        for header in self._headers:
            try:
                value = header.get(name)
            except (VerifyError, ValueError):
                continue
            if value is not None and not isinstance(value, Undefined) and str(value).strip():
                return value
        return None

    def text(self, name: str) -> str | None:
        """Return a card as a printable text; None where there is none."""
        value = self.value(name)
        return None if value is None else one_line(value)[:80] or None

    def is_true(self, name: str) -> bool:
        """Tell whether a card is the logical true, or the text T, as some tools write it."""
        return self.value(name) is True or self.text(name) == "T"

    def number(self, name: str) -> float | None:
        """Return a card, or its whole part and fraction as two cards, as a finite number."""
        number = as_number(self.value(name))
        if number is None:
            # MJDREFI and MJDREFF; TIMEZERI and TIMEZERF; TSTARTI and TSTARTF (OGIP/93-003).
            begin = name[:7] if len(name) == 8 else name
            parts = [as_number(self.value(f"{begin}{part}")) for part in "IF"]
            number = None if parts[0] is None else parts[0] + (parts[1] or 0.0)
        return number


def as_number(value: Any) -> float | None:
    """Return a value, perhaps a text, as a finite number; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Clock:
    """What the times of a file count.

    Parameters
    ----------
    unit_s
        Of the column of times, seconds.
    zero_s
        To add to it, seconds.
    card_unit_s
        Of cards that are times or lengths: TSTART, TIMEDEL.
    place
        Where in its bin a time is: 0 at the beginning, 0.5 in the middle.
    mjd_reference
        MJD at which times are zero, in `system`; None where the file does not tell it.
    system
        TT, TDB, UTC or as the file says.
    frame
        TIMEREF: LOCAL, GEOCENTRIC, SOLARSYSTEM.
    """

    unit_s: float = 1.0
    zero_s: float = 0.0
    card_unit_s: float = 1.0
    place: float = 0.5
    mjd_reference: float | None = None
    system: str | None = None
    frame: str | None = None


def clock_of(cards: Cards, unit: str | None, where: str) -> Clock:
    """Return what times of a table count (OGIP/93-003).

    Parameters
    ----------
    unit
        Of the column TIME, None where it has none: that of TIMEUNIT then.
    where
        The table, for messages.

    Raises
    ------
    XrayRefusedError
        If the unit is not told, or none of time, or times are of places outside of their bins.
    """
    of_cards = cards.text("TIMEUNIT")
    told = unit or of_cards or ""
    unit_s = time_unit_s(told)
    if unit_s is None:
        raise XrayRefusedError(
            "time_unknown", f"{where}, column TIME: unit {told!r} is none of time; set TUNIT to 's' or 'd'"
        )
    place = cards.number("TIMEPIXR")
    if place is not None and not 0 <= place <= 1:
        raise XrayRefusedError("time_unknown", f"{where}: TIMEPIXR is {place:g}, not from 0 to 1")
    card_unit_s = time_unit_s(of_cards) or unit_s
    return Clock(
        unit_s,
        (cards.number("TIMEZERO") or 0.0) * card_unit_s,
        card_unit_s,
        0.5 if place is None else place,
        cards.number("MJDREF"),
        cards.text("TIMESYS"),
        cards.text("TIMEREF"),
    )


def time_unit_s(unit: str | None) -> float | None:
    """Return a unit of time in seconds; None if it is none."""
    return TIME_UNITS.get((unit or "").strip().lower())


@dataclass(frozen=True, slots=True)
class Bands:
    """Energy bands in the file's order.

    Parameters
    ----------
    kev
        Low and high energy of each.
    are_told
        Whether the file tells them; else they are those that the telescope has by default.
    """

    kev: tuple[tuple[float, float], ...]
    are_told: bool


def bands_of(cards: Cards, n_bands: int, where: str) -> Bands:
    """Return the energies of a table's bands.

    Raises
    ------
    XrayRefusedError
        If neither the header nor the telescope tells them.
    """
    numbers = range(1, n_bands + 1)
    told = [(cards.number(f"E_MIN{n}"), cards.number(f"E_MAX{n}")) for n in numbers]
    if n_bands == 1 and told[0] == (None, None):
        told = [(cards.number("E_MIN"), cards.number("E_MAX"))]
    if n_bands == 1 and told[0] == (None, None):
        told = [_energies_of_channels(cards)]
    known = tuple((low, high) for low, high in told if low is not None and high is not None)
    if len(known) == n_bands:
        if bad := [band for band in known if not 0 <= band[0] < band[1]]:
            raise XrayRefusedError("bands_unknown", f"{where}: a band of {bad[0][0]} to {bad[0][1]} keV")
        return Bands(known, are_told=True)
    if n_bands == 1:
        telescope, instrument = ((cards.text(name) or "").upper() for name in ("TELESCOP", "INSTRUME"))
        for (named, begin), band in _BANDS_KEV.items():
            if telescope == named and instrument.startswith(begin):
                return Bands((band,), are_told=False)
    raise XrayRefusedError(
        "bands_unknown",
        f"{where}: {n_bands} bands, of which the header tells {len(known)}, and {cards.text('INSTRUME')!r} "
        f"of TELESCOP {cards.text('TELESCOP')!r} has none by default; add cards E_MIN1, E_MAX1 ... in keV",
    )


def _energies_of_channels(cards: Cards) -> tuple[float | None, float | None]:
    """Return the range of channels of XMM's EPIC, whose PI counts electronvolts; of others nothing."""
    instrument = (cards.text("INSTRUME") or "").upper()
    low, high = cards.number("CHANMIN"), cards.number("CHANMAX")
    if not instrument.startswith(("EPN", "EMOS")) or cards.text("CHANTYPE") != "PI":
        return None, None
    return (None, None) if low is None or high is None else (low / 1000, high / 1000)
