"""Grades of frames beside the photometry of stars."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.simulation.conditions import CONDITIONS, draw_conditions
from astro_assets.images.simulation.detector import Detector
from astro_assets.images.simulation.night import (
    NightFrame,
    NightSettings,
    Telescope,
    airmasses,
    grade_of,
    simulate_frame,
    simulate_night,
)
from astro_assets.images.simulation.psf import Psf, kernel
from astro_assets.images.simulation.stars import Stars

SETTINGS = NightSettings(rows=160, columns=160, frames=4)


def telescope(settings: NightSettings = SETTINGS) -> Telescope:
    rows, columns = np.meshgrid(np.arange(20.0, 150, 30), np.arange(20.0, 150, 30), indexing="ij")
    stars = Stars(rows.ravel(), columns.ravel(), np.full(rows.size, 14.5))
    flat = np.ones((settings.rows, settings.columns), np.float32)
    return Telescope(settings, Detector(gain=1.5, read_noise_electrons=6.0), stars, flat, 0.5)


def under(seed: int = 0, **strengths: float) -> NightFrame:
    return simulate_frame(telescope(), dict.fromkeys(CONDITIONS, 0.0) | strengths, (seed,))


def test_the_best_frame_keeps_everything():
    frame = under()
    assert frame.kept == pytest.approx(1.0)
    assert (frame.grade, frame.reasons, frame.losses) == ("good", ("clear",), {})


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_costs_more_the_worse_it_is_and_is_the_reason(name):
    weak, strong = under(**{name: 0.34}), under(**{name: 1.0})
    assert strong.kept < weak.kept < 1
    assert strong.losses == {name: pytest.approx(1 - strong.kept)}
    if strong.kept < 0.92:
        assert strong.reasons == (name,)


@given(st.floats(0, 1), st.sampled_from(CONDITIONS), st.floats(0, 1), st.sampled_from(CONDITIONS))
def test_the_grade_follows_from_what_is_kept(one, first, other, second):
    frame = under(**{first: one, second: other})
    assert 0 < frame.kept <= 1 + 1e-9
    expected = "good" if frame.kept >= 0.7 else "medium" if frame.kept >= 0.35 else "bad"
    assert frame.grade == grade_of(frame.kept) == expected


def test_the_rule_is_that_of_a_matched_filter():
    """Seeing twice as bad costs what the noise of four times the pixels costs."""
    frame = under(poor_seeing=1 / 1.2)
    best, worse = (kernel(Psf(fwhm, 3.2), 40) for fwhm in (2.6, 5.2))
    assert frame.kept == pytest.approx(np.sqrt((worse**2).sum() / (best**2).sum()), rel=0.02)
    assert frame.kept == pytest.approx(0.5, rel=0.05)


def test_what_is_kept_is_what_stars_measured_in_frames_keep():
    """Scatter of the flux of the same stars in many frames, by photometry that knows nothing of the rule."""

    def measured(**strengths: float) -> tuple[float, float]:
        spread = kernel(Psf(2.6 * (1 + 1.2 * strengths.get("poor_seeing", 0)), 3.2), 12).astype(float)
        fluxes, kept = [], 0.0
        away = np.hypot(*np.mgrid[-12:13, -12:13]) > 8  # a plane's mean in a ring is its middle
        for seed in range(12):
            settings = replace_drift(seed)
            frame = simulate_frame(settings, dict.fromkeys(CONDITIONS, 0.0) | strengths, (1, seed))
            kept = frame.kept
            image = frame.frame.image.astype(float)
            blank = [(20 + 30 * i + 15, 20 + 30 * j + 15) for i in range(4) for j in range(4)]
            for y, x in blank:
                stamp = image[y - 12 : y + 13, x - 12 : x + 13]
                fluxes.append(((stamp - stamp[away].mean()) * spread).sum())
        noise = float(np.std(fluxes)) / (spread**2).sum()
        return 1 / noise, kept

    def replace_drift(seed: int) -> Telescope:
        return replace(telescope(), stars=Stars(*(np.zeros(0) for _ in range(3))))

    clear, _ = measured()
    poor, kept = measured(poor_seeing=0.8)
    assert poor / clear == pytest.approx(kept, rel=0.12)
    bright, kept = measured(twilight=0.7)
    assert bright / clear == pytest.approx(kept, rel=0.12)


def test_clouds_dim_stars_and_trailing_smears_them():
    clear, cloudy, trailed = under(), under(thick_clouds=0.7), under(trailing=0.8)
    assert cloudy.frame.image.max() < 0.3 * clear.frame.image.max()
    level = np.median(trailed.frame.image)
    bright = trailed.frame.image > level + 0.3 * (trailed.frame.image.max() - level)
    clear_bright = clear.frame.image > np.median(clear.frame.image) + 0.3 * (
        clear.frame.image.max() - np.median(clear.frame.image)
    )
    assert bright.sum() > 2 * clear_bright.sum()


def test_a_night_has_all_grades_and_most_reasons():
    grades: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for seed in range(6):
        for frame in simulate_night(NightSettings(rows=64, columns=64, frames=40, troubles=1.0), seed):
            grades[frame.grade] += 1
            reasons.update(frame.reasons)
    assert set(grades) == {"good", "medium", "bad"}
    assert min(grades.values()) > 15
    assert len(set(reasons) - {"clear"}) >= 8


def test_a_seed_gives_the_same_night():
    nights = [[frame.frame.image.tobytes() for frame in simulate_night(SETTINGS, seed)] for seed in (1, 1, 2)]
    assert nights[0] == nights[1] != nights[2]


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": 128},
        {"columns": 128},
        {"frames": 5},
        {"best_fwhm_pixels": 3.0},
        {"exposure_s": 30.0},
        {"stars_per_megapixel": 9000.0},
        {"sky_electrons": 100.0},
        {"troubles": 5.0},
        {"meridian_airmass": 1.3},
        {"hour_angles_h": (-2.5, 4.0)},
        {"extinction_mag": 0.4},
    ],
    ids=str,
)
def test_every_setting_changes_the_night(changed):
    plain, other = (
        [frame.frame.image.tobytes() for frame in simulate_night(settings, 3)]
        for settings in (SETTINGS, SETTINGS.model_copy(update=changed))
    )
    assert plain != other


def test_conditions_have_strengths():
    airmass = np.linspace(1.2, 2.7, 200)
    conditions = draw_conditions(np.random.default_rng(1), airmass, 2.0)
    assert tuple(conditions) == CONDITIONS
    for strength in conditions.values():
        assert strength.shape == (200,)
        assert strength.min() >= 0
        assert strength.max() <= 1
    assert conditions["low_altitude"][0] == 0
    assert conditions["low_altitude"][-1] == pytest.approx(1)
    quiet = draw_conditions(np.random.default_rng(1), airmass, 0.0)
    assert not quiet["thick_clouds"].any()
    assert not quiet["short_exposure"].any()
    assert quiet["twilight"][0] == 1


def test_a_field_is_highest_on_the_meridian_and_its_airmass_is_in_the_header():
    settings = NightSettings(rows=64, columns=64, frames=21, troubles=0.0, meridian_airmass=1.2)
    airmass = airmasses(settings)
    assert airmass[10] == pytest.approx(1.2)
    # Of the secant of the zenith distance at latitude and declination 36 and 0 degrees, 2.5 h from there.
    assert airmass[0] == pytest.approx(airmass[-1]) == pytest.approx(1 / (1 / 1.2 - 0.65 * 0.20665), rel=1e-3)
    told = [one.frame.airmass for one in simulate_night(settings, 3)]
    np.testing.assert_allclose(told, airmass)
    low = airmasses(settings.model_copy(update={"hour_angles_h": (5.0, 9.0)}))
    assert low.max() == pytest.approx(2.5)


def test_air_dims_blurs_and_brightens():
    """By the laws that are named: 0.15 mag an airmass, its power of 0.6 in width, a sky of more air."""
    high, low = under(), under(low_altitude=1 / 1.5)
    least = airmasses(SETTINGS).min()
    assert (high.frame.airmass, low.frame.airmass) == pytest.approx((least, least + 1))
    further = (least + 1) / least
    light, width, read = 10 ** (-0.4 * 0.15), further**0.6, 36
    sky = 800 * further * light
    expected = light / width * np.sqrt((800 + read) / (sky + read))
    assert low.kept == pytest.approx(expected, rel=0.03)
    levels = [float(np.median(one.frame.image)) for one in (high, low)]
    assert levels[1] / levels[0] == pytest.approx(further * light, rel=0.03)


def test_a_shorter_exposure_keeps_the_root_of_its_share_and_less_by_read_noise():
    short = under(short_exposure=0.75 / 0.9)
    assert short.frame.exposure_s == pytest.approx(15)
    assert short.kept == pytest.approx(0.25 * np.sqrt((800 + 36) / (200 + 36)), rel=0.01)
    assert (short.grade, short.reasons) == ("medium", ("short_exposure",))
    levels = [float(np.median(one.frame.image)) for one in (under(), short)]
    assert levels[1] / levels[0] == pytest.approx(0.25, rel=0.03)
