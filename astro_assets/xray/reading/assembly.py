"""From columns of any file to one light curve: bins in order of time, bands soft to hard, errors positive.

What every format shares lives here, and nothing of any format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import Floats, LightCurve
from astro_assets.xray.rates import Rates, net_rates
from astro_assets.xray.reading.cards import Bands
from astro_assets.xray.refusals import XrayRefusedError

#: Bins of a light curve: three weeks in seconds.
MOST_BINS: Final = 2_000_000
#: Bins of all bands: some 25 arrays of as many are made, of 8 bytes each.
MOST_NUMBERS: Final = 4_000_000
MOST_BANDS: Final = 16
#: What a fraction of exposure may be above 1 by rounding.
_ROUNDING: Final = 1e-3
_IMPOSSIBLE: Final = "values_impossible"
#: What each band has of its own, and what all may have in common.
_OF_ONE_BAND: Final = ("counts", "background_counts", "rate", "error_minus", "error_plus")
_OF_ALL: Final = ("fractional_exposure", "background_ratio")


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file tells of its bins, in the file's order: (n_bins,) or (n_bins, n_bands), None if not told.

    Parameters
    ----------
    where
        The table, for messages.
    time_s, width_s
        Middle and length of each bin.
    fractional_exposure
        NaN counts as 0.
    counts, background_counts, background_ratio
        As of `LightCurve`; a ratio of NaN counts as 0.
    rate, error_minus, error_plus
        As the file tells them; 0 and NaN are no errors. Made of the counts where there is no rate at all.
    is_limit
        Where the rate is an upper limit and no measurement; shape (n_bins,).
    """

    where: str
    time_s: Floats
    width_s: Floats
    fractional_exposure: Floats | None = None
    counts: Floats | None = None
    background_counts: Floats | None = None
    background_ratio: Floats | None = None
    rate: Floats | None = None
    error_minus: Floats | None = None
    error_plus: Floats | None = None
    is_limit: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Assembled:
    """A light curve, and what was left out of it.

    Parameters
    ----------
    light_curve
        In order of time.
    n_repeated
        Bins with the time of an earlier one in the file, left out.
    n_limits
        Bins whose rate was an upper limit: it is NaN now.
    """

    light_curve: LightCurve
    n_repeated: int
    n_limits: int


def assembled(columns: Columns, bands: Bands) -> Assembled:
    """Make a light curve of a file's columns.

    Raises
    ------
    XrayRefusedError
        If a time or a length is no number, columns have other bands, a value is impossible, or nothing was
        measured.
    """
    _check_bands(columns, len(bands.kev))
    _check(columns)
    _, first = np.unique(columns.time_s, return_index=True)
    order = sorted(range(len(bands.kev)), key=lambda band: bands.kev[band])
    shape = (columns.time_s.size, len(order))

    def chosen(values: Floats | None, missing: float) -> Floats:
        if values is None:
            return np.full((first.size, len(order)), missing)
        wide = np.broadcast_to(values if values.ndim == 2 else values[:, np.newaxis], shape)
        return np.array(wide[first][:, order], dtype=np.float64)

    counts, width = chosen(columns.counts, np.nan), columns.width_s[first].astype(np.float64)
    background = _zero_for_none(chosen(columns.background_counts, 0.0))
    ratio = _zero_for_none(chosen(columns.background_ratio, 0.0))
    part = np.minimum(_zero_for_none(chosen(columns.fractional_exposure, 1.0)), 1.0)
    counts[np.isinf(counts)] = np.nan
    rates = Rates(*(chosen(of, np.nan) for of in (columns.rate, columns.error_minus, columns.error_plus)))
    limits = np.zeros(first.size, dtype=bool) if columns.is_limit is None else columns.is_limit[first]
    if columns.fractional_exposure is None:  # what was not measured was not exposed, as far as is known
        part[np.isnan(counts) & np.isnan(rates.rate) & ~limits[:, np.newaxis]] = 0.0
    if columns.rate is None:
        rates = net_rates(counts, background, ratio, width[:, np.newaxis] * part)
    unknown = (part == 0) | limits[:, np.newaxis]
    rate, minus, plus = (
        np.where(unknown, np.nan, values) for values in (rates.rate, rates.error_minus, rates.error_plus)
    )
    if not ((np.isfinite(counts) | np.isfinite(rate)) & (part > 0)).any():
        raise XrayRefusedError("nothing_measured", f"{columns.where}: no bin has counts or a rate")
    curve = LightCurve(
        tuple(bands.kev[band] for band in order),
        columns.time_s[first].astype(np.float64),
        width,
        counts,
        background,
        ratio,
        part,
        rate,
        np.where(minus > 0, minus, np.nan),
        np.where(plus > 0, plus, np.nan),
    )
    return Assembled(curve, columns.time_s.size - first.size, int(np.count_nonzero(limits)))


def _zero_for_none(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)


def _check_bands(columns: Columns, n_bands: int) -> None:
    """Refuse counts and rates of other bands; parts of exposure and ratios may be those of all bands."""
    for name in (*_OF_ONE_BAND, *_OF_ALL):
        values = getattr(columns, name)
        if values is None:
            continue
        width = values.shape[1] if values.ndim == 2 else 1
        if width != n_bands and (width != 1 or name in _OF_ONE_BAND):
            told = f"{columns.where}: {width} band(s) of {name.replace('_', ' ')}, and energies of {n_bands}"
            raise XrayRefusedError("no_column", told)


def _check(columns: Columns) -> None:
    """Refuse what is impossible by the row in which it stands in the file."""
    time, width = columns.time_s, columns.width_s
    _refuse(columns.where, "time", "time_unknown", time, ~np.isfinite(time))
    _refuse(columns.where, "length", "width_unknown", width, ~(np.isfinite(width) & (width > 0)))
    of = columns.fractional_exposure
    if of is not None:
        _refuse(columns.where, "fraction of exposure", _IMPOSSIBLE, of, (of < 0) | (of > 1 + _ROUNDING))
    for name in (*_OF_ONE_BAND, "background_ratio"):
        values = getattr(columns, name)
        if values is not None:
            negative = (values < 0) & (name != "rate")
            endless = np.isinf(values) & ~_unexposed(columns, values.ndim)
            _refuse(columns.where, name.replace("_", " "), _IMPOSSIBLE, values, negative | endless)


def _unexposed(columns: Columns, n_axes: int) -> NDArray[np.bool_]:
    """Return where nothing was exposed, so that what was divided by exposure may be endless."""
    if columns.fractional_exposure is None:
        return np.zeros((1,) * n_axes, dtype=bool)
    unexposed = ~(columns.fractional_exposure > 0)
    if unexposed.ndim < n_axes:
        return unexposed[:, np.newaxis]
    return unexposed if unexposed.ndim == n_axes else np.asarray(unexposed.all(axis=1))


def _refuse(where: str, name: str, code: str, values: Floats, at_fault: NDArray[np.bool_]) -> None:
    if at_fault.any():
        row, *band = np.argwhere(at_fault)[0]
        n_rows = int(np.count_nonzero(at_fault.any(axis=tuple(range(1, at_fault.ndim)))))
        place = f"row {row + 1}" + (f", band {band[0] + 1}" if band else "")
        raise XrayRefusedError(
            code,
            f"{where}, {place}: the {name} is {values[(row, *band)]:.6g}; correct or remove the {n_rows} "
            "such row(s)",
        )
