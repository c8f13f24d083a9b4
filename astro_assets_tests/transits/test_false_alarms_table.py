"""False alarms on purpose: what is found upside down is of noise, and never a transit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from astro_assets.transits.example_tables import FALSE_ALARMS
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

CADENCE, SIGMA = 10 / 1440, 5e-4
DEEP = Planet(2.9, 1326.2, 0.12, 0.02)


def events(flux_of: Any, target: str = "TIC 7", radius: float = 1.0, **settings: Any) -> list[dict[str, Any]]:
    time = sector_times(3, CADENCE)
    flux = flux_of(time) + np.random.default_rng(3).normal(0, SIGMA, time.size)
    arrays = {
        "time": time,
        "flux": flux.astype(np.float32),
        "flux_err": np.full(time.size, SIGMA, np.float32),
        "trend": np.ones(time.size, np.float32),
    }
    row = {
        "search_id": f"{target}~1b2c3d4e",
        "target_id": target,
        "mission": "TESS",
        "cadence_s": 600.0,
        "light_curve": arrays,
    }
    rng = np.random.default_rng(4)
    centroids = {f"centroid_{name}": rng.normal(5, 1e-3, time.size) for name in ("column", "row")}
    file = {
        "search_id": target,
        "cadence_s": 600.0,
        "light_curve": arrays | centroids,
        "star_surface_gravity": 4.438,
        "star_radius_sun": radius,
    }
    read = {"detrended_light_curves": [row], "selected_files": [file]}
    rows = compute(FALSE_ALARMS, f"{target}~1b2c3d4e", read, **settings)
    assert all(set(FALSE_ALARMS.schema.names) <= set(found) for found in rows)
    return rows


def test_brightenings_are_found_and_are_no_transits():
    (event,) = events(lambda time: 2 - transits(time, [DEEP]))
    assert event["period_days"] == pytest.approx(DEEP.period, rel=1e-3)
    assert event["label_set"] == ["stellar_signal", "instrument_artifact", "noise"]
    assert event["example_id"] == "TIC 7~1b2c3d4e inverted.01"
    # What every candidate has must not be what tells them apart.
    assert abs(event["centroid_shift_sigma"]) < 4
    assert event["target_id"] == "TIC 7"
    assert event["light_curve"] == "TIC 7~1b2c3d4e", "what it was made of"
    assert event["origin"] == "injected", "no light curve of a star is upside down"
    assert event["listed_in"] == "inverted"
    assert event["local_view"].min() == pytest.approx(-1)


def test_their_durations_are_compared_with_the_star_as_those_of_candidates():
    dwarf, giant = (
        events(lambda time: 2 - transits(time, [DEEP]), radius=radius)[0]["duration_over_star"]
        for radius in (0.5, 4.0)
    )
    assert 0.5 < giant < 1.5
    assert dwarf == pytest.approx(2 * giant)


def test_a_planet_is_not_found_upside_down():
    found = events(lambda time: transits(time, [DEEP]))
    periods = [event["period_days"] for event in found]
    assert all(abs(period / DEEP.period - 1) > 1e-3 for period in periods)


def test_the_floor_decides_what_is_kept():
    def quiet(time):
        return np.ones(time.size)

    assert len(events(quiet)) == 1
    assert events(quiet, statistic_floor=20) == []


def test_what_is_known_of_a_simulated_star_is_the_simulations():
    (event,) = events(lambda time: np.ones(time.size), target="SIM 7")
    assert event["listed_in"] == "simulated_truth"
