"""The cells of the recovery benchmark: what is observed, how noisy it is, and what is injected and searched.

Only declarations live here; the curves are made in `injections`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Duration of a central transit of the Sun at a period of one day, days.
SOLAR_DAY_TRANSIT: Final = 0.0757
#: Durations tried, in units of a central transit of the Sun: those of the product by default, and those of
#: dwarfs of types F, G and K, which the figures of four years are wanted for.
ALL_DURATIONS: Final = (0.25, 1.8)
OF_DWARFS: Final = (0.4, 1.45)


@dataclass(frozen=True)
class Cell:
    """A kind of observation, of noise and of signal.

    Parameters
    ----------
    name
        Also that of its answers' folder.
    title
        For people.
    noise
        Standard deviation of the red noise in units of the white noise of half an hour; None for real
        curves.
    is_detrended
        Whether the biweight filter is run over the curve after the injection.
    cadence_days, baseline_days, gap_every_days, gap_days
        Of the simulated observation.
    periods
        Shortest and longest trial period, days.
    ratios
        Lowest and highest matched-filter signal-to-noise ratio in white noise.
    size
        Injections wanted.
    factors
        Shortest and longest duration that ours tries, in units of a central transit of the Sun.
    near
        Other searches than ours look at periods within this part of the true one only; None: everywhere.
    real
        Files of real curves, below the shared data.
    """

    name: str
    title: str
    noise: float | None
    is_detrended: bool
    cadence_days: float
    baseline_days: float
    gap_every_days: float
    gap_days: float
    periods: tuple[float, float]
    ratios: tuple[float, float] = (6.0, 11.0)
    size: int = 1000
    factors: tuple[float, float] = ALL_DURATIONS
    near: float | None = None
    real: tuple[str, ...] = ()

    @property
    def durations(self) -> NDArray[np.float64]:
        """Ten trial durations, days, that cover those of the population."""
        shortest, longest = (SOLAR_DAY_TRANSIT * np.cbrt(period) for period in self.periods)
        return np.geomspace(0.5 * shortest, 1.2 * longest, 10)


def _simulated(name: str, title: str, *shape: float, periods: tuple[float, float]) -> list[Cell]:
    return [
        Cell(f"{name}-red{10 * red:02.0f}", f"{title}, red {red}", red, False, *shape, periods=periods)
        for red in (0.3, 0.6)
    ] + [Cell(f"{name}-red06-flat", f"{title}, red 0.6, detrended", 0.6, True, *shape, periods=periods)]


#: Quarters of the stars that the search must be silent about.
QUIET_KEPLER: Final = ("2556081", "7660594", "10424789")
_KEPLER_CADENCE: Final = 29.4244 / 1440
_TESS_RANGE, _QUARTER_RANGE = (0.5, 13.4), (1.0, 30.0)
FULL_FRAMES: Final = _simulated(
    "ffi", "full frames, 30 min, 27 d", 30 / 1440, 27.4, 13.7, 1.0, periods=_TESS_RANGE
)
TESS: Final = _simulated("tess", "TESS, 2 min, 27 d", 2 / 1440, 27.4, 13.7, 1.0, periods=_TESS_RANGE)
QUARTERS: Final = _simulated(
    "quarter", "Kepler quarter, 29 min, 90 d", _KEPLER_CADENCE, 90.0, 30.0, 0.9, periods=_QUARTER_RANGE
)
REAL_TESS: Final = Cell(
    "real-tess", "real TESS sectors", None, True, 2 / 1440, 27.4, 0, 0, _TESS_RANGE,
    real=("tess_lc/tess*-s_lc.fits",),
)  # fmt: skip
REAL_QUARTERS: Final = Cell(
    "real-quarter", "real quiet Kepler quarters", None, True, _KEPLER_CADENCE, 90.0, 0, 0, _QUARTER_RANGE,
    real=tuple(f"kepler_lc/kplr{int(kic):09d}-*_llc.fits" for kic in QUIET_KEPLER),
)  # fmt: skip
FOUR_YEARS: Final = Cell(
    "kepler", "Kepler, 29 min, 4 yr", 0.3, False, _KEPLER_CADENCE, 1460.0, 31.0, 0.9, (1.0, 100.0),
    ratios=(8.0, 14.0), size=64, factors=OF_DWARFS, near=0.02,
)  # fmt: skip
CELLS: Final = {
    cell.name: cell for cell in (*FULL_FRAMES, *TESS, REAL_TESS, REAL_QUARTERS, *QUARTERS, FOUR_YEARS)
}
