"""Numbers and brightness of simulated stars."""

import numpy as np
import pytest

from astro_assets.images.simulation.stars import draw_magnitudes, draw_stars, electrons


@pytest.mark.parametrize("slope", [0.3, 0.4, 0.6])
def test_counts_rise_with_the_slope(slope):
    magnitudes = draw_magnitudes(np.random.default_rng(1), 200_000, slope, 12, 20)
    # Maximum likelihood of an exponential distribution, far from the bright limit.
    measured = 1 / (np.log(10) * (20 - magnitudes).mean())
    assert measured == pytest.approx(slope, rel=0.02)
    assert magnitudes.min() >= 12
    assert magnitudes.max() <= 20
    brighter = [(magnitudes < limit).sum() for limit in (17, 18, 19)]
    assert np.diff(np.log10(brighter)) == pytest.approx(slope, abs=0.05)


@pytest.mark.parametrize(("slope", "faintest"), [(0.0, 20), (-0.3, 20), (0.3, 12)])
def test_impossible_counts_are_refused(slope, faintest):
    with pytest.raises(ValueError, match="no counts"):
        draw_magnitudes(np.random.default_rng(), 10, slope, 12, faintest)


def test_stars_fill_the_frame_and_its_margin_evenly():
    stars = draw_stars(np.random.default_rng(2), (300, 500), 1e5, 0.35, 12, 20)
    expected = 1e5 * 332 * 532 / 1e6
    assert stars.rows.size == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert stars.rows.min() < -10
    assert stars.columns.max() > 510
    inside = (stars.rows > -0.5) & (stars.rows < 149.5) & (stars.columns > -0.5) & (stars.columns < 499.5)
    assert inside.sum() == pytest.approx(1e5 * 150 * 500 / 1e6, rel=0.06)


def test_five_magnitudes_are_a_factor_of_a_hundred():
    bright, faint = electrons([15, 20], 25, 60)
    assert bright / faint == pytest.approx(100)
    assert electrons(25, 25, 60) == pytest.approx(60)
