"""How the pictures of all wings look: size, colours, type; a new figure, and a finished one as PNG bytes.

What is drawn is decided elsewhere.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

T = TypeVar("T")

_WIDTH_INCHES: Final = 6.0
_HEIGHT_INCHES: Final = 3.0
_DOTS_PER_INCH: Final = 80
#: Parts of the figure outside the axes, and of axes between them. Working them out from the texts takes as
#: long as all the drawing.
_MARGINS: Final = {
    "left": 0.11,
    "right": 0.98,
    "bottom": 0.15,
    "top": 0.91,
    "wspace": 0.25,
    "hspace": 0.5,
}
DATA: Final = "#5b6b7f"
ACCENT: Final = "#c8442f"
SECOND: Final = "#1f6f8b"
QUIET: Final = "#b9c2cc"
STYLE: Final[Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a0",
    "axes.linewidth": 0.6,
    "axes.formatter.useoffset": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.color": "#4a5460",
    "ytick.color": "#4a5460",
    "legend.fontsize": 7,
    "legend.frameon": False,
}


def new_figure(
    rows: int,
    columns: int,
    projection: str | None = None,
    *,
    height: float = _HEIGHT_INCHES,
    dots_per_inch: int = _DOTS_PER_INCH,
    **grid: Any,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of the common size and return it with its axes, row by row.

    Parameters
    ----------
    height, dots_per_inch
        Of a figure that shows more than the common height, in inches, has room for.
    grid
        Of matplotlib's ``GridSpec``: margins that are not the common ones, ratios of widths.
    """
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure((_WIDTH_INCHES, height), dpi=dots_per_inch)
    axes = figure.subplots(
        rows,
        columns,
        squeeze=False,
        gridspec_kw={**_MARGINS, **grid},
        subplot_kw={"projection": projection},
    )
    return figure, list(axes.flat)


def panels(
    drawn: Sequence[T], draw: Callable[[Axes, T, int], None], x_label: str, y_label: str, **grid: Any
) -> bytes:
    """Draw each of one to four things in a panel of its own, two beside each other.

    Parameters
    ----------
    drawn, draw
        What is drawn, and what draws it: called with axes, thing and number of columns.
    x_label, y_label
        Of the lower and of the left panels.
    grid
        As of :func:`new_figure`.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        columns = min(len(drawn), 2)
        figure, axes = new_figure(-(-len(drawn) // 2), columns, **grid)
        for thing, ax in zip_longest(drawn, axes):
            if thing is None:
                ax.set_axis_off()
            else:
                draw(ax, thing, columns)
        for ax in axes[-columns:]:
            ax.set_xlabel(x_label)
        for ax in axes[::columns]:
            ax.set_ylabel(y_label)
        return png(figure)


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG: the same drawing gives the same bytes."""
    buffer = io.BytesIO()
    # No software name or date.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
