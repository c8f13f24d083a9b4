"""Pictures of a segmenter: figures in, PNG out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.images.kinds import KINDS, WANTED

Figures = Mapping[str, Any]
_CURVES: Final = {
    "segmenter": (ACCENT, "segmenter"),
    "thresholding": (DATA, "thresholding"),
    "thresholding_points": (SECOND, "thresholding, points"),
}


def completeness_plot(figures: Figures) -> bytes:
    """Draw the share of objects found over their signal-to-noise ratio, beside thresholding."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1)
        for name, (colour, label) in _CURVES.items():
            bins = [row for row in figures[name]["completeness"] if row["value"] is not None]
            at = [np.sqrt(row["low"] * min(row["high"] or np.inf, 2 * row["low"])) for row in bins]
            values = np.array([[row[what] for what in ("value", "from", "to")] for row in bins]).reshape(
                -1, 3
            )
            spread = np.abs(values[:, 1:].T - values[:, 0])
            axes.errorbar(at, values[:, 0], spread, color=colour, marker="o", ms=3, lw=1.2, label=label)
        axes.axhline(0.5, color=QUIET, lw=0.6)
        axes.set(
            xscale="log", xlabel="signal-to-noise ratio of the change", ylabel="share found", ylim=(0, 1.03)
        )
        ticks = (4, 5, 7, 10, 20, 50)
        axes.xaxis.set_ticks(ticks, [str(tick) for tick in ticks])
        axes.xaxis.set_ticks([], minor=True)
        axes.legend(loc="lower right")
        rate = figures["segmenter"]["false_per_megapixel"]["value"]
        axes.set_title(f"objects found at {rate:.2g} false ones a megapixel")
        return png(figure)


def kinds_plot(figures: Figures) -> bytes:
    """Draw how well masks fit, and how many objects are found, by kind."""
    from matplotlib import rc_context

    found = figures["segmenter"]["completeness_from_10_by_kind"]
    overlap = [figures["pixels"][f"iou_{kind}"] or 0.0 for kind in KINDS]
    names = [kind.replace("_", " ") for kind in KINDS]
    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2, left=0.18, wspace=0.6)
        left.barh(names, overlap, color=[SECOND if kind in WANTED else QUIET for kind in KINDS])
        left.invert_yaxis()
        left.set(xlim=(0, 1), xlabel="intersection over union", title="masks")
        values = [found[kind]["value"] or 0.0 for kind in WANTED]
        right.barh([kind.replace("_", " ") for kind in WANTED], values, color=SECOND)
        right.invert_yaxis()
        right.set(xlim=(0, 1), xlabel="share found from 10 on", title="objects")
        return png(figure)


def learning_plot(figures: Figures) -> bytes:
    """Draw the learning curve."""
    from matplotlib import rc_context

    history = figures["history"]
    epochs = np.arange(1, len(history) + 1)
    panels = {"loss": "loss", "validation_ap": "average precision of wanted pixels"}
    with rc_context(STYLE):
        figure, both = new_figure(1, 2)
        for axes, (name, label) in zip(both, panels.items(), strict=True):
            values = [row[name] if row[name] is not None else np.nan for row in history]
            axes.plot(epochs, values, color=ACCENT, lw=1.2)
            axes.set(xlabel="epoch", ylabel=label)
        both[0].set_title("training")
        both[1].set_title("validation")
        return png(figure)
