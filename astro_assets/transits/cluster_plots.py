"""Pictures of clusters of candidates: frames and arrays in, PNG out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from numpy.typing import NDArray

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.transits.fold import VIEWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A colour for each cluster that may be there.
_COLOURS: Final = (SECOND, ACCENT, "#d9a441", "#6a9a4f", "#8a5fa8", DATA, "#b07d62", QUIET)
#: Candidates of which as many are drawn, evenly taken: more only make the file larger.
_MOST: Final = 3000
#: Views of a medoid that are drawn, one below the other.
_DRAWN: Final = ("global", "local")


@dataclass(frozen=True, slots=True)
class Medoid:
    """The candidate in the middle of a cluster, with the arrays of its folded views."""

    cluster: str
    candidate_id: str
    views: Mapping[str, NDArray[Any]]


def medoids_plot(medoids: Sequence[Medoid]) -> bytes:
    """Draw the folded views of the candidate in the middle of each cluster.

    Parameters
    ----------
    medoids
        One to eight.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context({**STYLE, "axes.titlesize": 7, "xtick.labelsize": 6, "ytick.labelsize": 6}):
        figure, axes = new_figure(len(_DRAWN), len(medoids), wspace=0.5, hspace=0.35, left=0.09, top=0.86)
        for column, medoid in enumerate(medoids):
            colour = _COLOURS[column % len(_COLOURS)]
            for row, view in enumerate(_DRAWN):
                _draw_view(axes[row * len(medoids) + column], medoid.views, view, colour)
            axes[column].set_title(f"{medoid.cluster}\n{medoid.candidate_id}")
        for row, view in enumerate(_DRAWN):
            axes[row * len(medoids)].set_ylabel(f"{view} view [%]")
        axes[-1].set_xlabel("phase")
        return png(figure)


def clusters_plot(rows: pl.DataFrame, labels: Sequence[str], across: str, up: str) -> bytes:
    """Draw two measures of all candidates, coloured by cluster.

    Parameters
    ----------
    rows
        At least one candidate: ``name`` of its cluster, ``across`` and ``up``; NaN is not drawn.
    labels
        Names of the clusters, in the order of their colours.
    across, up
        Names of the two measures.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1, right=0.76)
        shown = rows.gather_every(-(-rows.height // _MOST))
        for number, name in enumerate(labels):
            of_cluster = shown.filter(pl.col("name") == name)
            colour = _COLOURS[number % len(_COLOURS)]
            axes.scatter(of_cluster[across], of_cluster[up], s=6, color=colour, alpha=0.7, lw=0, label=name)
        axes.set(xlabel=across.replace("_", " "), ylabel=up.replace("_", " "))
        axes.set_title(f"{rows.height} candidates in {len(labels)} clusters")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=2)
        return png(figure)


def _draw_view(axes: Axes, views: Mapping[str, NDArray[Any]], view: str, colour: str) -> None:
    inside = views["view"] == VIEWS.index(view)
    axes.plot(views["phase"][inside], 1e2 * (views["median"][inside] - 1), ".", ms=2, color=colour, mew=0)
    axes.locator_params(axis="x", nbins=3)
    axes.locator_params(axis="y", nbins=4)
