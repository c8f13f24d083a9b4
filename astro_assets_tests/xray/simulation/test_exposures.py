"""A place is seen when eROSITA's survey sees it, and as deep."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.xray.simulation.exposures import Exposures, exposures, vignetting
from astro_assets.xray.simulation.settings import SimulationSettings


def seen(seed: int, **changes: object) -> Exposures:
    """Return the bins of a place that is seen in one survey, in one bin a visit, unless changed."""
    told = {"surveys": (1, 1), "bins_per_visit": (1, 1), "lost_visits": 0.0, "most_bins": 20_000} | changes
    return exposures(SimulationSettings.model_validate(told), np.random.default_rng(seed))


@pytest.mark.parametrize(("latitude", "n_visits"), [(0.0, 6.27), (60.0, 12.54), (80.0, 36.1)])
def test_visits_of_a_survey_grow_in_number_towards_the_poles(latitude: float, n_visits: float) -> None:
    """The field's diameter over the way of the axis in four hours, times the cosine of the latitude."""
    found = [seen(seed, ecliptic_latitude_deg=(latitude, latitude)).time_s.size for seed in range(200)]

    assert np.mean(found) == pytest.approx(n_visits, rel=0.02)
    assert max(found) - min(found) <= 1


def test_beside_a_pole_every_revolution_is_a_visit() -> None:
    exposed = seen(1, ecliptic_latitude_deg=(89.9, 89.9))

    assert exposed.time_s.size == pytest.approx(182.6 * 6, abs=2)


def test_visits_are_four_hours_apart_and_surveys_half_a_year() -> None:
    exposed = seen(3, surveys=(3, 3), ecliptic_latitude_deg=(0, 0))
    steps = np.diff(exposed.time_s)

    assert np.median(steps) == pytest.approx(14400, abs=1)
    np.testing.assert_allclose(steps[steps > 1e6], 182.6 * 86400, rtol=0.01)
    assert np.count_nonzero(steps > 1e6) == 2


def test_a_visit_lasts_forty_seconds_at_most_and_is_deepest_in_its_middle() -> None:
    exposed = seen(5, bins_per_visit=(8, 8), ecliptic_latitude_deg=(0, 0))

    lengths = np.bincount(exposed.visit, weights=exposed.width_s)
    assert lengths.max() == pytest.approx(2 * 0.515 / 0.025, rel=0.02)
    longest = exposed.fraction[exposed.visit == lengths.argmax()]
    assert (np.diff(longest[:4], axis=0) > 0).all()
    assert (np.diff(longest[4:], axis=0) < 0).all()
    assert (np.diff(exposed.time_s) > 0).all()


def test_the_mean_exposure_does_not_depend_on_how_a_visit_is_divided() -> None:
    one, many = (seen(8, bins_per_visit=(n, n), ecliptic_latitude_deg=(30, 30)) for n in (1, 6))

    def of_visits(exposed: Exposures) -> object:
        return np.bincount(exposed.visit, weights=exposed.width_s * exposed.fraction[:, 1])

    np.testing.assert_allclose(of_visits(one), of_visits(many), rtol=0.01)


def test_hard_photons_are_lost_first_beside_the_axis() -> None:
    areas = vignetting(np.array([0.0, 0.25, 0.515]))

    np.testing.assert_array_equal(areas[0], 1)
    assert (np.diff(areas, axis=0) < 0).all()
    assert areas[2, 2] < areas[2, 0]


def test_lost_visits_are_kept_without_exposure() -> None:
    exposed = seen(2, lost_visits=0.5, ecliptic_latitude_deg=(80, 80))
    lost = (exposed.fraction == 0).all(axis=1)

    assert 0.25 < lost.mean() < 0.75
    assert exposed.time_s.size == seen(2, ecliptic_latitude_deg=(80, 80)).time_s.size
