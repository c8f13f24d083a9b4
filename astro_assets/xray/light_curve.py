"""An X-ray light curve as the wing's computations see it: counts of one source in time bins and energy bands.

Only the form and what must hold of it live here; files are opened in `reading`, and nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Every array of counts, exposures and rates, of shape (n_bins, n_bands).
OF_BANDS = (
    "counts",
    "background_counts",
    "background_ratio",
    "fractional_exposure",
    "rate",
    "rate_error_minus",
    "rate_error_plus",
)


class LightCurveFormError(ValueError):
    """What was given is no light curve; the text names the array, the bin, the band and the value."""


@dataclass(frozen=True, slots=True)
class LightCurve:
    """Counts of one source in time bins and energy bands.

    In a bin of a band ``counts`` is a Poisson number of mean
    ``(rate_of_source + background_ratio * rate_in_background_aperture) * width_s * fractional_exposure``,
    and ``background_counts`` one of mean ``rate_in_background_aperture * width_s * fractional_exposure``.

    Parameters
    ----------
    bands_kev
        Low and high energy of each band, keV; soft to hard, by low energy.
    time_s
        Middle of each bin, seconds since a reference that who reads the file keeps beside it; float64, shape
        (n_bins,), increasing, no time twice.
    width_s
        Length of each bin, seconds; float64, shape (n_bins,), positive.
    counts
        In the source aperture; float64, shape (n_bins, n_bands) like all that follows. NaN where the file has
        none, as where it tells rates only.
    background_counts
        In the background aperture; 0 where there is none to subtract.
    background_ratio
        Area of the source aperture over that of the background aperture: so many of the background counts are
        expected in the source aperture. 0 where there is no background to subtract.
    fractional_exposure
        Effective part of the bin, in [0, 1]: vignetting, time and area lost; the effective exposure is
        ``width_s * fractional_exposure``. A bin that saw nothing is kept, with 0.
    rate
        Of the source without background, counts a second of full exposure; may be negative. NaN where
        unknown.
    rate_error_minus, rate_error_plus
        One standard deviation down and up, both positive; NaN where unknown.

    Raises
    ------
    LightCurveFormError
        If a shape, a type, an order or a value is not as said here.
    """

    bands_kev: tuple[tuple[float, float], ...]
    time_s: Floats
    width_s: Floats
    counts: Floats
    background_counts: Floats
    background_ratio: Floats
    fractional_exposure: Floats
    rate: Floats
    rate_error_minus: Floats
    rate_error_plus: Floats

    def __post_init__(self) -> None:
        self._check_bands()
        self._check_shapes()
        _refuse("time_s", self.time_s, ~np.isfinite(self.time_s), "is no time")
        _refuse("width_s", self.width_s, ~(np.isfinite(self.width_s) & (self.width_s > 0)), "is no length")
        late = np.append(False, np.diff(self.time_s) <= 0)
        _refuse("time_s", self.time_s, late, "does not come after the bin before it")
        for name in ("counts", "rate", "rate_error_minus", "rate_error_plus"):
            _refuse(name, getattr(self, name), np.isinf(getattr(self, name)), "is not finite")
        for name in ("background_counts", "background_ratio", "fractional_exposure"):
            _refuse(name, getattr(self, name), ~np.isfinite(getattr(self, name)), "is not finite")
        for name in ("counts", "background_counts", "background_ratio", "fractional_exposure"):
            _refuse(name, getattr(self, name), getattr(self, name) < 0, "is negative")
        for name in ("rate_error_minus", "rate_error_plus"):
            _refuse(name, getattr(self, name), getattr(self, name) <= 0, "is not positive")
        _refuse("fractional_exposure", self.fractional_exposure, self.fractional_exposure > 1, "is above 1")

    @property
    def n_bins(self) -> int:
        """Bins, those without exposure included."""
        return self.time_s.size

    @property
    def n_bands(self) -> int:
        """Energy bands."""
        return len(self.bands_kev)

    @property
    def exposure_s(self) -> Floats:
        """Effective exposure of each bin in each band, seconds; shape (n_bins, n_bands)."""
        return self.width_s[:, np.newaxis] * self.fractional_exposure

    def _check_bands(self) -> None:
        if not self.bands_kev:
            raise LightCurveFormError("no energy band")
        for number, (low, high) in enumerate(self.bands_kev):
            if not (np.isfinite(low) and np.isfinite(high) and 0 <= low < high):
                raise LightCurveFormError(f"bands_kev: band {number} is {low} to {high} keV")
        if list(self.bands_kev) != sorted(self.bands_kev):
            raise LightCurveFormError(f"bands_kev: not from soft to hard: {self.bands_kev}")

    def _check_shapes(self) -> None:
        if self.time_s.ndim != 1 or not self.time_s.size:
            raise LightCurveFormError(f"time_s: shape {self.time_s.shape}, not one axis of at least one bin")
        of_bins, of_bands = self.time_s.shape, (self.time_s.size, self.n_bands)
        wanted = {"time_s": of_bins, "width_s": of_bins} | dict.fromkeys(OF_BANDS, of_bands)
        for name, shape in wanted.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise LightCurveFormError(f"{name}: shape {values.shape}, not {shape}")
            if values.dtype != np.float64:
                raise LightCurveFormError(f"{name}: {values.dtype}, not float64")


def _refuse(name: str, values: Floats, at_fault: NDArray[np.bool_], text: str) -> None:
    if at_fault.any():
        place = np.argwhere(at_fault)[0]
        where = f"bin {place[0]}" + (f", band {place[1]}" if place.size > 1 else "")
        raise LightCurveFormError(f"{name}: {where}: {values[tuple(place)]} {text}")
