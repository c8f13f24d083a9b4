"""Levels outside dips."""

import numpy as np
import pytest

from astro_assets.images.photometry.levels import levels_of
from astro_assets.images.photometry.settings import LevelSettings
from astro_assets_tests.images.photometry.star_field import trapezoid

HOURS = np.arange(70) * 0.1


def flux(depth, n_stars=200, noise=0.004, seed=0):
    rng = np.random.default_rng(seed)
    dip = np.array([trapezoid(70, rng.uniform(20, 50), 28, depth) for _ in range(n_stars)])
    return 1.3 * dip * (1 + noise * rng.normal(size=dip.shape))


def test_a_dip_lowers_neither_level_nor_quiet():
    found = levels_of(flux(0.02), HOURS, LevelSettings())
    assert np.median(found.level) == pytest.approx(1.3, rel=5e-4)
    assert np.median(found.scatter) == pytest.approx(0.004, rel=0.08)
    assert np.median(found.dip.min(axis=1)) == pytest.approx(-0.02, rel=0.05)


def test_noise_without_dips_keeps_its_level():
    found = levels_of(flux(0.0), HOURS, LevelSettings())
    assert np.median(found.level) == pytest.approx(1.3, rel=1.5e-3)
    assert np.median(found.scatter) == pytest.approx(0.004, rel=0.08)


def test_missing_points_and_outliers_do_not_count():
    one = flux(0.02)
    holed = one.copy()
    holed[:, ::7] = np.nan
    holed[:, 33] = 2.0
    found = levels_of(holed, HOURS, LevelSettings())
    assert np.median(found.level) == pytest.approx(1.3, rel=1e-3)
    empty = levels_of(np.full((2, 70), np.nan), HOURS, LevelSettings())
    assert np.isnan(empty.level).all()
    assert np.isnan(empty.scatter).all()


@pytest.mark.parametrize(
    "change", [{"shortest_dip_hours": 4.0}, {"longest_dip_part": 0.2}, {"clip_sigma": 2.0}]
)
def test_settings_change_levels(change):
    usual, other = (
        levels_of(flux(0.02), HOURS, one).level for one in (LevelSettings(), LevelSettings(**change))
    )
    assert not np.array_equal(usual, other)
