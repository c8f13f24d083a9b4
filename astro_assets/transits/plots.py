"""Small pictures of the transit wing's tables, as PNG bytes.

Drawing lives here and nothing else: what is drawn is handed in, and no figure is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.transits.noise import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Markers beyond which a picture shows density, or a part.
_MOST_MARKERS: Final = 250
#: Samples of a curve that a picture of this width can show.
_MOST_SAMPLES: Final = 4000


def detrending_plot(
    target_id: str, time: Floats, flux: NDArray[Any], trend: NDArray[Any], segment: NDArray[Any]
) -> bytes:
    """Draw a curve before detrending with its trend, and after.

    Parameters
    ----------
    target_id
        For the title.
    time
        BTJD, days, shape (n,).
    flux, trend, segment
        Detrended relative flux, trend, and position of the segment, shape (n,).

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (before, after) = new_figure(2, 1, hspace=0.35)
        # More samples than pixels only make the file larger.
        shown = slice(None, None, max(1, time.size // _MOST_SAMPLES))
        spread = 1e3 * (flux * trend - 1)
        before.plot(time[shown], spread[shown], ".", ms=1.2, color=DATA, rasterized=True, mew=0)
        for number in np.unique(segment):
            inside = np.flatnonzero(segment == number)
            pieces = np.split(inside, np.flatnonzero(np.diff(time[inside]) > 0.5) + 1)
            for piece in pieces:
                line = piece[:: max(1, time.size // _MOST_SAMPLES)]
                before.plot(time[line], 1e3 * (trend[line] - 1), color=ACCENT, lw=1.2)
        after.plot(time[shown], 1e3 * (flux[shown] - 1), ".", ms=1.2, color=DATA, mew=0)
        after.axhline(0, color=ACCENT, lw=0.8)
        before.set(title=f"{target_id}: as observed, with its trend", ylabel="flux [ppt]", xticklabels=[])
        after.set(title="trend removed", ylabel="flux [ppt]", xlabel="time [BJD - 2457000]")
        _fit_to(before, spread)
        _fit_to(after, 1e3 * (flux - 1))
        return png(figure)


def candidate_plot(candidate: dict[str, Any], views: dict[str, NDArray[Any]]) -> bytes:
    """Draw the periodogram of a candidate and its local view.

    Parameters
    ----------
    candidate
        Row of the table of candidates.
    views
        The arrays of its row of folded views.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2, width_ratios=(1.15, 1))
        spectrum = candidate["periodogram"]
        left.plot(spectrum["period_days"], spectrum["power"], color=SECOND, lw=0.7)
        left.axvline(candidate["period_days"], color=ACCENT, lw=5, alpha=0.25)
        left.set(
            xscale="log", xlabel="period [d]", ylabel="signal-to-noise ratio", title=candidate["candidate_id"]
        )
        ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20, 50, 100) if tick < spectrum["period_days"].max()]
        left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        left.minorticks_off()
        chosen = (views["view"] == 1) & (views["count"] > 0)
        hours = 24 * candidate["period_days"] * views["phase"][chosen]
        level = 1e3 * (views["median"][chosen] - 1)
        # 1.2533 = sqrt(pi / 2): the standard deviation of a median over that of a mean.
        error = 1e3 * 1.2533 * views["spread"][chosen] / np.sqrt(views["count"][chosen])
        right.errorbar(hours, level, error, fmt="o", ms=2.4, color=DATA, elinewidth=0.7, mew=0)
        right.plot(*_trapezoid(candidate), color=ACCENT, lw=1.2)
        right.set(xlabel="time from mid-transit [h]", ylabel="flux [ppt]")
        right.set_title(
            f"P = {candidate['period_days']:.5g} d, SNR {candidate['snr']:.3g}", fontweight="normal"
        )
        return png(figure)


def detection_histogram(statistics: Floats, is_detected: NDArray[np.bool_], threshold: float) -> bytes:
    """Draw how the detection statistics of all candidates are distributed, with the threshold.

    Parameters
    ----------
    statistics
        Detection statistics, shape (n,); n may be 0.
    is_detected
        Whether each is, shape (n,): below the threshold some are, for their false-alarm probability.
    threshold
        The detection threshold.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import MaxNLocator

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1)
        highest = max(float(statistics.max(initial=0.0)), 4 * threshold)
        lowest = min(float(statistics.min(initial=threshold)), 0.7 * threshold)
        # The threshold is an edge, so that no bar has both sides of it.
        step = (highest / lowest) ** (1 / 40)
        below = np.arange(-int(np.ceil(np.log(threshold / lowest) / np.log(step))), 0)
        above = np.arange(0, int(np.ceil(np.log(highest / threshold) / np.log(step))) + 1)
        edges = threshold * step ** np.concatenate([below, above]).astype(np.float64)
        detected = f"{np.count_nonzero(is_detected)} of {statistics.size} detected"
        axes.hist(
            [statistics[is_detected], statistics[~is_detected]],
            edges,
            stacked=True,
            color=[SECOND, QUIET],
            label=[detected, "kept, not detected"],
        )
        axes.axvline(threshold, color=ACCENT, lw=1.2, label=f"threshold {threshold:g}")
        axes.set(
            xscale="log",
            xlabel="detection statistic",
            ylabel="candidates",
            title="Strength of the candidates",
        )
        ticks = [t for t in (5, 7, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if edges[0] <= t <= edges[-1]]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="upper right")
        return png(figure)


def sky_map(ra_deg: Floats, dec_deg: Floats, is_candidate: NDArray[np.bool_]) -> bytes:
    """Draw where the targets are, those with detected candidates marked.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS, degrees, shape (n,); those that are NaN are left out.
    is_candidate
        Whether the target has a detected candidate, shape (n,).

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = new_figure(1, 1, projection="mollweide", left=0.05, right=0.87, bottom=0.05)
        known = np.isfinite(ra_deg) & np.isfinite(dec_deg)
        # Right ascension increases to the left, as on the sky; 12 h is in the middle.
        x, y = np.deg2rad(180 - ra_deg % 360), np.deg2rad(dec_deg)
        quiet, marked = known & ~is_candidate, known & is_candidate
        # So many markers would only make the file larger: the sky's density shows as much.
        if quiet.sum() > _MOST_MARKERS:
            # Cells of equal area, so that their shade is the density.
            edges = np.linspace(-np.pi, np.pi, 41), np.arcsin(np.linspace(-1, 1, 21))
            counts = np.histogram2d(x[quiet], y[quiet], bins=edges)[0]
            density = np.ma.masked_equal(counts.T, 0)
            axes.pcolormesh(*edges, density, cmap="Greys", vmin=0, vmax=3 * counts.max(), rasterized=True)
            axes.plot([], [], "o", ms=3, mew=0, color=DATA, alpha=0.6, label=f"{quiet.sum()} without")
        else:
            axes.plot(
                x[quiet], y[quiet], "o", ms=3, mew=0, color=DATA, alpha=0.6, label=f"{quiet.sum()} without"
            )
        shown = np.flatnonzero(marked)[:: 1 + marked.sum() // _MOST_MARKERS]
        part = "" if shown.size == marked.sum() else f", {shown.size} shown"
        axes.plot(
            x[shown],
            y[shown],
            "*",
            ms=8 if marked.sum() < 200 else 4,
            mew=0.3,
            mec="white",
            color=ACCENT,
            label=f"{marked.sum()} with candidates{part}",
        )
        hours = np.arange(3, 24, 3)
        axes.set_xticks(np.deg2rad(180 - 15.0 * hours), [f"{hour} h" for hour in hours], color="#98a2ad")
        axes.set_yticks(np.deg2rad([-60, -30, 0, 30, 60]))
        axes.grid(color="#d5dae0", lw=0.5)
        axes.set_title("Targets on the sky", pad=10)
        axes.legend(loc="lower right", bbox_to_anchor=(1.16, -0.08))
        return png(figure)


def _trapezoid(candidate: dict[str, Any]) -> tuple[Floats, Floats]:
    """Corners of a candidate's fitted trapezoid: hours from mid-transit, ppt; a box where the fit failed."""
    half = 0.5 * candidate["duration_hours"]
    fraction = candidate["ingress_fraction"]
    flat = half * (1 - 2 * (fraction if np.isfinite(fraction) else 0.0))
    depth = -1e-3 * candidate["depth_ppm"]
    return np.array([-3 * half, -half, -flat, flat, half, 3 * half]), np.array([0, 0, depth, depth, 0, 0])


def _fit_to(axes: Axes, values: NDArray[Any]) -> None:
    """Show nearly all values: a few wild ones must not flatten the rest."""
    low, high = np.percentile(values, [0.1, 99.9])
    margin = 0.15 * max(high - low, 1e-6)
    axes.set_ylim(low - margin, high + margin)
