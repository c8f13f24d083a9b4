"""Pictures of what the search made of known signals, as PNG bytes.

Drawing lives here and nothing else: what is drawn is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, panels, png
from astro_assets.transits.noise import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Bins of a fold that this width can show.
_FOLD_BINS: Final = 120
#: Characters of a title across the whole width.
_TITLE_WIDTH: Final = 112


def recovery_plot(signals: pl.DataFrame) -> bytes:
    """Draw every known signal by period and expected strength, and whether it was found.

    Parameters
    ----------
    signals
        Rows of ``transits/recovered_signals``.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1)
        detectable = signals.filter("is_detectable")
        # Without a listed depth no strength can be expected.
        hidden = signals.filter(~pl.col("is_detectable"), pl.col("expected_snr").is_finite())
        groups = (
            ("not detectable in these data", hidden, "o", QUIET),
            ("found at its period", detectable.filter("is_found", "is_exact"), "o", SECOND),
            ("found at half or twice of it", detectable.filter("is_found", ~pl.col("is_exact")), "^", DATA),
            ("missed", detectable.filter(~pl.col("is_found")), "X", ACCENT),
        )
        for label, group, marker, color in groups:
            axes.plot(
                group["period_days"],
                group["expected_snr"].clip(0.3),
                marker,
                ms=4 if marker == "o" else 5.5,
                mew=0.3,
                mec="white",
                color=color,
                alpha=0.85,
                label=f"{group.height} {label}",
            )
        found = detectable["is_found"].sum()
        share = f", {found} of {detectable.height} detectable found" if detectable.height else ""
        drawn = pl.concat([detectable, hidden])
        axes.set(
            xscale="log",
            yscale="log",
            xlim=_limits(drawn["period_days"].to_numpy(), (0.5, 20)),
            ylim=_limits(drawn["expected_snr"].to_numpy().clip(0.3), (1, 100)),
            xlabel="period [d]",
            ylabel="expected signal-to-noise ratio",
            title=f"Known signals{share}",
        )
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend(loc="best")
        return png(figure)


def _limits(values: Floats, otherwise: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(values.min()), float(values.max())) if values.size else otherwise
    return 0.8 * low, 1.4 * high


@dataclass(frozen=True, slots=True)
class Miss:
    """A known signal that was not found, and the detrended curve that should show it.

    Parameters
    ----------
    name
        Which signal it is.
    cause
        Why it was missed.
    period, epoch, duration
        The known ephemeris, days; the epoch may be NaN.
    time, flux
        Days and relative flux, shape (n,).
    """

    name: str
    cause: str
    period: float
    epoch: float
    duration: float
    time: Floats
    flux: Floats


def missed_signals_plot(misses: Sequence[Miss]) -> bytes:
    """Draw curves folded on known signals that were not found.

    Parameters
    ----------
    misses
        One to four.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    # Room for titles of three lines.
    return panels(misses, _draw_fold, "phase [cycles]", "flux [ppt]", top=0.87, hspace=0.85)


def _draw_fold(axes: Axes, miss: Miss, columns: int) -> None:
    """Draw the medians of a fold, transit in the middle; without an epoch, where it starts means nothing."""
    epoch = miss.epoch if np.isfinite(miss.epoch) else miss.time[0]
    phase = ((miss.time - epoch) / miss.period + 0.5) % 1 - 0.5
    edges = np.linspace(-0.5, 0.5, _FOLD_BINS + 1)
    which = np.clip(np.digitize(phase, edges) - 1, 0, _FOLD_BINS - 1)
    filled = np.unique(which)
    level = np.array([np.median(miss.flux[which == number]) for number in filled])
    if np.isfinite(miss.epoch):
        half = miss.duration / miss.period / 2
        axes.axvspan(-half, half, color=QUIET, alpha=0.4, lw=0)
    axes.plot(0.5 * (edges[:-1] + edges[1:])[filled], 1e3 * (level - 1), "o", ms=2.4, color=DATA, mew=0)
    axes.set_xlim(-0.5, 0.5)
    title = [miss.name, *wrap(miss.cause, _TITLE_WIDTH // columns)]
    axes.set_title("\n".join(title), fontweight="normal", fontsize=6)
