"""Sheets of triplets as PNG, to look at: what was injected, and where scores disagree.

What is shown is decided elsewhere.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_COLUMNS: Final = 4
_INCHES: Final = 0.95
_DOTS_PER_INCH: Final = 110


def triplet_sheet(images: NDArray[np.floating], titles: Sequence[str], heading: str = "") -> bytes:
    """Draw triplets side by side, each stamp scaled by its own noise; what is no measurement is blue.

    Parameters
    ----------
    images
        Science, template, difference of each, shape (n, 3, 63, 63), n at least 1.
    titles
        Of each triplet.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ValueError
        If there is nothing to show, or not as many titles as triplets.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    if not len(images) or len(images) != len(titles):
        raise ValueError(f"{len(images)} triplets and {len(titles)} titles")
    rows = -(-len(images) // _COLUMNS)
    size = 3 * _COLUMNS * _INCHES, rows * (_INCHES + 0.22) + 0.4
    figure = Figure(size, dpi=_DOTS_PER_INCH)
    colours = colormaps["gray"].with_extremes(bad="#4a7fc1")
    for i, (triplet, title) in enumerate(zip(images, titles, strict=True)):
        for j, stamp in enumerate(triplet):
            width, height = 1 / (3 * _COLUMNS), _INCHES / size[1]
            left = (i % _COLUMNS) * 3 * width + j * width
            bottom = 1 - (0.4 + (i // _COLUMNS + 1) * (_INCHES + 0.22)) / size[1] + 0.02 / size[1]
            axes = figure.add_axes((left + 0.05 * width, bottom, 0.9 * width, height * 0.9))
            low, high = _limits(stamp)
            axes.imshow(np.clip(stamp, low, high), cmap=colours, vmin=low, vmax=high, origin="lower")
            axes.set_axis_off()
            if j == 0:
                axes.set_title(title, fontsize=6, loc="left", pad=2)
    if heading:
        figure.text(0.005, 1 - 0.22 / size[1], heading, fontsize=8, weight="bold")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()


def mosaic(triplet: NDArray[np.floating], *, beside: bool = False) -> NDArray[np.uint8]:
    """Put the stamps of a triplet above each other, science on top, or beside each other, science first.

    Parameters
    ----------
    triplet
        Science, template, difference, shape (3, 63, 63); the first row of each is the lowest.

    Returns
    -------
    ndarray of uint8
        Shape (191, 63) or (63, 191), the first row the highest: each stamp scaled by its own noise, 1 black
        to 255 white, 0 where there is no measurement and between stamps.
    """
    stamps = []
    for stamp in triplet:
        low, high = _limits(stamp)
        share = (np.clip(np.nan_to_num(stamp, nan=low), low, high) - low) / (high - low)
        stamps.append(np.where(np.isfinite(stamp), 1 + np.round(254 * share), 0).astype(np.uint8)[::-1])
    gap = np.zeros((stamps[0].shape[0], 1) if beside else (1, stamps[0].shape[1]), np.uint8)
    parts = [part for stamp in stamps for part in (stamp, gap)][:-1]
    return np.concatenate(parts, axis=1 if beside else 0)


def _limits(stamp: NDArray[np.floating]) -> tuple[float, float]:
    values = stamp[np.isfinite(stamp)].astype(np.float64)
    if not values.size:
        return 0.0, 1.0
    middle = float(np.median(values))
    sigma = 1.4826 * float(np.median(np.abs(values - middle))) or 1.0
    peak = float(values.max()) - middle
    return middle - 3 * sigma, middle + max(6 * sigma, min(peak, 40 * sigma))
