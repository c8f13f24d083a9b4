"""Pictures of the X-ray autoencoder and of what it says: figures and arrays in, PNG bytes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, panels, png
from astro_assets.xray.comparison import OURS
from astro_assets.xray.judging import BIN_EDGES, COUNT_EDGES
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.plots import band_axes

Floats = NDArray[np.float64]
Figures = Mapping[str, Any]

#: Bins of a picture; of longer curves those about the likeliest change.
_MOST_BINS: Final = 120
_ENDLESS: Final = 1e8
_LETTERS: Final = 14


@dataclass(frozen=True, slots=True)
class OddSource:
    """A scored light curve that is drawn.

    Parameters
    ----------
    bins
        Of the curve, those whose rates are told.
    rate, low, high
        Of the source, with an interval, (n, n_bands), counts a second.
    change_s
        Where the likeliest change begins and ends; None without one.
    """

    title: str
    curve: LightCurve
    bins: NDArray[np.int64]
    rate: Floats
    low: Floats
    high: Floats
    change_s: tuple[float, float] | None


def reconstruction_plot(source: OddSource) -> bytes:
    """Draw counted rates of each band, what the autoencoder makes of them with intervals, and the change."""
    from matplotlib import rc_context

    curve, bins = source.curve, source.bins
    time, half = curve.time_s[bins], curve.width_s[bins] / 2
    is_changed = np.zeros(time.size, bool)
    if source.change_s is not None:
        is_changed = (time + half > source.change_s[0]) & (time - half < source.change_s[1])
    shown = _about(is_changed)
    at = np.arange(time.size)[shown]
    with rc_context(STYLE):
        rows = curve.n_bands
        figure, axes = band_axes(rows)
        for band, ax in enumerate(axes):
            exposure = curve.exposure_s[bins, band]
            safe = np.where(exposure > 0, exposure, np.nan)
            background = (curve.background_ratio * curve.background_counts)[bins, band]
            counts = curve.counts[bins, band]
            net, error = (counts - background) / safe, np.sqrt(np.maximum(counts, 1.0)) / safe
            ax.fill_between(
                at, source.low[shown, band], source.high[shown, band], color=QUIET, step="mid", linewidth=0
            )
            ax.plot(at, source.rate[shown, band], color=SECOND, drawstyle="steps-mid", linewidth=1)
            ax.errorbar(at, net[shown], error[shown], fmt=".", ms=3, lw=0.7, color=DATA)
            changed = at[is_changed[shown]]
            if changed.size:
                ax.axvspan(changed[0] - 0.5, changed[-1] + 0.5, color=ACCENT, alpha=0.12, linewidth=0)
            low, high = curve.bands_kev[band]
            ax.set_ylabel(f"{low:g}-{high:g} keV", fontsize=7)
            ax.tick_params(labelbottom=band == rows - 1)
        # A header that holds signs of mathematics is no formula.
        axes[0].set_title(f"{source.title[:60]} [ct / s]", parse_math=False)
        axes[-1].set_xlabel("exposed bin; grey: interval of the rate; red: the likeliest change")
        return png(figure)


def _about(is_changed: NDArray[np.bool_]) -> slice:
    middle = int(np.flatnonzero(is_changed).mean()) if is_changed.any() else 0
    begin = int(np.clip(middle - _MOST_BINS // 2, 0, max(is_changed.size - _MOST_BINS, 0)))
    return slice(begin, begin + _MOST_BINS)


def wins_plot(strata: Sequence[Figures]) -> bytes | None:
    """Draw which method explains test sources best, by length and brightness, and by how much ours gains.

    None where no length and brightness has sources enough.
    """
    from matplotlib import rc_context

    edges, counts = list(pairwise(BIN_EDGES)), list(pairwise(COUNT_EDGES))
    drawn = [
        (edges.index(place), counts.index(brightness), one)
        for one in strata
        if (place := tuple(one["bins"])) in edges and (brightness := tuple(one["counts_a_bin"])) in counts
    ]
    if not drawn:
        return None
    with rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1, left=0.16)
        for x, y, one in drawn:
            told = [value for value in one.values() if isinstance(value, Mapping)]
            gain = min(value["gain"]["value"] for value in told if "gain" in value)
            ax.add_patch(_square(x, y, SECOND if one["best"] == OURS else ACCENT))
            text = f"{one['best']}\n{gain:+.3f} nats a count\n{one['n']} sources"
            ax.text(x, y, text, ha="center", va="center", fontsize=6)
        ax.set(xlim=(-0.5, len(edges) - 0.5), ylim=(-0.5, len(counts) - 0.5))
        ax.set_xticks(range(len(edges)), [_range(*one) for one in edges])
        ax.set_yticks(range(len(counts)), [_range(*one) for one in counts])
        ax.set(xlabel="bins with counts", ylabel="counts a bin")
        ax.set_title("best method, and what the autoencoder gains over the best other one")
        return png(figure)


def _square(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, alpha=0.25, edgecolor="white")


def _range(low: float, high: float) -> str:
    return f"{low:g}+" if high >= _ENDLESS else f"{low:g}-{high:g}"


def p_values_plot(alarms: Figures) -> bytes:
    """Draw how p-values of usual sources spread: evenly, where they say what they promise."""

    def draw(ax: Any, one: tuple[str, Figures], columns: int) -> None:
        name, told = one
        n = len(told["histogram"])
        ax.bar((np.arange(n) + 0.5) / n, told["histogram"], width=1 / n, color=DATA, edgecolor="white")
        ax.axhline(told["n"] / n, color=ACCENT, linewidth=1)
        ax.set_title(f"{name} of {told['n']} usual sources")

    return panels(list(alarms.items()), draw, "p-value", "sources")


def learning_plot(history: Sequence[Figures]) -> bytes:
    """Draw the learning curve, and how many latents are in use."""
    from matplotlib import rc_context

    epochs = np.arange(1, len(history) + 1)
    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2)
        for name, colour in (("loss", DATA), ("validation_loss", ACCENT)):
            left.plot(
                epochs, [one[name] for one in history], color=colour, lw=1.2, label=name.replace("_", " ")
            )
        left.legend()
        left.set(xlabel="epoch", title="nats a bin")
        right.plot(epochs, [one["active_units"] for one in history], color=SECOND, lw=1.2)
        right.set(xlabel="epoch", title="latents in use", ylim=(0, None))
        return png(figure)


def map_plot(
    known: NDArray[np.float32], groups: Sequence[str], own: NDArray[np.float32], names: Sequence[str]
) -> bytes:
    """Draw a map of the latent: who is beside whom.

    Parameters
    ----------
    known, groups
        Places of known sources, (n, 2), and what each is coloured by.
    own, names
        Of the home's light curves, (m, 2); the first ones are named.
    """
    from matplotlib import rc_context

    labels = np.array(groups)
    order = sorted(set(groups), key=lambda name: (-int((labels == name).sum()), name))
    colours = (QUIET, SECOND, "#c9a227", DATA, "#7a4b8f", "#4f8a4c")
    with rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1)
        for number, name in enumerate(order):
            some = known[labels == name]
            ax.plot(*some.T, ".", ms=2, color=colours[number % len(colours)], label=name.replace("_", " "))
        ax.plot(*own.T, "D", ms=3.5, color=ACCENT, label="this home's" if len(own) else None)
        for place, name in list(zip(own, names, strict=True))[:10]:
            ax.annotate(
                name[:_LETTERS],
                place,
                fontsize=5.5,
                xytext=(3, 2),
                textcoords="offset points",
                parse_math=False,
            )
        ax.legend(markerscale=2, fontsize=6)
        ax.set(title="known sources by their latent: near ones are alike", xticks=[], yticks=[])
        return png(figure)
