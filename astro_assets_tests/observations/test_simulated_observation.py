"""A simulated file has the noise, gaps, flags, systematics and centroids of a real one."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.simulated_apertures import Aperture
from astro_assets.observations.simulated_conditions import conditions
from astro_assets.observations.simulated_observation import camera_of, observe
from astro_assets.observations.simulated_orbits import Background
from astro_assets.observations.simulated_signals import Eclipses
from astro_assets.observations.simulated_stars import Population, SimulatedStar, simulate_star
from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TESS_LIKE, Telescope
from astro_assets.observations.simulated_variability import Flares


def _star(magnitude: float, telescope: Telescope = TESS_LIKE, number: int = 4) -> SimulatedStar:
    star = simulate_star(number, 1, Population(), telescope, kind="quiet", magnitude=magnitude)
    return replace(star, rotation=replace(star.rotation, amplitude=0.0), surface_noise=0.0)


def _columns(star: SimulatedStar, segment: int = 2) -> fits.FITS_rec:
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
        magnitude, real, header = hdus[0].header["TESSMAG"], hdus[1].data, hdus[1].header
        flux = real["PDCSAP_FLUX"][real["QUALITY"] == 0].astype(float)
        pixels = np.count_nonzero(hdus["APERTURE"].data & 2)
    aperture = Aperture(TESS_LIKE, magnitude, pixels, header["FLFRCSAP"], 1 / header["CROWDSAP"] - 1)
    made = _columns(replace(_star(magnitude), aperture=aperture))
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
    n_cameras, segments = (4 if telescope is TESS_LIKE else 84), range(2, 12)
    bright = telescope.magnitudes[0]  # noise hides nothing
    numbers = (telescope.first_number + step for step in (0, n_cameras, 1))
    first, twin, other = (_star(bright, telescope, number) for number in numbers)
    assert camera_of(first) == camera_of(twin) != camera_of(other)
    same, apart = [], []
    for segment in segments:
        columns = [_columns(star, segment) for star in (first, twin, other)]
        raw = [_smooth(one["SAP_FLUX"]) for one in columns]
        same.append(np.corrcoef(raw[0], raw[1])[0, 1])
        apart.append(np.corrcoef(raw[0], raw[2])[0, 1])
        assert np.std(raw[0]) > 3 * np.std(_smooth(columns[0]["PDCSAP_FLUX"]))
    assert np.median(same) > 0.8
    # As often against each other as with each other.
    assert abs(np.mean(apart)) < 0.5
    assert min(apart) < 0 < max(apart)


@pytest.mark.parametrize("telescope", [TESS_LIKE, KEPLER_LIKE])
def test_the_background_is_that_of_real_files(shared_data: Path, telescope: Telescope) -> None:
    pattern = "tess_lc/tess*_lc.fits" if telescope is TESS_LIKE else "kepler_lc/kplr*_llc.fits"
    ratios = []
    for path in sorted(shared_data.glob(pattern)):
        with fits.open(path) as hdus:
            header, real = hdus[0].header, np.nanmedian(hdus[1].data["SAP_BKG"])
        magnitude = header["TESSMAG" if telescope is TESS_LIKE else "KEPMAG"]
        if magnitude is not None:
            ratios.append(np.nanmedian(_columns(_star(magnitude, telescope))["SAP_BKG"]) / real)
    assert len(ratios) >= 6
    assert 0.5 < np.median(ratios) < 2
    # Each star, too, but for a Kepler star in four pixels where others of its brightness have twenty.
    assert np.percentile(ratios, 90) < 2
    assert np.percentile(ratios, 10) > 0.5


def test_raw_flux_holds_the_light_of_other_stars_and_corrected_flux_does_not() -> None:
    star = _star(12.0)
    crowded = replace(star, aperture=replace(star.aperture, captured=0.7, contamination=0.4))
    with fits.open(BytesIO(observe(crowded, 2).content)) as hdus:
        header, columns = hdus[1].header, hdus[1].data
    assert (header["FLFRCSAP"], header["CROWDSAP"]) == (0.7, pytest.approx(1 / 1.4, abs=1e-6))
    level = TESS_LIKE.level(12.0)
    assert np.nanmedian(columns["SAP_FLUX"]) == pytest.approx(level * 0.7 * 1.4, rel=0.01)
    assert np.nanmedian(columns["PDCSAP_FLUX"]) == pytest.approx(level, rel=0.002)


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


def test_some_stray_light_is_left_in_the_flux() -> None:
    left: dict[str, list[float]] = {"SAP_FLUX": [], "PDCSAP_FLUX": []}
    for number in range(3, 83, 4):  # one camera: the stray light is the same
        columns = _columns(_star(13.0, number=number))
        good = np.isfinite(columns["PDCSAP_FLUX"])
        stray = columns["SAP_BKG"][good] - columns["SAP_BKG"][good].min()
        for name, found in left.items():
            # A straight line takes the slow trends; what follows the stray light remains.
            terms = np.stack([stray, np.arange(len(stray)), np.ones(len(stray))], axis=1)
            found.append(float(np.linalg.lstsq(terms, columns[name][good], rcond=None)[0][0]))
    raw, corrected = (np.array(left[name]) for name in ("SAP_FLUX", "PDCSAP_FLUX"))
    assert 0.004 < np.std(raw) < 0.03
    assert 0 < np.std(corrected) < 0.5 * np.std(raw)


def test_only_flares_that_the_corrected_flux_shows_are_counted() -> None:
    star = simulate_star(3, 1, Population(), TESS_LIKE, kind="flare_star")
    here = conditions("TESS", 1, 2, camera_of(star))
    light = star.light(here.time, 2)
    shown = [np.isfinite(_columns(star)["PDCSAP_FLUX"][np.argmax(one)]) for one in light.flares]
    often = replace(star, flares=Flares(rate_per_day=20.0, smallest=0.005))
    n_all = len(often.light(here.time, 2).flares)
    assert abs(observe(star, 2).n_flares - sum(shown)) <= 1
    # A tenth of the sector has no corrected flux.
    assert 0.85 * n_all < observe(often, 2).n_flares < 0.95 * n_all
