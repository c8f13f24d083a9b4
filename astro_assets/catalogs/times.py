"""Time systems of catalogues: all are BJD in TDB less a constant, and become BTJD.

Only the constants and the recognition of a system by its numbers live here.
"""

from __future__ import annotations

from typing import Final

#: Kepler's BKJD is BJD - 2454833, ours (BTJD) is BJD - 2457000.
BKJD_TO_BTJD: Final = 2454833.0 - 2457000.0
BJD_TO_BTJD: Final = -2457000.0
REDUCED_TO_BTJD: Final = 2400000.0 - 2457000.0
#: Epochs of a catalogue lie between the years 2000 and 2050; no two of the systems overlap there.
_EARLIEST_BJD: Final = 2451544.5
_LATEST_BJD: Final = 2469807.5
#: BKJD counts from 2009-01-01; the campaigns of K2 lie between these two days of it (2014-02 to 2018-09).
_K2_BKJD: Final = (1800.0, 3600.0)


def system_of(epoch: float, *, may_be_bkjd: bool) -> str | None:
    """Return the system of an epoch whose catalogue mixes several: ``BJD``, ``BJD-2400000``, ``BKJD``.

    Parameters
    ----------
    epoch
        In days.
    may_be_bkjd
        Whether the catalogue is of K2, where numbers of a few thousand are BKJD.

    Returns
    -------
    str or None
        None where the number is a date in none of them.
    """
    if _EARLIEST_BJD < epoch < _LATEST_BJD:
        return "BJD"
    if _EARLIEST_BJD < epoch + 2400000 < _LATEST_BJD:
        return "BJD-2400000"
    if may_be_bkjd and _K2_BKJD[0] < epoch < _K2_BKJD[1]:
        return "BKJD"
    return None


def btjd(epoch: float, system: str) -> float:
    """Return an epoch of a named system in BTJD."""
    offsets = {"BJD": BJD_TO_BTJD, "BJD-2400000": REDUCED_TO_BTJD, "BKJD": BKJD_TO_BTJD}
    return epoch + offsets[system]
