"""Small pictures of the catalogue tables, as PNG bytes: what is drawn is handed in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

_COLOURS: Final = {
    "confirmed_planet": "#c8442f",
    "candidate": "#e09a3e",
    "eclipsing_binary": "#1f6f8b",
    "false_positive": "#5b6b7f",
    "false_alarm": "#9aa5b1",
    "unknown": "#c9d0d7",
}


def period_histogram(periods: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Draw how the periods of known signals are distributed, a line for each disposition.

    Parameters
    ----------
    periods
        Periods in days by disposition, each of shape (n,).

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    edges = np.geomspace(0.05, 2000, 60)
    with rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure((6, 3), dpi=80, layout="constrained")
        axes = figure.subplots()
        for name, colour in _COLOURS.items():
            values = periods.get(name, np.empty(0))
            if values.size:
                label = f"{values.size} {name.replace('_', ' ')}"
                axes.hist(values, list(edges), histtype="step", color=colour, lw=1.2, label=label)
        axes.set(xscale="log", yscale="log", xlabel="period [d]", ylabel="known signals")
        axes.legend(frameon=False, fontsize=7)
        buffer = io.BytesIO()
        # No software name or date: the same rows give the same bytes.
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
