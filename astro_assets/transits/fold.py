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


def bin_statistics(
    index: NDArray[np.int32] | NDArray[np.int64], values: Floats, n_bins: int
) -> BinStatistics:
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
    from astro_assets.transits.fold_loops import fill_statistics

    median, distance, count = np.empty(n_bins), np.empty(n_bins), np.empty(n_bins, np.int64)
    fill_statistics(index, values, median, distance, count)
    return BinStatistics(median, MAD_TO_SIGMA * distance, count)


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
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.fold_loops import fill_views

    centre = secondary_phase if np.isfinite(secondary_phase) else 0.5
    local_width = 2 * settings.local_half_width_durations * duration_days / period_days
    sizes = [settings.global_bins] + (len(VIEWS) - 1) * [settings.local_bins]
    widths = [1.0] + (len(VIEWS) - 1) * [local_width]
    index = np.empty((len(VIEWS), time.size), np.int32)
    fill_views(time, (period_days, epoch), centre, local_width, (sizes[0], sizes[1]), index)
    statistics = [bin_statistics(bins, flux, size) for bins, size in zip(index, sizes, strict=True)]
    return {
        "view": np.repeat(np.arange(len(VIEWS), dtype=np.int32), sizes),
        "bin": np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]),
        "phase": np.concatenate(
            [((np.arange(n) + 0.5) / n - 0.5) * width for n, width in zip(sizes, widths, strict=True)]
        ),
        "median": np.concatenate([s.median for s in statistics]).astype(np.float32),
        "spread": np.concatenate([s.spread for s in statistics]).astype(np.float32),
        "count": np.concatenate([s.count for s in statistics]).astype(np.int32),
    }
