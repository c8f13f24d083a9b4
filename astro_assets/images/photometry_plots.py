"""Small pictures of photometry, as PNG bytes: frames over a night, its stars, a light curve.

Drawing lives here and nothing else: what is drawn is handed in, and no figure is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from astro_assets.drawing import ACCENT, DATA, QUIET, SECOND, STYLE, new_figure, png
from astro_assets.images.photometry.dips import trapezoid

_HOURS: Final = 24.0
_PPT: Final = 1e3
#: Preference of a dip to none beyond which it is drawn (Kass & Raftery 1995: very strong).
_SURE: Final = 10.0
#: What is drawn of a night's frames, with the names of the axes.
_OF_FRAMES: Final = {
    "fwhm_pixels": "FWHM [pixel]",
    "elongation": "elongation",
    "background_level": "background [adu]",
    "n_stars": "stars",
}

Arrays = Mapping[str, NDArray[Any]]


def frames_plot(night: str, frames: pl.DataFrame) -> bytes:
    """Draw measures of the frames of a night over time.

    Parameters
    ----------
    frames
        Columns ``mid_mjd_utc`` and those of the panels, in order of time.
    """
    from matplotlib import rc_context

    hours = _HOURS * (frames["mid_mjd_utc"] - frames["mid_mjd_utc"][0]).to_numpy()
    with rc_context(STYLE):
        figure, axes = new_figure(2, 2, hspace=0.3, wspace=0.3)
        for ax, (name, label) in zip(axes, _OF_FRAMES.items(), strict=True):
            ax.plot(hours, frames[name].to_numpy(), ".", ms=3, color=DATA)
            ax.set_ylabel(label)
        for ax in axes[2:]:
            ax.set_xlabel("hours into the night")
        axes[0].set_title(night[:60])
        return png(figure)


def scatter_plot(night: str, stars: Arrays, target: int | None) -> bytes:
    """Draw the scatter of each star against its light, beside what photons and the detector allow.

    Parameters
    ----------
    stars
        ``flux``, ``scatter``, ``photon_limit`` and ``is_comparison``, shape (n_stars,).
    target
        Which of them is the target; None for none.
    """
    from matplotlib import rc_context

    magnitude = -2.5 * np.log10(np.maximum(stars["flux"], 1e-3))
    compared = stars["is_comparison"].astype(bool)
    with rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1)
        others = {"ms": 2.5, "mew": 0}
        ax.semilogy(magnitude[~compared], _PPT * stars["scatter"][~compared], ".", color=QUIET, **others)
        ax.semilogy(magnitude[compared], _PPT * stars["scatter"][compared], ".", color=DATA, **others)
        order = np.argsort(magnitude)
        ax.semilogy(magnitude[order], _PPT * stars["photon_limit"][order], color=SECOND, lw=0.8)
        if target is not None:
            ax.semilogy(magnitude[target], _PPT * stars["scatter"][target], "o", mfc="none", color=ACCENT)
        ax.set(title=night[:60], xlabel="instrumental magnitude", ylabel="scatter of a frame [ppt]")
        labels = ["stars", "compared with", "photons and detector", "target"]
        ax.legend(labels[: 3 + (target is not None)], loc="upper left")
        return png(figure)


def drift_plot(night: str, frames: Arrays, left_out: Sequence[str]) -> bytes:
    """Draw where the frames lie on the reference, and how well their stars fit there.

    Parameters
    ----------
    frames
        ``mid_mjd_utc``, ``shift_x``, ``shift_y`` and ``rms_pixels``, shape (n_frames,).
    left_out
        Why a frame is left out; empty if it is not.
    """
    from matplotlib import rc_context

    hours = _HOURS * (frames["mid_mjd_utc"] - np.nanmin(frames["mid_mjd_utc"]))
    with rc_context(STYLE):
        figure, (path, residual) = new_figure(1, 2, wspace=0.3)
        path.plot(frames["shift_x"], frames["shift_y"], ".-", ms=3, lw=0.5, color=DATA)
        path.set(title=night[:32], xlabel="shift in x [pixel]", ylabel="shift in y [pixel]")
        path.set_aspect("equal", adjustable="datalim")
        residual.plot(hours, frames["rms_pixels"], ".", ms=3, color=DATA)
        for number in np.flatnonzero([bool(reason) for reason in left_out]):
            residual.axvline(hours[number], color=ACCENT, lw=0.6)
        residual.set(xlabel="hours into the night", ylabel="rms of the stars [pixel]")
        residual.set_title(f"{sum(map(bool, left_out))} of {len(left_out)} left out")
        residual.set_ylim(bottom=0)
        return png(figure)


def night_plot(title: str, curve: Arrays, told: Mapping[str, Any]) -> bytes:
    """Draw a target's light curve of a night with the dip fitted to it.

    Parameters
    ----------
    curve
        ``time``, ``flux`` and ``flux_err``, shape (n,).
    told
        ``scatter_ppm``, ``photon_limit_ppm`` and the columns of the dip, as of ``photometric_light_curves``.
    """
    from matplotlib import rc_context

    time, flux = curve["time"], curve["flux"].astype(float)
    with rc_context(STYLE):
        figure, (ax,) = new_figure(1, 1)
        ax.errorbar(time, flux, curve["flux_err"], fmt=".", ms=4, lw=0.6, color=DATA)
        said = f"scatter {told['scatter_ppm'] / 1e3:.2f} ppt, "
        said += f"photons and detector {told['photon_limit_ppm'] / 1e3:.2f} ppt"
        if told["dip_delta_bic"] is not None and told["dip_delta_bic"] > _SURE:
            mid, depth = told["dip_mid_btjd"], told["dip_depth_ppm"]
            duration = told["dip_duration_hours"]
            ingress = told["dip_ingress_hours"] / duration
            fine = np.linspace(time[0], time[-1], 400)
            ax.plot(fine, trapezoid(fine, 1.0, mid, depth / 1e6, duration / _HOURS, ingress), color=ACCENT)
            errors = told["dip_mid_error_days"], told["dip_depth_error_ppm"] / 1e3
            said += f"\nmid {mid:.4f} \u00b1 {errors[0]:.4f} d, "
            said += f"depth {depth / 1e3:.1f} \u00b1 {errors[1]:.1f} ppt"
        ax.set(title=title[:90], xlabel="BJD_TDB - 2457000 [d]", ylabel="relative flux")
        ax.text(0.01, 0.02, said, transform=ax.transAxes, fontsize=7)
        return png(figure)
