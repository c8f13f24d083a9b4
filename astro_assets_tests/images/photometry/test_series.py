"""From raw frames to light curves: what dips is seen to dip, by as much."""

import dataclasses

import numpy as np
import pytest

from astro_assets.images.photometry.light_curves import light_curves
from astro_assets.images.photometry.series import Target, series_photometry
from astro_assets.images.photometry.settings import EnsembleSettings, LevelSettings, SeriesSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets_tests.images.photometry.star_field import GAIN, field, night, trapezoid

N_FRAMES = 40
STARS = field(90, seed=7, faintest=10_000)
DIP = trapezoid(N_FRAMES, 20, 16, 0.03)
CLOUDS = 1 - 0.5 * np.exp(-0.5 * ((np.arange(N_FRAMES) - 30) / 3) ** 2)
SETTINGS = SeriesSettings(telescope_diameter_m=0.3, aperture_fwhms=(1.0, 1.4, 1.8))
TARGET = Target("frame000", *STARS.positions[0], 31.3, 46.8)


def made(frames, settings=SETTINGS, target=TARGET):
    return series_photometry(
        frames,
        {name: measure_frame(one, settings.measuring) for name, one in frames.items()},
        settings,
        target,
    )


@pytest.fixture(scope="module")
def frames():
    # The target and three comparison stars dip, all behind clouds.
    return night(STARS, N_FRAMES, {0: DIP}, CLOUDS)


@pytest.fixture(scope="module")
def series(frames):
    return made(frames)


def depth(series, star):
    flux = series.curves.detrended_flux[star]
    return 1 - np.mean(flux[DIP < 0.971]) / np.mean(flux[DIP == 1])


def test_the_depth_that_was_put_in_comes_back(series):
    assert series.target is not None
    error = np.median(series.curves.error[series.target]) / np.sqrt(np.sum(DIP < 0.971))
    assert depth(series, series.target) == pytest.approx(0.03, abs=3 * error)
    assert 3 * error < 0.005
    assert series.curves.detrended_flux[series.target][DIP == 1].mean() == pytest.approx(1, abs=0.0015)


def test_clouds_that_dim_all_stars_alike_leave_no_trace(series):
    assert series.night.reasons == (None,) * N_FRAMES
    comparison = series.curves.detrended_flux[series.curves.is_comparison]
    behind = np.nanmean(comparison[:, CLOUDS < 0.7])
    assert behind == pytest.approx(1, abs=0.002)
    raw = series.night.flux[1][series.curves.is_comparison]
    assert np.nanmedian(raw[:, 30] / raw[:, 10]) < 0.55


def test_stars_scatter_as_photons_let_them(series):
    curves = series.curves
    whole = np.isfinite(curves.relative_flux).all(axis=1) & ~series.night.stars.is_blended
    ratio = curves.scatter[whole] / np.nanmedian(curves.error[whole], axis=1)
    assert np.median(ratio) == pytest.approx(1, abs=0.15)
    assert (np.nanmedian(curves.error, axis=1) > curves.photon_limit)[whole].all()
    scaled = np.nanmedian(curves.scaled_error[whole], axis=1)
    np.testing.assert_allclose(scaled, curves.scatter[whole])
    # Behind clouds there is less light, and errors say so.
    assert np.nanmedian(curves.error[whole][:, 30] / curves.error[whole][:, 10]) > 1.3


def test_the_gain_is_estimated_where_headers_do_not_tell(frames, series):
    assert series.curves.gain_is_estimated
    assert series.curves.gain == pytest.approx(GAIN, rel=0.3)
    told = made({name: dataclasses.replace(one, gain=GAIN) for name, one in frames.items()})
    assert told.curves.gain == GAIN
    assert not told.curves.gain_is_estimated


def test_weights_and_times(series):
    curves = series.curves
    assert not curves.is_comparison[series.target]
    assert curves.is_comparison.sum() > 15
    assert (curves.weight[~curves.is_comparison] == 0).all()
    assert (np.diff(series.bjd_tdb) > 0).all()
    assert np.abs(series.bjd_tdb - 2400000.5 - series.night.mid_mjd_utc).max() < 0.006
    assert (series.night.airmass >= 1).all()


def test_stars_that_dip_together_come_back_unbiased():
    """Few enough to be thrown out of the ensemble, or outvoted in it."""
    dipping = [star for star in range(1, 70, 7) if 20 < STARS.positions[star, 0] < 270]
    series = made(night(STARS, N_FRAMES, dict.fromkeys(dipping, DIP), seed=200), target=None)
    there = series.night.alignments[0].from_reference(series.night.stars.positions)
    depths = []
    for star in dipping:
        distance = np.hypot(*(there - STARS.positions[star]).T)
        nearest = int(np.argmin(distance))
        usable = np.isfinite(series.curves.relative_flux[nearest]).all()
        if distance[nearest] < 1.5 and usable and not series.night.stars.is_blended[nearest]:
            depths.append(depth(series, nearest))
    assert len(depths) >= 4
    assert np.mean(depths) == pytest.approx(0.03, rel=0.06)


def test_the_target_is_the_nearest_star_or_there_is_none(frames):
    few = dict(list(frames.items())[:6])
    with pytest.raises(
        ValueError, match=r"no star within 0\.1 pixels of \(162, 120\) on 'frame000': the nearest is"
    ):
        made(few, SeriesSettings(target_within_pixels=0.1), dataclasses.replace(TARGET, x=162.0))
    with pytest.raises(ValueError, match="no frame is named 'dark'"):
        made(few, target=Target("dark", 1, 1))


@pytest.mark.parametrize(
    "change",
    [
        {"ensemble": EnsembleSettings(least_snr=200)},
        {"ensemble": EnsembleSettings(most_stars=8)},
        {"ensemble": EnsembleSettings(least_coverage=1.0)},
        {"level": LevelSettings(longest_dip_part=0.2)},
        {"telescope_diameter_m": None},
    ],
)
def test_settings_change_light_curves(series, change):
    settings = SeriesSettings(**{**SETTINGS.model_dump(), **change})
    other = light_curves(series.night, settings, series.target)
    assert not np.array_equal(other.scaled_error, series.curves.scaled_error, equal_nan=True)


def test_vignetting_is_taken_out_unless_no_trends_are_wanted(series):
    places = series.night.places
    vignetting = 1 - 0.15 * (((places - [160, 120]) / 160) ** 2).sum(axis=2)
    night = dataclasses.replace(series.night, flux=series.night.flux * vignetting)
    flat, bent = (
        light_curves(night, SeriesSettings(**{**SETTINGS.model_dump(), "ensemble": one}), series.target)
        for one in (EnsembleSettings(), EnsembleSettings(highest_degree=0))
    )
    assert "position 2" in flat.shared_terms[1]
    assert bent.shared_terms == ((),) * 3
    rows = flat.is_comparison & bent.is_comparison
    assert np.median(flat.scatter[rows]) < np.median(bent.scatter[rows])
