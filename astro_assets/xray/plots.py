"""Small pictures of the X-ray wing's tables, as PNG bytes.

Drawing lives here and nothing else: what is drawn is handed in, and no figure is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.xray.light_curve import LightCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Bins of a picture; of longer curves those about the brightest.
MOST_BINS: Final = 400
#: A gap is drawn where bins are farther apart than so many of their typical distances.
_GAP: Final = 20.0
#: Bins with less than this part of the longest exposure do not decide which rates are drawn.
_MOMENT: Final = 0.1
_COLOURS: Final = (ACCENT, DATA, SECOND)
_MOST_BANDS: Final = 4


def curve_plot(title: str, curve: LightCurve, rate_unit: str) -> bytes:
    """Draw the rates of each band with both errors, bin by bin; dashed lines stand where time passes unseen.

    Months between visits of seconds leave nothing to see on an axis of time.

    Parameters
    ----------
    title
        Of the picture.
    curve
        At most `MOST_BINS` of its exposed bins are drawn, about the brightest.
    rate_unit
        For the label.

    Returns
    -------
    bytes
        A PNG of at most 50 kB.
    """
    from matplotlib import rc_context

    shown = _shown(curve)
    bands = range(min(curve.n_bands, _MOST_BANDS))
    with rc_context(STYLE):
        figure, axes = band_axes(len(bands))
        for band, ax in zip(bands, axes, strict=True):
            errors = [curve.rate_error_minus[shown, band], curve.rate_error_plus[shown, band]]
            known = np.nan_to_num(np.array(errors))  # an unknown error has no bar
            ax.axhline(0, color=QUIET, linewidth=0.6)
            ax.errorbar(
                np.arange(shown.size),
                curve.rate[shown, band],
                yerr=known,
                fmt=".",
                markersize=3,
                linewidth=0.7,
                color=_COLOURS[band % len(_COLOURS)],
            )
            for place in _gaps(curve.time_s[shown]):
                ax.axvline(place, color=QUIET, linewidth=0.6, linestyle="--")
            bottom, top = _rates_of_length(curve, shown, band)
            ax.set_ylim(bottom, top)
            for is_out, edge, marker in (
                (curve.rate[shown, band] > top, top, "^"),
                (curve.rate[shown, band] < bottom, bottom, "v"),
            ):
                places = np.flatnonzero(is_out)
                ax.plot(places, np.full(places.size, edge), marker, color=QUIET, markersize=4, clip_on=False)
            low, high = curve.bands_kev[band]
            ax.set_xlim(-1, shown.size)
            ax.tick_params(labelbottom=band == bands[-1])
            ax.set_ylabel(f"{low:g}-{high:g} keV", fontsize=7)
        # A header that holds signs of mathematics is no formula.
        axes[0].set_title(f"{title[:60]} [{rate_unit}]", parse_math=False)
        axes[-1].set_xlabel(
            f"exposed bin ({shown.size} of {curve.n_bins}); dashed: time between visits; triangles: beyond"
        )
        return png(figure)


def band_axes(n_bands: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes for each band, above each other; the title and labels have the same room."""
    height = 0.7 + 1.1 * n_bands
    return new_figure(n_bands, 1, height=height, hspace=0.12, bottom=0.43 / height, top=1 - 0.27 / height)


def _shown(curve: LightCurve) -> NDArray[np.intp]:
    exposed = np.flatnonzero(np.isfinite(curve.rate).any(axis=1))
    if exposed.size <= MOST_BINS:
        return exposed
    # Of brightness in errors: a bin of a moment may have any rate.
    error = np.where(np.isfinite(curve.rate_error_plus), curve.rate_error_plus, np.inf)
    strength = np.nan_to_num(curve.rate[exposed] / error[exposed]).max(axis=1)
    begin = int(np.clip(strength.argmax() - MOST_BINS // 2, 0, exposed.size - MOST_BINS))
    return exposed[begin : begin + MOST_BINS]


def _rates_of_length(curve: LightCurve, shown: NDArray[np.intp], band: int) -> tuple[float, float]:
    """Return between which rates a band is drawn: bins of a moment may have any, and do not count."""
    exposure = curve.exposure_s[shown, band]
    is_long = (exposure >= _MOMENT * exposure.max(initial=0)) & np.isfinite(curve.rate[shown, band])
    rate = curve.rate[shown, band][is_long]
    minus, plus = (
        np.nan_to_num(errors[shown, band][is_long])
        for errors in (curve.rate_error_minus, curve.rate_error_plus)
    )
    low, high = (rate - minus).min(initial=0), (rate + plus).max(initial=0)
    margin = 0.06 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _gaps(time: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.diff(time)
    if not steps.size:
        return np.zeros(0)
    return np.flatnonzero(steps > _GAP * np.median(steps))[:50].astype(np.float64) + 0.5


def distributions_plot(n_bins: Sequence[int], counts: Sequence[float], by_form: Sequence[str]) -> bytes:
    """Draw how many bins light curves have, and how many counts those that tell them.

    Parameters
    ----------
    n_bins, by_form
        Of every light curve.
    counts
        In all bands, of those that have counts.
    """
    from matplotlib import rc_context

    bins = _log_bins(n_bins)
    with rc_context(STYLE):
        figure, (left, right) = new_figure(1, 2)
        forms = sorted(set(by_form))
        stacked = [[n for n, form in zip(n_bins, by_form, strict=True) if form == one] for one in forms]
        left.hist(stacked, bins=bins, stacked=True, label=[form.replace("_", " ") for form in forms])
        left.set_xscale("log")
        left.set_title("Bins of a light curve")
        left.legend(fontsize=6)
        some: list[Any] = [one for one in counts if one > 0]
        if some:
            right.hist(some, bins=_log_bins(some), color=DATA)
            right.set_xscale("log")
        right.set_title("Counts of those that tell them")
        return png(figure)


def _log_bins(values: Sequence[float]) -> list[float]:
    return list(np.geomspace(1, max([10.0, *values]) * 1.01, 25))
