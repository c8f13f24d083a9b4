"""Plots of the report that can be zoomed, as JSON for bokeh's script.

Colours are stand-ins: the page's script puts those of a light or a dark page in their place. No name from a
file is drawn: bokeh would look in it for formulas, and load what sets them from the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.reports.blueprints import (
    ACCENT,
    DATA,
    SECOND,
    SPREAD,
    Columns,
    blueprint,
    empty_figure,
    empty_source,
    filled,
)
from astro_assets.reports.curves import Binned, binned, highest

#: Points of a periodogram, and of a trend.
_MOST_TRIALS, _TREND = 3000, 800
_PPT: Final = 1e3
#: The standard deviation of a median over that of a mean: sqrt(pi / 2).
_OF_MEDIAN: Final = 1.2533
#: Share of brightenings that the axis shows at first.
_BRIGHTEST: Final = 99.95
#: Views that share a plot.
_FOLDS: Final = ("global", "local", "odd even", "secondary")
_NONE: Final = np.zeros(0, np.float32)
_VIEWS: Final = {"global": 0, "local": 1, "odd": 2, "even": 3, "secondary": 4}


def curve_figure(curve: Mapping[str, NDArray[Any]], transits: NDArray[Any] = _NONE) -> str:
    """Draw a curve with its trend above the same without it, transits marked in both.

    Parameters
    ----------
    curve
        ``time`` in BTJD, ``flux`` and ``trend``, as ``detrended_light_curves`` holds them.
    transits
        Their middles in BTJD, shape (n,).
    """
    time = np.asarray(curve["time"])
    flux, trend = (np.asarray(curve[name], np.float64) for name in ("flux", "trend"))
    line = binned(time, _PPT * (trend - 1), _TREND)
    data: dict[str, Columns] = {"trend": {"x": line.time, "y": line.middle}}
    attributes: dict[str, dict[str, Any]] = {}
    for name, values in (("before", flux * trend), ("after", flux)):
        part = binned(time, _PPT * (values - 1))
        spread = slice(0, 0) if part.is_whole else slice(None)
        data[f"{name}_spread"] = {"x": part.time[spread], "low": part.low[spread], "high": part.high[spread]}
        data[name] = {"x": part.time, "y": part.middle}
        bottom, low, high = _limits(part)
        data[f"{name}_marks"] = {"x": transits, "y": np.full(transits.size, bottom)}
        limits = {"start": low, "end": high}
        attributes[f"{name}_range"] = {**limits, "reset_start": low, "reset_end": high}
    return filled(_curve_plan(), data, attributes)


def made_ready() -> None:
    """Load bokeh and make all blueprints, which takes seconds, ahead of the first page."""
    _curve_plan()
    _periodogram_plan()
    for names in _FOLDS:
        _fold_plan(names)


def periodogram_figure(spectrum: Mapping[str, NDArray[Any]], period: float) -> str:
    """Draw the signal-to-noise ratio of each period tried, the candidate's marked."""
    tried, power = highest(spectrum["period_days"], spectrum["power"], _MOST_TRIALS)
    return filled(_periodogram_plan(), {"trials": {"x": tried, "y": power}}, {"period": {"location": period}})


def fold_figures(views: Mapping[str, NDArray[Any]], candidate: Mapping[str, Any]) -> dict[str, str]:
    """Draw the folds of a candidate: ``global``, ``local``, ``odd_even`` and ``secondary``.

    Parameters
    ----------
    views
        The arrays of its row of ``folded_views``.
    candidate
        Its row of ``transit_candidates``.
    """
    hours = 24 * candidate["period_days"]
    shown = {name: _view(views, name, 1 if name == "global" else hours) for name in _VIEWS}
    across, level = _trapezoid(candidate)
    other = {"x_axis": {"axis_label": f"time from phase {candidate['secondary_phase']:.3f} [h]"}}
    return {
        "global": filled(_fold_plan("global"), {"global": shown["global"]}),
        "local": filled(_fold_plan("local"), {"local": shown["local"], "fit": {"x": across, "y": level}}),
        "odd_even": filled(_fold_plan("odd even"), {name: shown[name] for name in ("odd", "even")}),
        "secondary": filled(_fold_plan("secondary"), {"secondary": shown["secondary"]}, other),
    }


@cache
def _curve_plan() -> str:
    from bokeh.layouts import column
    from bokeh.models import Range1d

    panels = {
        "before": empty_figure("", "observed flux [ppt]", 205),
        "after": empty_figure("time [BJD − 2457000]", "detrended [ppt]", 235),
    }
    panels["after"].x_range = panels["before"].x_range
    panels["before"].xaxis.major_label_text_font_size = "0pt"
    for name, axes in panels.items():
        axes.y_range = Range1d(name=f"{name}_range")
        spread = empty_source(f"{name}_spread", "x low high")
        axes.segment("x", "low", "x", "high", source=spread, color=SPREAD, line_width=1)
        axes.scatter("x", "y", source=empty_source(name, "x y"), size=2, color=DATA, line_color=None)
        marks = empty_source(f"{name}_marks", "x y")
        axes.scatter("x", "y", source=marks, marker="triangle", size=6, color=ACCENT, line_color=None)
    panels["before"].scatter(
        "x", "y", source=empty_source("trend", "x y"), size=1.8, color=ACCENT, line_color=None
    )
    return blueprint(column(*panels.values(), sizing_mode="stretch_width"))


@cache
def _periodogram_plan() -> str:
    from bokeh.models.annotations import Span

    axes = empty_figure("period [d]", "signal-to-noise ratio", 240, x_axis_type="log")
    mark = Span(dimension="height", line_color=ACCENT, line_width=5, line_alpha=0.35, name="period")
    axes.add_layout(mark)
    axes.line("x", "y", source=empty_source("trials", "x y"), color=DATA, line_width=1)
    return blueprint(axes)


@cache
def _fold_plan(names: str) -> str:
    """Return the blueprint of one or two views in one plot."""
    label = "phase [cycles]" if names == "global" else "time from mid-transit [h]"
    axes = empty_figure(label, "flux [ppt]", 240)
    looks = {"odd": (ACCENT, "circle"), "even": (SECOND, "square")}
    for name in names.split():
        color, marker = looks.get(name, (DATA, "circle"))
        source = empty_source(name, "x y low high")
        axes.segment("x", "low", "x", "high", source=source, color=color, line_alpha=0.45)
        axes.scatter("x", "y", source=source, size=4.5, color=color, line_color=None, marker=marker)
    if names == "local":
        axes.line("x", "y", source=empty_source("fit", "x y"), color=ACCENT, line_width=1.8)
    return blueprint(axes)


def _view(views: Mapping[str, NDArray[Any]], name: str, scale: float) -> Columns:
    """Return phases, fluxes and their errors of the bins of a view that hold samples."""
    count = views["count"]
    chosen = (views["view"] == _VIEWS[name]) & (count > 0)
    level = _PPT * (views["median"][chosen].astype(np.float64) - 1)
    error = _PPT * _OF_MEDIAN * views["spread"][chosen] / np.sqrt(count[chosen])
    return {"x": scale * views["phase"][chosen], "y": level, "low": level - error, "high": level + error}


def _trapezoid(candidate: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Corners of a candidate's fitted trapezoid in h and ppt; a box where the fit failed."""
    half, fraction = candidate["duration_hours"] / 2, candidate["ingress_fraction"]
    flat = half * (1 - 2 * (fraction if np.isfinite(fraction) else 0.0))
    depth = -candidate["depth_ppm"] / _PPT
    return np.array([-3 * half, -half, -flat, flat, half, 3 * half]), np.array([0, 0, depth, depth, 0, 0])


def _limits(part: Binned) -> tuple[float, float, float]:
    """Return where marks go, and what is shown: all dips, nearly all brightenings."""
    if part.low.size == 0:
        return 0.0, -1.0, 1.0
    low, high = float(part.low.min()), float(np.percentile(part.high, _BRIGHTEST))
    margin = max(high - low, 1e-3)
    return low - 0.07 * margin, low - 0.14 * margin, high + 0.06 * margin
