"""Pictures of images are small PNGs that show what they are given."""

from __future__ import annotations

import numpy as np
import polars as pl

from astro_assets.images.photometry_plots import drift_plot, frames_plot, night_plot, scatter_plot
from astro_assets.images.plots import Shown, sheet
from astro_assets.images.thumbnails import thumbnail
from astro_assets_tests.images.made_images import sky

RNG = np.random.default_rng(0)
DIP = {
    "scatter_ppm": 5000.0, "photon_limit_ppm": 3000.0, "dip_delta_bic": 100.0, "dip_mid_btjd": 10.15,
    "dip_depth_ppm": 20000.0, "dip_duration_hours": 2.0, "dip_ingress_hours": 0.3,
    "dip_mid_error_days": 0.001, "dip_depth_error_ppm": 900.0,
}  # fmt: skip


def check(png: bytes) -> None:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(png) <= 50_000


def test_a_sheet_of_noise_fits_into_an_event() -> None:
    shown = [Shown(f"frame {n}", thumbnail(sky(500, 650, seed=n))) for n in range(4)]
    check(sheet(shown))
    assert sheet(shown) == sheet(shown)
    assert sheet(shown) != sheet(shown[::-1])
    check(sheet(shown[:1]))


def test_a_night_with_a_dip_and_without() -> None:
    n = 70
    time = 10 + np.arange(n) / 240
    curve = {"time": time, "flux": 1 + RNG.normal(0, 5e-3, n), "flux_err": np.full(n, 5e-3)}
    check(night_plot("TIC 1, a night", curve, DIP))
    without = night_plot("TIC 1, a night", curve, DIP | {"dip_delta_bic": None})
    check(without)
    assert without != night_plot("TIC 1, a night", curve, DIP)
    assert without == night_plot("TIC 1, a night", curve, DIP | {"dip_delta_bic": 3.0})


def test_stars_frames_and_drift_of_a_night() -> None:
    n = 600
    flux = 10 ** RNG.uniform(2, 5, n)
    stars = {
        "flux": flux, "scatter": 2 / np.sqrt(flux), "photon_limit": 1 / np.sqrt(flux),
        "is_comparison": (flux > 1e4).astype(np.uint8),
    }  # fmt: skip
    check(scatter_plot("a night", stars, 3))
    assert scatter_plot("a night", stars, 3) != scatter_plot("a night", stars, None)
    frames = {
        "mid_mjd_utc": 58000 + np.arange(70) / 240, "shift_x": RNG.normal(0, 50, 70),
        "shift_y": RNG.normal(0, 5, 70), "rms_pixels": RNG.uniform(0.05, 0.1, 70),
    }  # fmt: skip
    check(drift_plot("a night", frames, [""] * 69 + ["clouds"]))
    table = pl.DataFrame(
        {
            "mid_mjd_utc": frames["mid_mjd_utc"], "fwhm_pixels": RNG.uniform(2, 3, 70),
            "elongation": RNG.uniform(1, 2, 70), "background_level": RNG.uniform(300, 400, 70),
            "n_stars": RNG.integers(500, 900, 70),
        }
    )  # fmt: skip
    check(frames_plot("a night", table))
