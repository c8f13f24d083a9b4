"""The picture of a completeness map: the share found of planets put in, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.drawing import STYLE, new_figure, png
from astro_assets.transits.completeness import wilson_interval

#: From so many cells on their numbers would not be legible.
_MOST_WRITTEN: Final = 80
#: Shares above this are dark: letters on them are white.
_DARK: Final = 0.55


def completeness_plot(cells: Mapping[str, NDArray[Any]], title: str) -> bytes:
    """Draw the share found in each cell of period and radius, in per cent, with its 68 % interval.

    Parameters
    ----------
    cells
        As of :func:`~astro_assets.transits.completeness.summed`.
    title
        Whose map it is.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    periods = np.unique(np.append(cells["period_days_from"], cells["period_days_to"].max()))
    radii = np.unique(np.append(cells["radius_earth_from"], cells["radius_earth_to"].max()))
    shape = periods.size - 1, radii.size - 1
    tried, found = (cells[name].reshape(shape) for name in ("n_injected", "n_recovered"))
    share = np.divide(found, tried, out=np.full(shape, np.nan), where=tried > 0)
    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1, right=1.0)
        drawn = axes.pcolormesh(periods, radii, share.T, cmap="YlGnBu", vmin=0, vmax=1)
        axes.set(
            xscale="log", yscale="log", xlabel="period [d]", ylabel="radius [of the Earth's]", title=title
        )
        for axis, edges in ((axes.xaxis, periods), (axes.yaxis, radii)):
            axis.set_ticks(edges, [f"{edge:.3g}" for edge in edges])
            axis.set_ticks([], minor=True)
        figure.colorbar(drawn, ax=axes, label="share found", pad=0.01)
        if share.size <= _MOST_WRITTEN:
            low, high = wilson_interval(found, tried)
            for at in zip(*np.nonzero(tried), strict=True):
                text = f"{100 * share[at]:.0f} % ({100 * low[at]:.0f}-{100 * high[at]:.0f})"
                x, y = np.sqrt(periods[at[0]] * periods[at[0] + 1]), np.sqrt(radii[at[1]] * radii[at[1] + 1])
                color = "white" if share[at] > _DARK else "black"
                axes.text(x, y, text, ha="center", va="center", fontsize=6, color=color)
        return png(figure)
