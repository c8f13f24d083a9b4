"""How densely stars are searched, by how they were observed."""

import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.grid import gridded
from astro_assets.transits.search.levels import Density, density_of, plan_search
from astro_assets.transits.search.periods import transit_duration_days
from astro_assets.transits.search.survey import SurveyEngine

CADENCE = 29.4244 / 1440
FACTORS = 0.25, 1.8


def curve(*stretches, cadence=CADENCE, seed=0):
    time = np.concatenate([np.arange(begin, end, cadence) for begin, end in stretches])
    flux = np.random.default_rng(seed).normal(1, 1e-3, time.size)
    return Curve(time, flux, np.full(time.size, 1e-3), cadence)


QUARTERS = [(93 * n, 93 * n + 90) for n in range(15)]
SECTORS = [(27 * n, 27 * n + 26) for n in range(7)]


@pytest.mark.parametrize(
    ("stretches", "step_minutes", "expected"),
    [
        ([(0, 27.4)], 15, Density(2, 0.45)),
        ([(0, 27.4)], 2, Density(2, 0.45)),  # many bins are no long time
        ([(0, 90)], 29.4244, Density(2, 0.45)),
        (SECTORS, 15, Density(3, 0.5)),
        (QUARTERS, 29.4244, Density(3, 0.5)),
        ([(0, 26), (730, 756)], 15, Density(2, 0.45)),  # few of the transits in so long a time are seen
    ],
    ids=["sector", "fine sector", "quarter", "seven sectors", "four years", "two sectors, two years apart"],
)
def test_the_density_follows_from_how_a_star_was_observed(stretches, step_minutes, expected):
    cadence = min(step_minutes, 29.4244) / 1440
    assert density_of(gridded(curve(*stretches, cadence=cadence), step_minutes / 1440)) == expected


@pytest.mark.parametrize("every", [1, 2, 3])
def test_transits_drift_by_as_many_bins_as_the_density_says(every):
    plan = plan_search(4096, 1 / 96, (1.0, 10.0), FACTORS, Density(every))
    for level in plan.levels:
        n_trials = sum(-(-level.n_bins // base) - 1 for base in range(*level.bases))
        assert level.cells.size == n_trials // every
    assert plan.every == every


def test_resolutions_end_where_boxes_are_as_short_as_the_density_says():
    step = 1 / 96
    for part in (0.4, 0.45, 0.5):
        plan = plan_search(4096, step, (0.5, 20.0), FACTORS, Density(resolved=part))
        longest = step * max(level.bases[1] for level in plan.levels if level.step == step)
        # The middle one of the wide boxes has 5 bins.
        assert 5 * step / transit_duration_days(longest) == pytest.approx(part, rel=0.01)


def test_stars_of_one_length_and_other_densities_may_keep_company():
    dense = curve(*SECTORS)
    sparse = curve(SECTORS[0], SECTORS[-1], seed=1)
    engine = SurveyEngine(15 / 1440)
    together = engine([dense, sparse], (20.0, 25.0), FACTORS)
    for number, data in enumerate((dense, sparse)):
        (alone,) = engine([data], (20.0, 25.0), FACTORS)
        assert alone.power.tobytes() == together[number].power.tobytes()
    assert together[0].periods.size < together[1].periods.size
