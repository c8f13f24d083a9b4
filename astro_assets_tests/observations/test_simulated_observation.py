"""A simulated file has the noise, gaps, flags, systematics and centroids of a real one."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.simulated_observation import camera_of, observe
from astro_assets.observations.simulated_orbits import Background
from astro_assets.observations.simulated_signals import Eclipses
from astro_assets.observations.simulated_stars import Population, SimulatedStar, simulate_star
from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TESS_LIKE, Telescope


def _star(magnitude: float, telescope: Telescope = TESS_LIKE, number: int = 4) -> SimulatedStar:
    star = simulate_star(number, 1, Population(), telescope, kind="quiet")
    return replace(
        star, magnitude=magnitude, rotation=replace(star.rotation, amplitude=0.0), surface_noise=0.0
    )


def _columns(star: SimulatedStar, segment: int = 1) -> fits.FITS_rec:
    with fits.open(BytesIO(observe(star, segment).content)) as hdus:
        hdus.verify("exception")
        return hdus[1].data


@pytest.mark.parametrize("magnitude", [8.0, 10.0, 13.0])
@pytest.mark.parametrize("telescope", [TESS_LIKE, KEPLER_LIKE])
def test_scatter_is_what_the_errors_say(magnitude: float, telescope: Telescope) -> None:
    columns = _columns(_star(magnitude, telescope))
    good = np.isfinite(columns["PDCSAP_FLUX"])
    flux, error = columns["PDCSAP_FLUX"][good], columns["PDCSAP_FLUX_ERR"][good]
    scatter = 1.4826 * np.median(np.abs(np.diff(flux))) / np.sqrt(2)
    assert scatter == pytest.approx(np.median(error), rel=0.05)
    assert np.median(flux) == pytest.approx(telescope.level(magnitude), rel=2e-3)


def test_noise_is_about_that_of_a_real_star(shared_data: Path) -> None:
    path = shared_data / "tess_lc" / "tess2018206045859-s0001-0000000231663901-0120-s_lc.fits"
    with fits.open(path) as hdus:
        magnitude, real = hdus[0].header["TESSMAG"], hdus[1].data
        flux = real["PDCSAP_FLUX"][real["QUALITY"] == 0].astype(float)
    made = _columns(_star(magnitude))
    simulated = made["PDCSAP_FLUX"][made["QUALITY"] == 0].astype(float)
    scatter = [np.nanmedian(np.abs(np.diff(values / np.nanmedian(values)))) for values in (flux, simulated)]
    assert 0.75 < scatter[1] / scatter[0] < 1.25


def test_missing_cadences_have_nothing_and_excluded_ones_no_corrected_flux() -> None:
    columns = _columns(_star(10.0))
    missing = np.isnan(columns["TIME"])
    assert missing.sum() == 815
    for name in ("SAP_FLUX", "PDCSAP_FLUX", "MOM_CENTR1", "SAP_BKG"):
        assert np.isnan(columns[name][missing]).all()
    dumps = columns["QUALITY"] & 32 > 0
    assert np.isnan(columns["PDCSAP_FLUX"][dumps]).all()
    assert np.std(columns["SAP_FLUX"][dumps]) > 5 * np.nanmedian(columns["SAP_FLUX_ERR"])


def test_outliers_are_flagged_in_half_of_the_cases() -> None:
    columns = _columns(_star(12.0))
    bright = columns["PDCSAP_FLUX"] > np.nanmedian(columns["PDCSAP_FLUX"]) + 4.9 * columns["PDCSAP_FLUX_ERR"]
    assert 6 <= bright.sum() <= 14
    assert np.count_nonzero(columns["QUALITY"] & 512 > 0) == 6
    assert np.count_nonzero(bright & (columns["QUALITY"] == 0)) >= 3


@pytest.mark.parametrize("telescope", [TESS_LIKE, KEPLER_LIKE])
def test_trends_are_common_to_a_camera_and_corrected(telescope: Telescope) -> None:
    apart = 4 if telescope is TESS_LIKE else 84
    first = telescope.first_number
    stars = [_star(11.0, telescope, first + step) for step in (0, apart)]
    assert camera_of(stars[0]) == camera_of(stars[1])
    raw, corrected = (
        [_smooth(_columns(star)[name]) for star in stars] for name in ("SAP_FLUX", "PDCSAP_FLUX")
    )
    assert np.corrcoef(raw[0], raw[1])[0, 1] > 0.7
    assert np.std(raw[0]) > 5 * np.std(corrected[0])


def _smooth(flux: np.ndarray) -> np.ndarray:
    parts = np.array_split(flux / np.nanmedian(flux), 30)
    return np.array([np.nanmedian(part) for part in parts if np.isfinite(part).sum() > 20])


def test_a_background_binary_moves_the_centroid() -> None:
    binary = Eclipses("background_binary", 2.0, 1326.0, 0.8, 6.0, 0.1, (0.3, 0.2), light_ratio=0.3)
    behind = Background(binary, 0.1, (1.5, -0.5))
    columns = _columns(replace(_star(8.0), background=behind))
    good = np.isfinite(columns["PDCSAP_FLUX"])
    phase = (columns["TIME"][good] - 1326.0 + 1.0) % 2.0 - 1.0
    inside, outside = np.abs(phase) < 0.02, (np.abs(phase) > 0.3) & (np.abs(phase) < 0.7)
    flux = columns["PDCSAP_FLUX"][good]
    assert 1 - np.median(flux[inside]) / np.median(flux[outside]) == pytest.approx(behind.depth, rel=0.05)
    for name, common, shift in (
        ("MOM_CENTR1", "POS_CORR1", behind.shift_pixels[0]),
        ("MOM_CENTR2", "POS_CORR2", behind.shift_pixels[1]),
    ):
        place = (columns[name] - columns[common])[good]
        assert np.mean(place[inside]) - np.mean(place[outside]) == pytest.approx(shift, rel=0.05)


def test_stray_light_adds_background_and_noise() -> None:
    columns = _columns(_star(13.0, number=7), segment=2)
    error, background = columns["SAP_FLUX_ERR"], columns["SAP_BKG"]
    assert np.nanmax(background) > 1.2 * np.nanmin(background)
    assert np.nanargmax(error) == np.nanargmax(background)
