"""Small pictures of alerts and of the real/bogus classifier, as PNG bytes.

Drawing lives here and nothing else: what is drawn is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.drawing import STYLE, new_figure, panels, png
from astro_assets.images.real_bogus.pictures import mosaic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Triplets of a sheet: noise is what makes a PNG large.
MOST_TRIPLETS: Final = 6
_SNR_TICKS: Final = (5, 10, 20, 50, 100)
_DOT: Final[dict[str, Any]] = {"s": 6, "linewidth": 0, "alpha": 0.6}


def triplets_sheet(triplets: Sequence[NDArray[np.floating]], titles: Sequence[str]) -> bytes:
    """Draw up to six triplets beside each other: science above template above difference.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    margins: dict[str, Any] = {"left": 0.01, "right": 0.99, "bottom": 0.01, "top": 0.92}
    with rc_context(STYLE | {"axes.titlesize": 6, "axes.titleweight": "normal"}):
        figure, axes = new_figure(1, MOST_TRIPLETS, height=2.9, wspace=0.06, **margins)
        for ax in axes:
            ax.set_axis_off()
        for ax, triplet, title in zip(axes, triplets[:MOST_TRIPLETS], titles, strict=False):
            # Fewer greys, which the eye hardly tells apart, make a smaller file.
            image = mosaic(triplet) & 0xE0
            ax.imshow(image, cmap="gray", vmin=0, vmax=224, interpolation="nearest")
            ax.set_title(title, pad=2)
        return png(figure)


def scores_plot(score: NDArray[np.float64], others: Mapping[str, tuple[NDArray[np.float64], str]]) -> bytes:
    """Draw scores against those that packets bring along.

    Parameters
    ----------
    score
        Shape (n,).
    others
        By name: the packets' own score, NaN where there is none, and what is said of the agreement.
    """

    def draw(ax: Axes, name: str, _: int) -> None:
        other, said = others[name]
        known = np.isfinite(other) & np.isfinite(score)
        ax.scatter(other[known], score[known], color="#2a6fb0", **_DOT)
        ax.set_title(f"{name}: {said}")
        ax.set_xlim(-0.03, 1.03)
        ax.set_ylim(-0.03, 1.03)

    return panels(list(others), draw, "score of the packet (no label)", "score of the classifier")


def figures_plot(figures: Mapping[str, Any]) -> bytes:
    """Draw recall by signal-to-noise ratio and false alarms by kind of artefact, of held-out objects."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2, wspace=0.5)
        bins = [one for one in figures["recall_by_snr"] if one["recall"] is not None]
        middles = [float(np.sqrt(one["low"] * one["high"])) for one in bins]
        left.plot(middles, [one["recall"] for one in bins], "o-", color="#2a6fb0", markersize=3)
        left.set_xscale("log")
        left.set_xticks(_SNR_TICKS, [f"{tick:g}" for tick in _SNR_TICKS])
        left.minorticks_off()
        left.set_ylim(0, 1.03)
        left.set_xlabel("signal-to-noise ratio of what was put in")
        left.set_ylabel("recall at 0.5")
        alarms = sorted(figures["false_alarms"].items(), key=lambda item: item[1])
        right.barh([kind for kind, _ in alarms], [share for _, share in alarms], color="#b04a2a")
        right.set_xlim(0, max(0.05, *(share for _, share in alarms)) if alarms else 1)
        right.set_xlabel("called real at 0.5")
        return png(figure)


def packets_plot(magnitudes: Mapping[str, NDArray[np.float64]], scores: Mapping[str, Any]) -> bytes:
    """Draw the magnitudes of packets by survey, and the scores that packets bring along.

    Parameters
    ----------
    magnitudes
        By survey, shape (n,), finite.
    scores
        By name, shape (n,), finite.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, axes = new_figure(1, 2, wspace=0.35)
        for ax, drawn, label in zip(
            axes, (magnitudes, scores), ("magnitude of the difference", "score"), strict=True
        ):
            for name, values in drawn.items():
                if len(values):
                    ax.hist(values, bins=25, histtype="step", label=f"{name} ({len(values)})")
            ax.set_xlabel(label)
            ax.set_ylabel("packets")
            if any(len(values) for values in drawn.values()):
                ax.legend(loc="upper left")
        return png(figure)
