"""The measures of a star's candidates, from rows of candidates, detrended curve and files."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.transits.feature_plots import MEASURES_SHOWN, measures_plot
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

SIGMA, CADENCE = 5e-4, 10 / 1440
DEEP, SHALLOW = Planet(2.9, 1326.2, 0.12, 0.02), Planet(4.3, 1327.1, 0.15, 0.003)


def candidate(rank: int, planet: Planet) -> dict[str, Any]:
    return {
        "candidate_id": f"TIC 7.{rank:02d}",
        "search_id": "TIC 7",
        "target_id": "TIC 7",
        "rank": rank,
        "period_days": planet.period,
        "epoch_btjd": planet.epoch,
        "duration_hours": 24 * planet.duration,
    }


def parents(*candidates: dict[str, Any], moved: float | None = None) -> dict[str, Any]:
    """Make a star with both; in the transits of the shallow one its light moves by so many pixels."""
    time = sector_times(3, CADENCE)
    rng = np.random.default_rng(3)
    flux = transits(time, [DEEP, SHALLOW]) + rng.normal(0, SIGMA, time.size)
    arrays = {
        "time": time,
        "flux": flux.astype(np.float32),
        "flux_err": np.full(time.size, SIGMA, np.float32),
        "trend": np.ones(time.size, np.float32),
    }
    files = {"time": time, "flux": arrays["flux"]}
    if moved is not None:
        pixels = moved * (1 - transits(time, [SHALLOW])) / SHALLOW.depth
        for name, values in (("centroid_column", pixels), ("centroid_row", 0 * pixels)):
            files[name] = (500 + values + rng.normal(0, 1e-3, time.size)).astype(np.float32)
    seconds = 86400 * CADENCE
    return {
        "transit_candidates": list(candidates),
        "detrended_light_curves": [{"search_id": "TIC 7", "cadence_s": seconds, "light_curve": arrays}],
        "selected_files": [
            {
                "search_id": "TIC 7",
                "cadence_s": seconds,
                "light_curve": files,
                "star_surface_gravity": 4.438,
                "star_radius_sun": 0.5,
            }
        ],
    }


def features(read: dict[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    rows = compute(TRANSIT_FEATURES, "TIC 7", read, **settings)
    assert all(list(row) == list(TRANSIT_FEATURES.schema.names) for row in rows)
    return {row["candidate_id"]: row for row in rows}


def test_each_candidate_is_measured_without_the_transits_of_those_before_it() -> None:
    found = features(parents(candidate(2, SHALLOW), candidate(1, DEEP), moved=0.02))
    assert set(found) == {"TIC 7.01", "TIC 7.02"}
    first, second = found["TIC 7.01"], found["TIC 7.02"]
    assert first["mean_depth_ppm"] == pytest.approx(2e4 * 6 / 7, rel=0.03)
    assert second["mean_depth_ppm"] == pytest.approx(3e3 * 6 / 7, rel=0.1)
    assert second["event_chi_square"] < 3
    alone = features(parents(candidate(1, SHALLOW)))["TIC 7.01"]
    assert alone["phase_noise"] > 2 * second["phase_noise"], "the other's transits are in its fold"


def test_the_light_of_a_star_may_move_in_the_transits_of_one_candidate_only() -> None:
    found = features(parents(candidate(1, DEEP), candidate(2, SHALLOW), moved=0.02))
    assert found["TIC 7.02"]["centroid_shift_sigma"] > 20
    assert found["TIC 7.02"]["centroid_shift_pixels"] == pytest.approx(0.02 * 6 / 7, rel=0.1)
    assert found["TIC 7.01"]["centroid_shift_sigma"] < 8
    without = features(parents(candidate(1, DEEP)))["TIC 7.01"]
    assert np.isnan(without["centroid_shift_sigma"]), "files of other programs may have no centroids"


def test_the_star_is_as_dense_as_its_files_say() -> None:
    read = parents(candidate(1, DEEP), candidate(2, SHALLOW))
    for row in features(read).values():
        assert row["star_density_sun"] == pytest.approx(2)
        assert row["duration_over_star"] == pytest.approx(2 ** (1 / 3) * row["duration_over_solar"])
    (file,) = read["selected_files"]
    unknown = features(read | {"selected_files": [file | {"star_radius_sun": None}]})
    assert all(np.isnan(row["duration_over_star"]) for row in unknown.values())


def test_the_setting_changes_the_measures() -> None:
    read = parents(candidate(1, DEEP), candidate(2, SHALLOW))
    assert repr(features(read)) != repr(features(read, mask_durations=5.0))


def test_the_measures_of_a_star_do_not_depend_on_the_others_of_its_batch() -> None:
    one = parents(candidate(1, DEEP), candidate(2, SHALLOW), moved=0.02)
    other = parents(candidate(1, SHALLOW))
    assert TRANSIT_FEATURES.compute is not None
    together = TRANSIT_FEATURES.compute(["TIC 7", "TIC 8"], [one, other], TRANSIT_FEATURES.config)
    assert repr(together[0]) == repr(list(features(one).values()))


def test_the_picture_leaves_out_what_could_not_be_measured() -> None:
    picture, other = (
        measures_plot(pl.DataFrame({name: [1.0, middle, 30.0] for name in MEASURES_SHOWN}))
        for middle in (np.nan, 2.0)
    )
    assert picture.startswith(b"\x89PNG")
    assert picture != other


def test_the_picture_of_many_candidates_is_small() -> None:
    rng = np.random.default_rng(1)
    many = pl.DataFrame({name: rng.lognormal(1, 1, 50_000) for name in MEASURES_SHOWN})
    assert len(measures_plot(many)) < 50_000
