"""How the transit wing's pictures look: size, colours, type; a new figure, and a finished one as PNG bytes.

What is drawn is decided elsewhere.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_INCHES: Final = 6.0
_HEIGHT_INCHES: Final = 3.0
_DOTS_PER_INCH: Final = 80
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
    rows: int, columns: int, projection: str | None = None, **grid: Any
) -> tuple[Figure, list[Axes]]:
    """Make a figure of the common size and return it with its axes, row by row."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure((_WIDTH_INCHES, _HEIGHT_INCHES), dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots(
        rows, columns, squeeze=False, gridspec_kw=grid, subplot_kw={"projection": projection}
    )
    return figure, list(axes.flat)


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG: the same drawing gives the same bytes."""
    buffer = io.BytesIO()
    # No software name or date.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
