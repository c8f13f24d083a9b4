"""Pictures of what tells planets from what looks like them: frames in, PNG out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from astro_assets.drawing import ACCENT, DATA, STYLE, new_figure, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class _Panel:
    """Two measures, and their bounds, beyond which planets are rare; ``is_wide`` over many decades."""

    across: str
    up: str
    across_label: str
    up_label: str
    across_bound: float
    up_bound: float
    is_wide: bool


#: A secondary, or odd transits unlike the even ones, are a binary's; a sinusoid is as bright as it is faint;
#: a V is 5/3 as deep in its middle.
_PANELS: Final = (
    _Panel(
        "weak_secondary_sigma",
        "events_odd_even_sigma",
        "weak secondary [sigma]",
        "odd against even [sigma]",
        5.0,
        3.0,
        is_wide=True,
    ),
    _Panel(
        "brightening_over_dip",
        "bottom_over_mean_depth",
        "brightening / (brightening + dip)",
        "bottom / mean depth",
        0.3,
        1.5,
        is_wide=False,
    ),
)
#: Columns of the table that are drawn.
MEASURES_SHOWN: Final = tuple(name for panel in _PANELS for name in (panel.across, panel.up))


def measures_plot(rows: pl.DataFrame) -> bytes:
    """Draw the measures of candidates against each other, with the bounds beyond which planets are rare.

    Parameters
    ----------
    rows
        Columns :data:`MEASURES_SHOWN`, at least one row; NaN is not drawn.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, axes = new_figure(1, len(_PANELS))
        for panel, ax in zip(_PANELS, axes, strict=True):
            _draw(ax, rows, panel)
        return png(figure)


def _draw(axes: Axes, rows: pl.DataFrame, panel: _Panel) -> None:
    known = rows.filter(pl.col(panel.across).is_finite(), pl.col(panel.up).is_finite())
    axes.axvline(panel.across_bound, color=ACCENT, lw=0.8)
    axes.axhline(panel.up_bound, color=ACCENT, lw=0.8)
    axes.scatter(known[panel.across], known[panel.up], s=6, color=DATA, alpha=0.7, lw=0)
    axes.set(xlabel=panel.across_label, ylabel=panel.up_label)
    if panel.is_wide:
        axes.set(xscale="symlog", yscale="symlog")
    axes.set_title(f"{known.height} of {rows.height} candidates")
