"""Pictures of dips that happened once: arrays in, PNG out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import numpy as np

from astro_assets.transits.drawing import ACCENT, DATA, QUIET, STYLE, new_figure, png
from astro_assets.transits.noise import Floats

#: Durations shown on each side of a dip, and points in each.
_SHOWN_DURATIONS: Final = 4.0
_BINS_A_DURATION: Final = 6


@dataclass(frozen=True, slots=True)
class Event:
    """A dip and the detrended curve that shows it: times in days, relative flux, shape (n,)."""

    name: str
    middle: float
    duration: float
    time: Floats
    flux: Floats


def single_transits_plot(events: Sequence[Event]) -> bytes:
    """Draw dips that happened once, samples and their means.

    Parameters
    ----------
    events
        One to four.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        columns = min(len(events), 2)
        figure, axes = new_figure(-(-len(events) // 2), columns)
        for event, ax in zip_longest(events, axes):
            if event is None:
                ax.set_axis_off()
                continue
            hours = 24 * (event.time - event.middle)
            width = 24 * event.duration
            near = np.abs(hours) < _SHOWN_DURATIONS * width
            ppt = 1e3 * (event.flux[near].astype(np.float64) - 1)
            ax.axvspan(-0.5 * width, 0.5 * width, color=QUIET, alpha=0.4, lw=0)
            ax.plot(hours[near], ppt, ".", ms=1.5, color=DATA, alpha=0.3, mew=0)
            bins = np.floor(hours[near] / width * _BINS_A_DURATION).astype(np.int64)
            filled, index = np.unique(bins, return_inverse=True)
            means = np.bincount(index, ppt) / np.bincount(index)
            ax.plot((filled + 0.5) * width / _BINS_A_DURATION, means, "o", ms=3, color=ACCENT, mew=0)
            ax.set_title(event.name, fontweight="normal", fontsize=8)
        for ax in axes[-columns:]:
            ax.set_xlabel("time from the middle [h]")
        for ax in axes[::columns]:
            ax.set_ylabel("flux [ppt]")
        return png(figure)
