"""The schedule asks again for what came from archives, and for nothing before somebody wants that."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from astro_assets.catalogs.archive_assets import take_in
from astro_assets.catalogs.schedules import refreshing
from astro_assets.definitions import CATALOGS_JOB, build_definitions
from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, write
from astro_assets_tests.catalogs.served import archives, fetched, ledger_of


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=4)


def test_it_is_off_until_somebody_switches_it_on(home: Home, tmp_path: Path) -> None:
    schedule = build_definitions(home).get_repository_def().get_schedule_def("refresh_catalogs")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.job_name == CATALOGS_JOB
    assert schedule.cron_schedule == "0 3 * * 2"
    take_in(ledger_of(home), [write(tmp_path / "koi.csv", KOI_ROW)], {}, allow_older=False, run_id="")
    with dg.build_schedule_context() as context:
        assert "No catalogue came from an archive" in str(schedule.evaluate_tick(context).skip_message)


def test_it_asks_for_what_came_from_archives(tmp_path: Path) -> None:
    with archives() as served:
        home = served.home(tmp_path / "home")
        ledger = ledger_of(home)
        take_in(ledger, [write(tmp_path / "koi.csv", KOI_ROW)], {}, allow_older=False, run_id="")
        fetched(ledger, "toi", "tic", targets=("TIC 377780790",))
        request = refreshing(ledger)
        assert isinstance(request, dg.RunRequest)
        assert request.run_config == {
            "ops": {"catalogs__catalog_files": {"config": {"fetch": ["tic", "toi"]}}}
        }
        job = build_definitions(home).resolve_job_def(CATALOGS_JOB)
        assert dg.validate_run_config(job, request.run_config)
