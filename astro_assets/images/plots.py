"""Small pictures of the image wing's tables, as PNG bytes.

Drawing lives here and nothing else: what is drawn is handed in, and no figure is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from astro_assets.drawing import STYLE, new_figure, png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Pictures beside each other on a sheet.
_IN_A_ROW: Final = 4
_ROW_INCHES: Final = 1.7


@dataclass(frozen=True, slots=True)
class Shown:
    """A thumbnail with its title.

    Parameters
    ----------
    image
        uint8, shape (n_rows, n_columns): 1 black to 255 white, 0 where there is no value.
    """

    title: str
    image: NDArray[np.uint8]


def sheet(shown: Sequence[Shown]) -> bytes:
    """Draw thumbnails beside and below each other, the first row of each at the bottom, as on the sky.

    Returns
    -------
    bytes
        A PNG of at most 50 kB for four thumbnails.
    """
    from matplotlib import rc_context

    columns = min(len(shown), _IN_A_ROW)
    rows = -(-len(shown) // columns)
    margins: dict[str, Any] = {
        "left": 0.01,
        "right": 0.99,
        "bottom": 0.01,
        "top": 1 - 0.22 / (rows * _ROW_INCHES),
    }
    with rc_context(STYLE | {"axes.titlesize": 6, "axes.titleweight": "normal"}):
        figure, axes = new_figure(
            rows, columns, height=rows * _ROW_INCHES, wspace=0.04, hspace=0.2, **margins
        )
        for ax in axes:
            ax.set_axis_off()
        for one, ax in zip(shown, axes, strict=False):
            # Noise is what makes a PNG large: fewer greys, which the eye hardly tells apart.
            greys = one.image & 0xF0
            ax.imshow(greys, cmap="gray", vmin=0, vmax=240, origin="lower", interpolation="nearest")
            ax.set_title(one.title[:34], pad=2)
        return png(figure)
