"""Two simulated surveys in one home: each star is expected to show what is in its own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.update import put_units
from astro_assets.observations.simulated_stars import Population
from astro_assets.observations.simulated_survey import SimulatedFile, simulate_survey
from astro_assets.observations.tables import RAW_FILES, SIMULATED_TRUTH
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS
from astro_assets_tests.orchestration import homes

NOTHING = Population(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PLANETS = Population(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, several_planets=0.0)


def _expected(
    folder: Path, files: list[SimulatedFile], truth_of: dict[str, str] | None = None
) -> dict[str, list[float]]:
    """Search files in a new home, and return the expected periods of each target.

    ``truth_of`` gives stars other names in the truth.
    """
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    paths = [folder / file.name for file in files]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file.content)
    names = truth_of or {}
    truth = {
        file.sha256: [
            {**row, "target_id": names.get(row["target_id"], row["target_id"]), "origin": "simulated"}
            for row in file.truth()
        ]
        for file in files
    }
    put_units(engine.ledger(), SIMULATED_TRUTH, truth, run_id="")
    ingest(engine.ledger(), RAW_FILES, paths)
    for name in (*homes.CHAIN[:4], EXPECTED_SIGNALS.name):
        engine.update(engine.ledger().table(name), None, run_id="")
    engine.close()
    found: dict[str, list[float]] = {}
    rows = engine.ledger().open(EXPECTED_SIGNALS).rows(["target_id", "period_days"]).collect()
    for target, period in rows.select("target_id", "period_days").iter_rows():
        found.setdefault(target, []).append(period)
    return found


def test_stars_of_two_seeds_have_each_their_own_planet(tmp_path: Path) -> None:
    files = [file for seed in (1, 2) for file in simulate_survey(2, seed, PLANETS, mission="Kepler")]
    assert _expected(tmp_path, files) == {
        file.star.target_id: [pytest.approx(file.star.eclipses[0].period_days)] for file in files
    }


def test_a_star_of_the_same_name_lends_no_planet(tmp_path: Path) -> None:
    (quiet,) = simulate_survey(1, 1, NOTHING, mission="Kepler")
    (host,) = simulate_survey(1, 2, PLANETS, mission="Kepler")
    named = {host.star.target_id: quiet.star.target_id}
    assert _expected(tmp_path, [quiet, host], named) == {}
