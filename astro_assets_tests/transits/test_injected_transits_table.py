"""Planets on purpose: quiet light curves show them, and what is found of them is like any candidate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from astro_assets.observations.tables import STAR_COLUMNS
from astro_assets.transits.example_tables import INJECTED_TRANSITS, TRAINING_EXAMPLES
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.injected_curves import Injection
from astro_assets.transits.injection import Planet, Star, draw_planets, transit_light
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, FOLDED_VIEWS, TRANSIT_CANDIDATES
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.conftest import light_curve_row
from astro_assets_tests.transits.synthetic import Planet as Dips
from astro_assets_tests.transits.synthetic import transits

SIGMA, HALF_AN_HOUR = 3e-4, 1800.0
#: All of them are found.
LARGE = {"longest_period_days": 6.0, "smallest_radius_earth": 5.0, "largest_radius_earth": 12.0}
NOTHING_DETECTED = {"detection_threshold": 100.0, "false_alarm_threshold": 1e-300}


def quiet(target: str = "KIC 7", seed: int = 5) -> dict[str, Any]:
    """Return the parents' rows of a star of 20 days that is constant."""
    time = np.arange(1000, 1020, 1 / 48)
    flux = 1 + np.random.default_rng(seed).normal(0, SIGMA, time.size)
    file = light_curve_row(time, flux, SIGMA, HALF_AN_HOUR) | {"search_id": target, "target_id": target}
    file |= dict.fromkeys(STAR_COLUMNS)
    return {
        "detrended_light_curves": [{"search_id": target, "target_id": target}],
        "selected_files": [file],
        "transit_candidates": [],
        "known_signals": [],
    }


def planets(target: str, n: int, **settings: Any) -> list[Planet]:
    return draw_planets(target, n, 1000.0, INJECTED_TRANSITS.config.model_copy(update=settings))


def with_search(**settings: Any) -> dict[str, Any]:
    return {"search": INJECTED_TRANSITS.config.search.model_copy(update=settings)}


def test_planets_that_are_found_are_labelled_examples() -> None:
    rows = compute(INJECTED_TRANSITS, "KIC 7", quiet(), **LARGE)
    assert [row["example_id"] for row in rows] == [f"KIC 7 injected.0{n}" for n in (1, 2, 3, 4)]
    for row, planet in zip(rows, planets("KIC 7", 4, **LARGE), strict=True):
        assert set(row) == {*INJECTED_TRANSITS.schema.names, "origin"}
        said = [row[name] for name in ("target_id", "disposition", "label_set", "listed_in", "origin")]
        assert said == ["KIC 7", "injected_planet", ["planetary_transit"], "injected", "injected"]
        assert (row["mission"], row["cadence"]) == ("TESS", "1800")
        assert row["period_days"] == pytest.approx(planet.period, rel=1e-3)
        off = np.remainder(row["epoch_btjd"] - planet.epoch + planet.period / 2, planet.period)
        assert abs(off - planet.period / 2) < planet.duration_days(Star()) / 4
        near = planet.epoch + np.linspace(-1, 1, 99) * planet.duration_days(Star())
        depth = 1 - transit_light(planet, Star(), near, HALF_AN_HOUR / 86400).min()
        assert 10 ** row["log10_depth"] == pytest.approx(depth, rel=0.15)


def test_transits_are_as_long_as_the_star_of_the_file_makes_them() -> None:
    """A star of a tenth of the Sun's density: else its own density would tell what was put in."""
    star = quiet()
    star["selected_files"][0] |= {"star_surface_gravity": 3.739, "star_radius_sun": 2.0}
    rows = compute(INJECTED_TRANSITS, "KIC 7", star, **LARGE)
    alone = compute(INJECTED_TRANSITS, "KIC 7", quiet(), **LARGE)
    assert rows
    for row in rows:
        assert row["duration_over_star"] < 1.3
        (of_sun,) = (other for other in alone if other["position"] == row["position"])
        assert row["duration_days"] > 1.5 * of_sun["duration_days"]


def test_no_planet_is_put_inside_a_giant() -> None:
    star = quiet()
    star["selected_files"][0] |= {"star_surface_gravity": 2.4, "star_radius_sun": 11.0}
    bright = {"smallest_radius_earth": 29.0, "largest_radius_earth": 30.0, "longest_period_days": 2.0}
    assert compute(INJECTED_TRANSITS, "KIC 7", star, **bright, per_star=12) == []


def test_what_the_search_does_not_keep_is_no_example() -> None:
    small = {"smallest_radius_earth": 0.3, "largest_radius_earth": 0.5}
    assert compute(INJECTED_TRANSITS, "KIC 7", quiet(), **small) == []
    mixed = compute(INJECTED_TRANSITS, "KIC 7", quiet(), per_star=12)
    radii = [planet.radius for planet in planets("KIC 7", 12)]
    kept = [row["position"] for row in mixed]
    assert 0 < len(kept) < 12
    assert all(number in kept for number, radius in enumerate(radii, start=1) if radius > 6)
    assert all(radii[number - 1] > 1 for number in kept)


@pytest.mark.parametrize(("depth", "rank", "n_found"), [(0.0, 1, 1), (0.001, 1, 2), (0.03, 2, 2)])
def test_an_example_is_the_one_that_a_real_planet_would_give(depth: float, rank: int, n_found: int) -> None:
    """The same light, taken in as that of a star, goes through the tables of all candidates.

    The star has other dips, too, weaker or stronger than the planet's.
    """
    star, (planet,) = quiet(), planets("KIC 7", 1, **LARGE)
    arrays = star["selected_files"][0]["light_curve"]
    arrays["flux"] = (arrays["flux"] * transits(arrays["time"], [Dips(2.9, 1001.3, 0.12, depth)])).astype(
        np.float32
    )
    observed = Injection("KIC 7", star["selected_files"], planet, Star()).observed()
    detrended = compute(DETRENDED_LIGHT_CURVES, "KIC 7", {"selected_files": observed})
    candidates = compute(TRANSIT_CANDIDATES, "KIC 7", {"detrended_light_curves": detrended})
    read = {"detrended_light_curves": detrended, "selected_files": observed}
    measures = compute(TRANSIT_FEATURES, "KIC 7", {**read, "transit_candidates": candidates})
    of_planet = {**read, "transit_candidates": candidates[rank - 1 : rank]}
    assert len(candidates) == n_found
    assert candidates[rank - 1]["period_days"] == pytest.approx(planet.period, rel=1e-3)
    (own,) = compute(
        TRAINING_EXAMPLES,
        "KIC 7",
        {
            **of_planet,
            "folded_views": compute(FOLDED_VIEWS, "KIC 7", of_planet),
            "transit_features": measures[rank - 1 : rank],
            "labelled_candidates": [{"label": None, "signal_catalog": None}],
            "simulated_truth": [],
        },
    )
    (made,) = compute(INJECTED_TRANSITS, "KIC 7", star, per_star=1, **LARGE)
    said = {"example_id", "position", "disposition", "label_set", "listed_in", "origin"}
    assert {name: repr(made[name]) for name in made if name not in said} == {
        name: repr(own[name]) for name in own if name not in said
    }


@pytest.mark.parametrize(
    "parents",
    [
        {"transit_candidates": [{"is_detected": False}, {"is_detected": True}]},
        {"known_signals": [{"target_id": "KIC 7"}]},
        {"detrended_light_curves": [{"search_id": "SIM 7", "target_id": "SIM 7"}]},
    ],
)
def test_nothing_is_put_into_others_and_their_light_curves_are_not_read(parents: dict[str, Any]) -> None:
    unread = [{**quiet()["selected_files"][0], "light_curve": {}}]
    assert compute(INJECTED_TRANSITS, "KIC 7", {**quiet(), **parents, "selected_files": unread}) == []


def test_what_is_kept_below_the_threshold_counts_for_a_star_and_for_a_planet() -> None:
    weak = {**quiet(), "transit_candidates": [{"is_detected": False}]}
    detected = compute(INJECTED_TRANSITS, "KIC 7", quiet(), **LARGE)
    for star, search in ((weak, {}), (quiet(), with_search(**NOTHING_DETECTED))):
        assert repr(compute(INJECTED_TRANSITS, "KIC 7", star, **LARGE, **search)) == repr(detected)
    strong = compute(INJECTED_TRANSITS, "KIC 7", quiet(), **LARGE, **with_search(statistic_floor=99.0))
    assert len(strong) < len(detected), "what the search does not keep is no example"


def test_rows_are_the_same_whatever_is_computed_with_them() -> None:
    stars = {f"KIC {n}": quiet(f"KIC {n}", n) for n in range(9)}
    stars["KIC 3"]["known_signals"] = [{"target_id": "KIC 3"}]
    keys, config = list(stars)[::-1], INJECTED_TRANSITS.config.model_copy(update=LARGE)
    assert INJECTED_TRANSITS.compute is not None
    together = INJECTED_TRANSITS.compute(keys, [stars[key] for key in keys], config)
    for key, rows in zip(keys, together, strict=True):
        assert repr(list(rows)) == repr(compute(INJECTED_TRANSITS, key, stars[key], **LARGE)), key
    assert [bool(rows) for rows in together] == [key != "KIC 3" for key in keys]


def test_a_real_quiet_star_shows_what_is_put_into_it(real_light_curves: Any) -> None:
    found = real_light_curves("kepler_lc/kplr007660594-2009166043257_llc.fits")
    files = [row | {"star_surface_gravity": 4.3, "star_radius_sun": 1.1} for row in found]
    detrended = compute(DETRENDED_LIGHT_CURVES, "KIC 7660594", {"selected_files": files})
    candidates = compute(TRANSIT_CANDIDATES, "KIC 7660594", {"detrended_light_curves": detrended})
    parents = {
        "detrended_light_curves": detrended,
        "selected_files": files,
        "transit_candidates": candidates,
        "known_signals": [],
    }
    rows = compute(INJECTED_TRANSITS, "KIC 7660594", parents, per_star=12)
    first_time = float(files[0]["light_curve"]["time"][0])
    drawn = draw_planets("KIC 7660594", 12, first_time, INJECTED_TRANSITS.config)
    assert len(rows) >= 6
    for row in rows:
        assert row["period_days"] == pytest.approx(drawn[row["position"] - 1].period, rel=1e-3)
        assert (row["mission"], row["cadence"]) == ("Kepler", "1765")
        assert np.nanmin(row["local_view"]) == pytest.approx(-1)
        assert abs(row["centroid_shift_sigma"]) < 5, "the file has centroids, and they do not move"
