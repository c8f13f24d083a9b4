"""The engine brings tables up to date with what the home says now, and lets go of what it holds."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from astro_assets.ledger.home import Home, HomeError
from astro_assets.ledger.shards import shard_of
from astro_assets.observations.tables import LIGHT_CURVES, OBSERVATION_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.tables import TABLES
from astro_assets_tests.orchestration import homes


@pytest.fixture
def home(searched_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(searched_home, tmp_path / "home")


def set_flux_column(home: Home, value: str) -> None:
    home.config_file.write_text(f"[observations.light_curves]\nflux_column = '{value}'\n")


def test_settings_are_read_at_each_update(home: Home) -> None:
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    assert engine.update(LIGHT_CURVES, None, run_id="a").computed == ()
    set_flux_column(home, "SAP_FLUX")
    report = engine.update(LIGHT_CURVES, None, run_id="b")
    assert len(report.computed) == len(homes.STARS)
    assert set(homes.units(home, "light_curves", "run_id")["run_id"]) == {"b"}
    set_flux_column(home, "FLUX")
    with pytest.raises(HomeError, match="flux_column"):
        engine.update(LIGHT_CURVES, None, run_id="c")
    engine.close()


def test_only_the_shards_named_are_touched(home: Home) -> None:
    set_flux_column(home, "SAP_FLUX")
    shard = shard_of("KIC 101", homes.N_SHARDS)
    mine = [number for number in homes.STARS if shard_of(f"KIC {number}", homes.N_SHARDS) == shard]
    assert len(mine) < len(homes.STARS)
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    report = engine.update(LIGHT_CURVES, [shard], run_id="here")
    assert len(report.computed) == len(mine)
    by_target = dict(homes.units(home, "light_curves", "target", "run_id").select("target", "run_id").rows())
    assert {target for target, run_id in by_target.items() if run_id == "here"} == {f"KIC {n}" for n in mine}
    engine.close()


def test_progress_is_shown_by_table_up_to_the_end(home: Home) -> None:
    shown: dict[str, list[tuple[int, int]]] = {}
    engine = Engine(
        home,
        TABLES,
        compute=LocalProcesses(1),
        progress=lambda name: lambda *numbers: shown.setdefault(name, []).append(numbers),
    )
    engine.update(OBSERVATION_FILES, None, run_id="")
    set_flux_column(home, "SAP_FLUX")
    engine.update(LIGHT_CURVES, None, run_id="")
    n_stars = len(homes.STARS)
    assert list(shown) == [LIGHT_CURVES.name], "nothing to do is nothing to show"
    assert shown[LIGHT_CURVES.name][-1] == (n_stars, n_stars)
    assert shown[LIGHT_CURVES.name] == sorted(shown[LIGHT_CURVES.name])
    engine.close()


def test_workers_are_gone_after_closing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_WORKERS", "2")
    before = _grandchildren()
    engine = Engine(home, TABLES)
    set_flux_column(home, "SAP_FLUX")
    assert len(engine.update(LIGHT_CURVES, None, run_id="").computed) == len(homes.STARS)
    workers = _grandchildren() - before
    assert len(workers) == 2
    engine.close()
    assert not psutil.wait_procs(workers, timeout=20)[1]
    engine.close()


def _grandchildren() -> set[psutil.Process]:
    """Workers are children of the fork server, which stays."""
    me = psutil.Process()
    return set(me.children(recursive=True)) - set(me.children())
