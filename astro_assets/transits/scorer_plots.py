"""Pictures of a scorer: figures in, PNG out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.examples import HALF_WIDTH_DURATIONS, VIEWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Figures = Mapping[str, Any]
_COLOURS: Final = {"scorer": ACCENT, "networks": SECOND, "edge": DATA}
_HARDEST_A_ROW: Final = 3
#: Views of a hard event, from above, and what they are called beside them.
_HARDEST_VIEWS: Final = {"global": "period", "local": "transit"}
#: Soft edges of so many letters would take most of the file; there are dots enough without.
_HARDEST_STYLE: Final[Any] = {
    "font.size": 6.5,
    "text.antialiased": False,
    "axes.titlesize": 6.5,
    "axes.titleweight": "normal",
    "axes.titlepad": 3,
    "axes.labelsize": 6.5,
}


def curves_plot(figures: Figures) -> bytes:
    """Draw precision over recall and the ROC curve, of the scorer and of what it is compared with."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2)
        for name, curve in figures["curves"].items():
            style = {
                "color": _COLOURS.get(name, QUIET),
                "lw": 1.4 if name == "scorer" else 0.9,
                "label": name,
            }
            left.plot(curve["recall"], curve["precision"], **style)
            right.plot(curve["false_positive_rate"], curve["true_positive_rate"], **style)
        found = figures["scorer"]
        left.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
        left.set_title(f"average precision {found['average_precision']['value']:.3f}")
        right.set(xlabel="false-positive rate", ylabel="true-positive rate", xlim=(-0.01, 1), ylim=(0, 1.02))
        right.set_title(f"area {found['roc_auc']['value']:.3f}")
        right.legend(loc="lower right")
        return png(figure)


def calibration_plot(figures: Figures) -> bytes:
    """Draw how often events of each probability are eclipses, and what the conformal sets cover."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2, right=0.97)
        bins = figures["calibration"]["reliability"]
        mean = np.array([row["mean_probability"] for row in bins])
        part = np.array([row["fraction"] for row in bins])
        reach = np.array([[row["fraction"] - row["low"], row["high"] - row["fraction"]] for row in bins]).T
        left.plot([0, 1], [0, 1], color=QUIET, lw=0.8)
        left.errorbar(mean, part, yerr=np.maximum(reach, 0), fmt="o", ms=3, color=ACCENT, lw=0.8)
        left.set(
            xlabel="probability of an eclipse", ylabel="part that are eclipses", xlim=(0, 1), ylim=(0, 1)
        )
        left.set_title(f"calibration error {figures['calibration']['ece']:.4f}")
        covered = figures["conformal"]["coverage"]
        at = np.arange(len(covered))
        right.axvspan(0.88, 0.92, color=QUIET, alpha=0.4, lw=0)
        right.plot(list(covered.values()), at, "o", ms=4, color=SECOND)
        right.set_yticks(at, [""] * len(covered))
        for height, name in enumerate(covered):
            right.text(0.802, height + 0.12, name.replace("_", " "), fontsize=6.5)
        right.set(xlabel="covered by the 90 % sets", xlim=(0.8, 1.0), ylim=(-0.6, len(covered) - 0.2))
        right.set_title("conformal sets")
        return png(figure)


def confusion_plot(figures: Figures) -> bytes:
    """Draw how events of each disposition are called."""
    from matplotlib import rc_context

    confusion = figures["confusion"]
    counts = np.array([[row[kind] for kind in CLASSES] for row in confusion.values()], dtype=np.float64)
    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1, left=0.25, bottom=0.2)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for i, row in enumerate(counts):
            for j, count in enumerate(row):
                colour = "white" if share[i, j] > 0.5 else "black"
                axes.text(j, i, f"{count:.0f}", ha="center", va="center", color=colour, fontsize=7)
        axes.set_xticks(range(len(CLASSES)), [kind.replace("_", "\n") for kind in CLASSES])
        axes.set_yticks(range(len(confusion)), list(confusion))
        axes.set(ylabel="listed as")
        axes.set_title("called most likely, held-out stars")
        return png(figure)


def learning_plot(figures: Figures) -> bytes:
    """Draw loss and average precision on the validation stars over the epochs, means of all networks."""
    from matplotlib import rc_context

    history = figures["learning"]
    epochs = np.arange(1, len(history) + 1)
    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2)
        _line(left, epochs, [row["loss"] for row in history], "loss, training stars")
        _line(right, epochs, [row["validation_ap"] for row in history], "average precision, validation stars")
        return png(figure)


def hardest_plot(figures: Figures) -> bytes:
    """Draw the views of the events whose label surprises the scorer most, worst first.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    hardest = figures["hardest"]
    rows = -(-len(hardest) // _HARDEST_A_ROW)
    height = 1.4 * rows + 0.55
    with rc_context({**STYLE, **_HARDEST_STYLE}):
        figure, axes = new_figure(
            rows,
            _HARDEST_A_ROW,
            height=height,
            dots_per_inch=140,
            left=0.05,
            bottom=0.2 / height,
            top=1 - 0.55 / height,
            wspace=0.07,
            hspace=0.3,
        )
        for at, (panel, event) in enumerate(zip_longest(axes, hardest)):
            panel.set_axis_off()
            if event is not None:
                panel.set_title(f"{event['event']}\n{event['disposition']}: {event['probability']:.3f}")
                _draw_views(panel, event, is_named=at % _HARDEST_A_ROW == 0)
        title = "hardest events of held-out stars, each with its label: the probability of an eclipse"
        figure.text(0.05, 1 - 0.05 / height, title, va="top", fontsize=8, weight="bold")
        units = "flux in units of the depth, over a period and over four durations; red: labelled an eclipse"
        figure.text(0.05, 0.05 / height, units)
        return png(figure)


def _draw_views(panel: Axes, event: Mapping[str, Any], *, is_named: bool) -> None:
    """Draw the view of a period above that of the transit, filled to the flux beside the transit."""
    colour = ACCENT if event["is_eclipse"] else DATA
    for low, (view, name) in zip((0.52, 0.0), _HARDEST_VIEWS.items(), strict=True):
        axes = panel.inset_axes((0, low, 1, 0.48))
        values = np.array(event["views"][view], dtype=np.float64)
        at = (np.arange(values.size) + 0.5) / values.size
        axes.axhline(0, color=QUIET, lw=0.5)
        axes.fill_between(at, 0, values, step="mid", lw=0, color=colour, antialiased=False)
        axes.set(xlim=(0, 1), xticks=[], yticks=[])
        if np.isnan(values).all():
            axes.text(0.5, 0.6, "not observed", ha="center", transform=axes.transAxes)
        if is_named:
            axes.set_ylabel(name)


def _line(axes: Axes, epochs: np.ndarray[Any, Any], values: Sequence[float], title: str) -> None:
    axes.plot(epochs, values, color=ACCENT, lw=1.2)
    axes.set(xlabel="epoch")
    axes.set_title(title)


def scores_plot(eclipse: Sequence[float], planet: Sequence[float], labels: Sequence[str]) -> bytes:
    """Draw the probabilities of candidates, by what they are known to be."""
    from matplotlib import rc_context

    kinds = sorted(set(labels))
    colours = dict(
        zip(kinds, (ACCENT, SECOND, DATA, "#8f6bb3", "#5f9e6e", "#c49a3a", QUIET) * 4, strict=False)
    )
    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2)
        across, up, of = np.array(eclipse), np.array(planet), np.array(labels)
        for kind in kinds:
            left.plot(
                across[of == kind], up[of == kind], "o", ms=2.5, color=colours[kind], label=kind, alpha=0.8
            )
        left.set(xlabel="planet or binary", ylabel="planet", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        left.set_title("probabilities of the candidates")
        parts = [across[of == kind] for kind in kinds]
        right.hist(parts, bins=20, range=(0, 1), stacked=True, color=[colours[k] for k in kinds], label=kinds)
        right.set(xlabel="planet or binary", ylabel="candidates", yscale="symlog")
        right.legend(loc="upper center", fontsize=6)
        return png(figure)


def examples_plot(counts: Mapping[str, int]) -> bytes:
    """Draw how many examples each label has."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1, left=0.3)
        at = np.arange(len(counts))
        axes.barh(at, list(counts.values()), color=DATA, height=0.6)
        axes.set_yticks(at, list(counts))
        for height, count in enumerate(counts.values()):
            axes.text(count, height, f" {count}", va="center", fontsize=7)
        axes.set(xlabel="examples")
        axes.set_title("what the examples are said to be")
        return png(figure)


def injected_plot(rows: pl.DataFrame, n_found: int) -> bytes:
    """Draw the views of planets that were put into light curves.

    Parameters
    ----------
    rows
        One to eight examples: ``example_id``, ``period_days``, ``log10_depth``, ``log10_snr`` and
        ``local_view``.
    n_found
        How many planets the search kept in all.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    bins = VIEWS["local"]
    across = HALF_WIDTH_DURATIONS * ((np.arange(bins) + 0.5) / bins * 2 - 1)
    with rc_context({**STYLE, "axes.titlesize": 6.5, "axes.titleweight": "normal"}):
        columns = -(-rows.height // 2)
        figure, axes = new_figure(2, columns, top=0.8, hspace=0.6, wspace=0.35)
        figure.suptitle(f"{n_found} planets found of those put in", x=0.01, ha="left", weight="bold", size=9)
        for ax, row in zip_longest(axes, rows.iter_rows(named=True)):
            if row is None:
                ax.set_axis_off()
                continue
            ax.plot(across, row["local_view"], ".", ms=2.5, color=DATA, mew=0)
            depth, ratio = 1e6 * 10 ** row["log10_depth"], 10 ** row["log10_snr"]
            star = row["example_id"].partition(" injected")[0]
            ax.set_title(f"{star}\n{row['period_days']:.3g} d, {depth:.0f} ppm, SNR {ratio:.3g}")
        axes[0].set_ylabel("flux [depths]")
        axes[columns].set(xlabel="durations", ylabel="flux [depths]")
        return png(figure)
