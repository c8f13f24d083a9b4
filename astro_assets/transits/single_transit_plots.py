"""Pictures of dips that happened once: arrays in, PNG out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.drawing import ACCENT, DATA, QUIET, panels
from astro_assets.transits.noise import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
    return panels(events, _draw_event, "time from the middle [h]", "flux [ppt]")


def _draw_event(axes: Axes, event: Event, _columns: int) -> None:
    """Draw samples near a dip, and their means."""
    hours = 24 * (event.time - event.middle)
    width = 24 * event.duration
    near = np.abs(hours) < _SHOWN_DURATIONS * width
    ppt = 1e3 * (event.flux[near].astype(np.float64) - 1)
    axes.axvspan(-0.5 * width, 0.5 * width, color=QUIET, alpha=0.4, lw=0)
    axes.plot(hours[near], ppt, ".", ms=1.5, color=DATA, alpha=0.3, mew=0)
    bins = np.floor(hours[near] / width * _BINS_A_DURATION).astype(np.int64)
    filled, index = np.unique(bins, return_inverse=True)
    means = np.bincount(index, ppt) / np.bincount(index)
    axes.plot((filled + 0.5) * width / _BINS_A_DURATION, means, "o", ms=3, color=ACCENT, mew=0)
    axes.set_title(event.name, fontweight="normal", fontsize=8)
