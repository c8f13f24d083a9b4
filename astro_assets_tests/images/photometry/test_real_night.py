"""A real night: the transit of HAT-P-32 b, with a telescope of 15 cm and no flat fields."""

import numpy as np
import pytest

from astro_assets.images.photometry.light_curves import light_curves
from astro_assets.images.photometry.series import series_photometry
from astro_assets.images.photometry.settings import SeriesSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets_tests.images.photometry import real_night

pytestmark = pytest.mark.slow
SETTINGS = SeriesSettings(telescope_diameter_m=real_night.DIAMETER_M)


@pytest.fixture(scope="module")
def series(shared_data):
    frames = real_night.read_frames(shared_data / real_night.FOLDER)
    sources = {name: measure_frame(frame, SETTINGS.measuring) for name, frame in frames.items()}
    return series_photometry(frames, sources, SETTINGS, real_night.target(frames))


def test_all_frames_are_aligned_over_a_drift_of_hundreds_of_pixels(series):
    assert series.night.reasons == (None,) * 71
    shifts = np.array([one.shift for one in series.night.alignments])
    assert np.ptp(shifts[:, 0]) > 250
    assert max(one.rms_pixels for one in series.night.alignments) < 0.15
    assert min(one.n_matched for one in series.night.alignments) > 500


def test_the_transit_is_that_of_the_planet(series):
    curves, star = series.curves, series.target
    fit = real_night.fit_transit(
        series.bjd_tdb, curves.detrended_flux[star], curves.scaled_error[star], np.median(series.bjd_tdb)
    )
    assert fit.depth == pytest.approx(0.022, abs=0.004)
    assert fit.mid - 2400000.5 == pytest.approx(58107.2105, abs=0.01)
    assert curves.scatter[star] < 2 * curves.photon_limit[star]


def test_focus_saturation_and_hot_pixels_are_measured(series):
    fwhm = np.array([one.fwhm_pixels for one in series.night.measures])
    assert ((fwhm > 1.6) & (fwhm < 2.9)).all()
    assert all(one.saturated_fraction > 0 for one in series.night.measures)
    assert all(100 < one.n_hot_pixels < 1000 for one in series.night.measures)


def test_transits_put_into_comparison_stars_come_back_unbiased(series):
    curves, times = series.curves, series.bjd_tdb
    few = real_night.brightest(series.night, 400)
    bright = curves.flux / curves.flux[series.target]
    whole = np.isfinite(curves.relative_flux).mean(axis=1) > 0.9
    stars = np.flatnonzero(curves.is_comparison & whole & (bright > 0.5) & (bright < 3))[:12]
    depths = []
    for star, part in zip(stars, np.linspace(0.35, 0.65, stars.size), strict=True):
        mid = times[0] + part * np.ptp(times)
        night = real_night.injected(few, star, real_night.transit(times, mid, 0.022))
        found = light_curves(night, SETTINGS, int(star))
        fit = real_night.fit_transit(times, found.detrended_flux[star], found.scaled_error[star], mid)
        depths.append(fit.depth / 0.022)
    # Single depths scatter by 15 %; the benchmark puts in more.
    assert np.mean(depths) == pytest.approx(1, abs=3 * 0.15 / np.sqrt(stars.size))
