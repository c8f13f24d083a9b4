"""Completeness maps as people ask for them: large planets are found, small ones not, and settings count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy.io import fits

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets.transits import pictures
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.conftest import light_curve_row

SIGMA = 3e-4
GRID = {"shortest_period_days": 1.0, "longest_period_days": 4.0, "n_periods": 2, "n_radii": 3}


def _map(n_injected: int, **settings: Any) -> dict[str, Any]:
    time = np.arange(1000, 1020, 1 / 48)
    noise = np.random.default_rng(5).normal(0, SIGMA, time.size)
    asked = {
        "search_id": "SIM 1", "target_id": "SIM 1", "n_injected": n_injected,
        "star_radius_sun": 1.0, "star_mass_sun": 1.0,
    }  # fmt: skip
    parents = {
        "completeness_targets": [asked],
        "selected_files": [light_curve_row(time, 1 + noise, SIGMA, 1800.0)],
    }
    (row,) = compute(COMPLETENESS_MAP, "SIM 1", parents, **GRID, **settings)
    assert row.pop("origin") == "injected"
    assert list(row) == list(COMPLETENESS_MAP.schema.names)
    return row


def test_large_planets_are_found_and_small_ones_are_not() -> None:
    found = _map(36)
    cells = found["cells"]
    share = (cells["n_recovered"] / cells["n_injected"]).reshape(2, 3)
    assert (share[:, 0] == 0).all(), "up to 1.6 Earth radii, 200 ppm deep, in a noise of 300 ppm"
    assert (share[:, 2] == 1).all(), "from 5 Earth radii on"
    assert found["n_recovered"] == cells["n_recovered"].sum()
    assert found["n_injected"] == cells["n_injected"].sum() == 36
    injections = found["injections"]
    assert injections["is_recovered"].sum() == found["n_recovered"]
    counted = np.bincount(injections["cell"][injections["is_recovered"]], minlength=6)
    np.testing.assert_array_equal(counted, cells["n_recovered"])


def test_a_planet_is_found_or_not_whatever_others_are_put_in_after_it() -> None:
    """Curves are searched 32 at a time."""
    few, more = _map(20)["injections"], _map(40)["injections"]
    for name, values in few.items():
        assert values.tobytes() == more[name][:20].tobytes()


def test_what_is_found_depends_on_the_thresholds_of_the_search() -> None:
    nothing = {"detection_threshold": 100.0, "false_alarm_threshold": 1e-300}
    strict = COMPLETENESS_MAP.config.search.model_copy(update=nothing)
    assert 0 < _map(12, search=strict)["n_recovered"] < _map(12)["n_recovered"]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Home:
    searched = homes.made_once(tmp_path_factory, "searched_home", homes.make_searched_home)
    copied = homes.copy_of(open_home(searched), tmp_path / "home")
    copied.config_file.write_text("[transits.completeness_map]\nn_periods = 2\nn_radii = 3\n")
    return copied


def _maps(home: Home) -> list[dict[str, Any]]:
    ledger = homes.ledger_of(home)
    rows = ledger.open(COMPLETENESS_MAP).rows().sort("key").collect()
    return [resolve_references(row, COMPLETENESS_MAP, ledger.objects) for row in rows.iter_rows(named=True)]


def _stale_keys(home: Home) -> list[str]:
    entries = stale(homes.ledger_of(home)).entries
    return sorted(entries.filter(pl.col("table") == COMPLETENESS_MAP.name)["key"].to_list())


def test_a_map_is_asked_for_goes_stale_with_the_search_and_is_taken_back(home: Home) -> None:
    result = astro_assets("completeness", "kic100", "--injections", "12", home=home)
    assert result.returncode == 0, result.stderr
    assert "KIC 100: per cent found" in result.stdout
    (found,) = _maps(home)
    assert (found["search_id"], found["n_injected"], found["origin"]) == ("KIC 100", 12, "injected")
    assert found["cells"]["n_injected"].tolist() == 6 * [2]
    picture = pictures.completeness(homes.ledger_of(home))
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert _stale_keys(home) == []

    settings = home.config_file.read_text()
    for section in ("transit_candidates]\nmax_signals = 4", "detrended_light_curves]\nclip_sigma = 5.0"):
        home.config_file.write_text(f"{settings}[transits.{section}\n")
        assert _stale_keys(home) == ["KIC 100"]
    home.config_file.write_text(settings)
    assert _stale_keys(home) == []

    result = astro_assets("completeness", "KIC 100", "--injections", "0", home=home)
    assert result.returncode == 0, result.stderr
    assert _maps(home) == []
    assert pictures.completeness(homes.ledger_of(home)) is None


def _file_again(path: Path, number: int, *, quarter: int, days_later: float) -> Path:
    """Write a star's file as newly processed, or of a later quarter: a little brighter at first."""
    homes.star_file(path, number, DATE="2021-01-02", QUARTER=quarter)
    with fits.open(path, memmap=False) as hdus:
        hdus[1].data["PDCSAP_FLUX"][:50] *= 1.001
        hdus[1].data["TIME"] += days_later
        for bound in ("TSTART", "TSTOP"):
            hdus[1].header[bound] += days_later
        hdus.writeto(path, overwrite=True)
    return path


def _take_in(home: Home, file: Path) -> None:
    """Take a file in and choose the files that are searched; compute nothing of what follows."""
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    ingest(engine.ledger(), RAW_FILES, [file])
    for name in ("observation_files", "light_curves", "selected_files"):
        engine.update(engine.ledger().table(name), None, run_id="")
    engine.close()


def _units(home: Home) -> dict[str, tuple[str, str]]:
    units = homes.units(home, COMPLETENESS_MAP.name, "recipe_hash", "run_id")
    return {key: (recipe, run) for key, recipe, run in units.iter_rows()}


@pytest.mark.slow
def test_a_map_goes_stale_with_the_files_of_its_star_alone(home: Home, tmp_path: Path) -> None:
    stars = [f"KIC {number}" for number in homes.STARS]
    result = astro_assets("completeness", *stars, "--injections", "6", home=home)
    assert result.returncode == 0, result.stderr
    before = _units(home)
    assert sorted(before) == stars
    _take_in(home, _file_again(tmp_path / "changed.fits", 100, quarter=7, days_later=0))
    assert _stale_keys(home) == ["KIC 100"]
    _take_in(home, _file_again(tmp_path / "new.fits", 101, quarter=8, days_later=90))
    assert _stale_keys(home) == ["KIC 100", "KIC 101"]

    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert _stale_keys(home) == []
    after = _units(home)
    assert [key for key in stars if after[key] != before[key]] == ["KIC 100", "KIC 101"]
    assert [row["baseline_days"] > 90 for row in _maps(home)] == [False, True, False]


def test_a_target_that_is_not_there_is_named_and_nothing_is_done(home: Home) -> None:
    before = homes.versions(home)
    result = astro_assets("completeness", "KIC 999", home=home)
    assert result.returncode == 2
    assert "KIC 999 is not searched" in result.stderr
    assert homes.versions(home) == before


def test_settings_of_the_search_are_set_where_the_search_is(home: Home) -> None:
    home.config_file.write_text("[transits.completeness_map]\nsearch = {max_signals = 2}\n")
    result = astro_assets("stale", home=home)
    assert result.returncode == 2
    assert "search: set that in [transits.transit_candidates]" in result.stderr
