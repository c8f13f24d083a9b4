"""Pictures of frame quality, as PNG bytes: how an assessor grades, and the grades of a night.

Drawing lives here and nothing else: what is drawn is handed in, and no figure is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.images.plots import Shown
from astro_assets.images.quality.grades import GRADES

Floats = NDArray[np.float64]

_COLOURS: Final = {"good": DATA, "medium": SECOND, "bad": ACCENT}
_HOURS: Final = 24.0
#: Of the whole figure: where thumbnails stand, from the left, and how much of its height they take.
_THUMBNAILS: Final = (0.03, 0.96, 0.42)


def confusion_plot(confusion: Sequence[Sequence[int]], kappa: Mapping[str, float]) -> bytes:
    """Draw how frames of each true grade are called.

    Parameters
    ----------
    confusion
        Frames, rows true and columns called.
    kappa
        ``value``, ``from`` and ``to``.
    """
    from matplotlib import rc_context

    counts = np.array(confusion, np.float64)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1, left=0.3, right=0.75)
        ax.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for i, j in np.ndindex(counts.shape):
            colour = "white" if share[i, j] > 0.5 else "black"
            ax.text(j, i, f"{counts[i, j]:.0f}", ha="center", va="center", color=colour)
        ax.set_xticks(range(len(GRADES)), list(GRADES))
        ax.set_yticks(range(len(GRADES)), list(GRADES))
        ax.set(xlabel="called", ylabel="true")
        ax.set_title(f"kappa {kappa['value']:.3f} ({kappa['from']:.3f} to {kappa['to']:.3f})")
        return png(figure)


def reliability_plot(reliability: Mapping[str, Sequence[Mapping[str, float]]]) -> bytes:
    """Draw how often frames of each probability are bad, and not good, with 95 % intervals.

    Parameters
    ----------
    reliability
        ``bad`` and ``not_good``: bins as `learning.calibration.reliability` returns them.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, axes = new_figure(1, 2)
        for ax, (name, words) in zip(axes, (("bad", "bad"), ("not_good", "medium or bad")), strict=True):
            bins = reliability[name]
            mean = np.array([row["mean_probability"] for row in bins])
            part = np.array([row["fraction"] for row in bins])
            reach = np.array(
                [[row["fraction"] - row["low"], row["high"] - row["fraction"]] for row in bins]
            ).T
            ax.plot([0, 1], [0, 1], color=QUIET, lw=0.8)
            ax.errorbar(mean, part, yerr=np.maximum(reach, 0), fmt="o", ms=3, color=ACCENT, lw=0.8)
            ax.set(xlabel=f"probability of being {words}", ylabel="part that is", xlim=(-0.02, 1.02))
            ax.set_ylim(-0.02, 1.02)
        return png(figure)


def night_plot(
    night: str,
    mjd: Floats,
    p_not_good: Floats,
    p_bad: Floats,
    grades: Sequence[str],
    worst: Sequence[Shown],
) -> bytes:
    """Draw the grades of a night's frames over time, and its worst frames.

    Parameters
    ----------
    mjd, p_not_good, p_bad, grades
        Of each frame in order of time, shape (n,).
    worst
        Thumbnails, at most four.
    """
    from matplotlib import rc_context

    hours = _HOURS * (mjd - mjd[0])
    left, width, height = _THUMBNAILS
    with rc_context(STYLE | {"axes.titlesize": 7}):
        figure, (ax,) = new_figure(1, 1, height=3.4, bottom=0.53)
        ax.vlines(hours, p_bad, p_not_good, color=QUIET, lw=0.8)
        for grade in GRADES:
            chosen = np.array([one == grade for one in grades])
            ax.plot(hours[chosen], p_not_good[chosen], ".", ms=4, color=_COLOURS[grade], label=grade)
        ax.set(ylim=(-0.03, 1.03), xlabel="hours into the night", ylabel="P(bad) to P(not good)")
        ax.legend(loc="upper left", ncols=len(GRADES))
        ax.set_title(night[:60])
        for number, one in enumerate(worst):
            place = (left + number * width / 4, 0.01, 0.96 * width / 4, height - 0.05)
            small = figure.add_axes(place)
            small.set_axis_off()
            # Noise is what makes a PNG large: fewer greys, which the eye hardly tells apart.
            small.imshow(one.image & 0xF0, cmap="gray", vmin=0, vmax=240, origin="lower")
            small.set_title(one.title, pad=2, fontsize=6, fontweight="normal")
        return png(figure)
