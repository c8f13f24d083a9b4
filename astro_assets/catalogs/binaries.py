"""What is particular to the eclipsing-binary catalogues: mixed epochs, widths in phase, depths as fractions.

One set of readings for Kepler and K2, whose files have the same columns; -1 stands for "none" in them.
"""

from __future__ import annotations

from typing import Final

from astro_assets.catalogs.columns import Derived, Number, Reading, Uncertainty
from astro_assets.catalogs.text_tables import Line
from astro_assets.catalogs.times import btjd, system_of

_NONE: Final = (-1.0,)
_PPM: Final = 1e6


def binary_readings() -> dict[str, Reading]:
    """Return how the columns of an eclipsing-binary catalogue are read.

    Widths and depths are those of its polynomial-chain fit (Prsa et al. 2011, AJ 141, 83); a depth that is
    not positive is a fit that failed. Its epochs are BJD, BJD-2400000 or, in K2's campaign 1, BKJD; two of
    Kepler's and one of K2's are no date in any of them and are left out.
    """
    return {
        "period_days": Number("period", positive=True),
        "period_uncertainty_days": Uncertainty(("period_err",), missing=_NONE),
        "epoch_btjd": Derived(("bjd0",), _epoch),
        "epoch_uncertainty_days": Uncertainty(("bjd0_err",), missing=_NONE),
        "epoch_system": Derived(("bjd0",), _epoch_system),
        "duration_hours": Derived(("pwidth", "period"), _duration),
        "depth_ppm": Derived(("pdepth",), lambda line: _depth(line, "pdepth")),
        "secondary_depth_ppm": Derived(("sdepth",), lambda line: _depth(line, "sdepth")),
        "secondary_phase": Derived(("sep", "sdepth"), _secondary_phase),
        "morphology": Number("morph", missing=_NONE),
        "ra_deg": Number("ra"),
        "dec_deg": Number("dec"),
        "magnitude": Number("kmag", missing=_NONE),
    }


def _epoch_system(line: Line) -> str | None:
    epoch = line.number_in("bjd0", _NONE)
    return None if epoch is None else system_of(epoch, may_be_bkjd="EPIC" in line.values)


def _epoch(line: Line) -> float | None:
    epoch, system = line.number_in("bjd0", _NONE), _epoch_system(line)
    return None if epoch is None or system is None else btjd(epoch, system)


def _duration(line: Line) -> float | None:
    width, period = line.number_in("pwidth", _NONE), line.number_in("period")
    return None if width is None or period is None or width <= 0 else 24 * width * period


def _depth(line: Line, column: str) -> float | None:
    depth = line.number_in(column, _NONE)
    return None if depth is None or depth <= 0 else _PPM * depth


def _secondary_phase(line: Line) -> float | None:
    return None if _depth(line, "sdepth") is None else line.number_in("sep", _NONE)
