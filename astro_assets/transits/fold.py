"""A candidate's light curve folded into views of fixed size.

Phase binning lives here; what is made of the views (features, models, pictures) does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.noise import MAD_TO_SIGMA, Floats

#: Codes of the views, in the order in which they are stored.
VIEWS: Final = ("global", "local", "odd", "even", "secondary")


class FoldSettings(BaseModel):
    """Sizes of the folded views."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    global_bins: int = Field(201, ge=11, le=4001, description="Bins of the global view over one period.")
    local_bins: int = Field(61, ge=11, le=1001, description="Bins of every other view.")
    local_half_width_durations: float = Field(
        3.0, ge=1, le=10, description="Half width of the local views, in durations."
    )


@dataclass(frozen=True, slots=True)
class BinStatistics:
    """Robust statistics of the bins of one view; arrays of shape (n_bins,), NaN where the count is 0."""

    median: Floats
    spread: Floats
    count: NDArray[np.int64]


def bin_statistics(index: NDArray[np.int64], values: Floats, n_bins: int) -> BinStatistics:
    """Median, 1.4826 MAD and count of the values in each bin.

    Parameters
    ----------
    index
        Bin of each value, shape (n,); those outside 0 to ``n_bins`` - 1 are left out.
    values
        Finite, shape (n,).
    n_bins
        Number of bins.

    Returns
    -------
    BinStatistics
        Independent of the order of the values.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.fold_loops import bin_medians

    inside = (index >= 0) & (index < n_bins)
    index, values = index[inside], values[inside]
    count = np.bincount(index, minlength=n_bins)
    median = bin_medians(index, values, count)
    spread = MAD_TO_SIGMA * bin_medians(index, np.abs(values - median[index]), count)
    return BinStatistics(median, spread, count)


def fold_views(
    time: Floats,
    flux: Floats,
    period_days: float,
    epoch: float,
    duration_days: float,
    secondary_phase: float,
    settings: FoldSettings,
) -> dict[str, NDArray[np.float32] | NDArray[np.int32] | Floats]:
    """Fold a detrended curve into the five views.

    The global view spans one period centred on the transit; the others span ``local_half_width_durations`` on
    both sides of the transit, of its odd and of its even occurrences (counted from the epoch), and of the
    secondary phase. Where that is more than a period, the outer bins are empty.

    Parameters
    ----------
    time, flux
        Days and relative flux, shape (n,), finite.
    period_days, epoch, duration_days
        Ephemeris; the epoch is on the time scale of ``time``.
    secondary_phase
        Centre of the secondary view, 0 to 1; 0.5 where it is NaN.
    settings
        Numbers of bins and the width.

    Returns
    -------
    dict of str to ndarray
        ``view`` (int32, position in ``VIEWS``), ``bin`` (int32), ``phase`` (float64, cycles from the view's
        centre to the bin's), ``median`` and ``spread`` (float32, NaN in empty bins), ``count`` (int32); all
        of one shape.

    Raises
    ------
    ValueError
        If the period or the duration is not positive.
    """
    if not (period_days > 0 and duration_days > 0):
        raise ValueError(f"cannot fold with period {period_days} d and duration {duration_days} d")
    cycles = (time - epoch) / period_days
    number = np.floor(cycles + 0.5)
    phase = cycles - number
    odd = number % 2 == 1
    centre = secondary_phase if np.isfinite(secondary_phase) else 0.5
    shifted = (cycles - centre + 0.5) % 1.0 - 0.5
    local_width = 2 * settings.local_half_width_durations * duration_days / period_days
    parts = (
        (phase, flux, settings.global_bins, 1.0),
        (phase, flux, settings.local_bins, local_width),
        (phase[odd], flux[odd], settings.local_bins, local_width),
        (phase[~odd], flux[~odd], settings.local_bins, local_width),
        (shifted, flux, settings.local_bins, local_width),
    )
    statistics = [
        bin_statistics(np.floor((some / width + 0.5) * n_bins).astype(np.int64), values, n_bins)
        for some, values, n_bins, width in parts
    ]
    sizes = [n_bins for _, _, n_bins, _ in parts]
    return {
        "view": np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        "bin": np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]),
        "phase": np.concatenate([((np.arange(n) + 0.5) / n - 0.5) * width for _, _, n, width in parts]),
        "median": np.concatenate([s.median for s in statistics]).astype(np.float32),
        "spread": np.concatenate([s.spread for s in statistics]).astype(np.float32),
        "count": np.concatenate([s.count for s in statistics]).astype(np.int32),
    }
