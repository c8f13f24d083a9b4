"""Plots of the report that can be zoomed, as JSON for bokeh's script.

Colours are stand-ins: the page's script puts those of a light or a dark page in their place. No name from a
file is drawn: bokeh would look in it for formulas, and load what sets them from the network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.reports.curves import Binned, binned, highest, transit_times

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure  # noqa: N812  a class, whatever its name

#: Stand-ins, replaced by `static/report.js`.
INK, GRID, DATA, SPREAD, ACCENT, SECOND = (f"#0100{number:02x}" for number in range(1, 7))
#: Points of a periodogram.
_MOST_TRIALS: Final = 3000
_PPT: Final = 1e3
#: The standard deviation of a median over that of a mean.
_OF_MEDIAN: Final = 1.2533
_FONT: Final = "system-ui, sans-serif"
#: Parts of a curve's values that the axis shows at first.
_SHOWN: Final = (0.05, 99.95)
_VIEWS: Final = {"global": 0, "local": 1, "odd": 2, "even": 3, "secondary": 4}


def curve_figure(curve: Mapping[str, NDArray[Any]], candidate: Mapping[str, Any] | None = None) -> str:
    """Draw a curve with its trend above the same without it, a candidate's transits marked in both.

    Parameters
    ----------
    curve
        ``time`` in BTJD, ``flux`` and ``trend``, as ``detrended_light_curves`` holds them.
    candidate
        ``period_days``, ``epoch_btjd`` and ``duration_hours``.
    """
    from bokeh.layouts import column

    time = np.asarray(curve["time"])
    flux, trend = (np.asarray(curve[name], np.float64) for name in ("flux", "trend"))
    before, after = (
        _figure("", "observed flux [ppt]", 210),
        _figure("time [BJD − 2457000]", "detrended [ppt]", 230),
    )
    after.x_range = before.x_range
    before.xaxis.major_label_text_font_size = "0pt"
    for axes, values in ((before, flux * trend), (after, flux)):
        part = binned(time, _PPT * (values - 1))
        _curve(axes, part)
        bottom = _fit_to(axes, part)
        if candidate is not None:
            _mark(axes, time, candidate, bottom)
    line = binned(time, _PPT * (trend - 1), 800)
    before.scatter(line.time, line.middle, size=1.8, color=ACCENT, line_color=None)
    return _json(column(before, after, sizing_mode="stretch_width"))


def periodogram_figure(spectrum: Mapping[str, NDArray[Any]], period: float) -> str:
    """Draw the signal-to-noise ratio of each period tried, the candidate's marked."""
    from bokeh.models import Span

    axes = _figure("period [d]", "signal-to-noise ratio", 240, x_axis_type="log")
    axes.add_layout(
        Span(location=period, dimension="height", line_color=ACCENT, line_width=5, line_alpha=0.35)
    )
    tried, power = highest(spectrum["period_days"], spectrum["power"], _MOST_TRIALS)
    axes.line(tried, power, color=DATA, line_width=1)
    return _json(axes)


def fold_figures(views: Mapping[str, NDArray[Any]], candidate: Mapping[str, Any]) -> dict[str, str]:
    """Draw the folds of a candidate: ``global``, ``local``, ``odd_even`` and ``secondary``.

    Parameters
    ----------
    views
        The arrays of its row of ``folded_views``.
    candidate
        Its row of ``transit_candidates``.
    """
    period = candidate["period_days"]
    whole = _figure("phase [cycles]", "flux [ppt]", 240)
    phase, level, _ = _view(views, "global")
    whole.scatter(phase, level, size=3, color=DATA, line_color=None)
    local = _figure("time from mid-transit [h]", "flux [ppt]", 240)
    _bins(local, *_view(views, "local", 24 * period), color=DATA)
    local.line(*_trapezoid(candidate), color=ACCENT, line_width=1.8)
    both = _figure("time from mid-transit [h]", "flux [ppt]", 240)
    for name, color, marker in (("odd", ACCENT, "circle"), ("even", SECOND, "square")):
        _bins(both, *_view(views, name, 24 * period), color=color, marker=marker)
    other = _figure(f"time from phase {candidate['secondary_phase']:.3f} [h]", "flux [ppt]", 240)
    _bins(other, *_view(views, "secondary", 24 * period), color=DATA)
    drawn = {"global": whole, "local": local, "odd_even": both, "secondary": other}
    return {name: _json(axes) for name, axes in drawn.items()}


def _view(views: Mapping[str, NDArray[Any]], name: str, scale: float = 1) -> tuple[NDArray[np.float32], ...]:
    """Return phases, fluxes and their errors of the bins of a view that hold samples."""
    count = views["count"]
    chosen = (views["view"] == _VIEWS[name]) & (count > 0)
    level = _PPT * (views["median"][chosen].astype(np.float64) - 1)
    error = _PPT * _OF_MEDIAN * views["spread"][chosen] / np.sqrt(count[chosen])
    return tuple(part.astype(np.float32) for part in (scale * views["phase"][chosen], level, error))


def _bins(
    axes: Figure,
    place: NDArray[Any],
    level: NDArray[Any],
    error: NDArray[Any],
    *,
    color: str,
    marker: str = "circle",
) -> None:
    axes.segment(place, level - error, place, level + error, color=color, line_alpha=0.45)
    axes.scatter(place, level, size=4.5, color=color, line_color=None, marker=marker)


def _trapezoid(candidate: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Corners of a candidate's fitted trapezoid in h and ppt; a box where the fit failed."""
    half, fraction = candidate["duration_hours"] / 2, candidate["ingress_fraction"]
    flat = half * (1 - 2 * (fraction if np.isfinite(fraction) else 0.0))
    depth = -candidate["depth_ppm"] / _PPT
    return [-3 * half, -half, -flat, flat, half, 3 * half], [0, 0, depth, depth, 0, 0]


def _curve(axes: Figure, part: Binned) -> None:
    if not part.is_whole:
        axes.segment(part.time, part.low, part.time, part.high, color=SPREAD, line_width=1)
    axes.scatter(part.time, part.middle, size=2.2 if part.is_whole else 1.8, color=DATA, line_color=None)


def _fit_to(axes: Figure, part: Binned) -> float:
    """Show nearly all of a curve; return where below it marks go."""
    from bokeh.models import Range1d

    # Dips are what people look for: all of them are shown, of brightenings nearly all.
    low, high = float(part.low.min()), float(np.percentile(part.high, _SHOWN[1]))
    margin = max(high - low, 1e-3)
    axes.y_range = Range1d(low - 0.14 * margin, high + 0.06 * margin)
    return low - 0.07 * margin


def _mark(axes: Figure, time: NDArray[Any], candidate: Mapping[str, Any], bottom: float) -> None:
    period, duration = candidate["period_days"], candidate["duration_hours"] / 24
    middles = transit_times(time, period, candidate["epoch_btjd"], duration)
    level = np.full(middles.size, bottom, np.float32)
    axes.scatter(middles, level, marker="triangle", size=6, color=ACCENT, line_color=None)


def _figure(x_label: str, y_label: str, height: int, **options: Any) -> Figure:
    """Return empty axes in the report's style."""
    from bokeh.plotting import figure

    axes = figure(
        height=height, sizing_mode="stretch_width", tools="xbox_zoom,box_zoom,pan,reset,save",
        active_drag="xbox_zoom", toolbar_location="above", output_backend="canvas", min_border_right=12, **options,
    )  # fmt: skip
    axes.toolbar.logo = None
    axes.toolbar.autohide = True
    for name in ("background_fill_color", "border_fill_color", "outline_line_color"):
        setattr(axes, name, None)
    axes.grid.grid_line_color = GRID
    for axis, label in zip((axes.xaxis[0], axes.yaxis[0]), (x_label, y_label), strict=True):
        axis.axis_label = label
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_size = axis.major_label_text_font_size = "11px"
        axis.axis_label_text_color = axis.major_label_text_color = INK
        axis.axis_line_color = axis.major_tick_line_color = GRID
        axis.minor_tick_line_color = None
    axes.yaxis.fixed_location = None
    axes.min_border_left = 64
    return axes


def _json(drawn: Any) -> str:
    from bokeh.embed import json_item

    return json.dumps(json_item(drawn), separators=(",", ":"), allow_nan=False)
