"""Pictures of what the search made of known signals, as PNG bytes.

Drawing lives here and nothing else: what is drawn is handed in.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from astro_assets.transits.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.transits.noise import Floats

#: Bins of a fold that this width can show.
_FOLD_BINS: Final = 120


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


def missed_signal_plot(title: str, phase: Floats, flux: Floats, duration_phase: float) -> bytes:
    """Draw a detrended curve folded on a known signal that was not found.

    Parameters
    ----------
    title
        Which signal, and why it was missed.
    phase
        Cycles from mid-transit, -0.5 to 0.5, shape (n,).
    flux
        Relative flux, shape (n,).
    duration_phase
        Duration over period.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1)
        edges = np.linspace(-0.5, 0.5, _FOLD_BINS + 1)
        which = np.clip(np.digitize(phase, edges) - 1, 0, _FOLD_BINS - 1)
        filled = [number for number in range(_FOLD_BINS) if np.any(which == number)]
        level = np.array([np.median(flux[which == number]) for number in filled])
        axes.axvspan(-duration_phase / 2, duration_phase / 2, color=QUIET, alpha=0.4, lw=0)
        axes.plot(0.5 * (edges[:-1] + edges[1:])[filled], 1e3 * (level - 1), "o", ms=2.4, color=DATA, mew=0)
        axes.set(xlabel="phase [cycles]", ylabel="flux [ppt]")
        axes.set_title(title, fontweight="normal", wrap=True)
        return png(figure)
