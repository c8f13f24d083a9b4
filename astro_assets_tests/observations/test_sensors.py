"""The sensor as Dagster evaluates it: what it says, what it requests, and that its runs take in just that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import REFRESH_JOB, build_definitions
from astro_assets.ledger.home import Home
from astro_assets.observations.sensors import REQUEST_TAG, run_going_on
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.inbox import Inbox
from astro_assets.orchestration.inbox_state import State
from astro_assets.tables import TABLES
from astro_assets_tests.ledger.places import table_path
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.marking import marked_by_another


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return homes.new_home(tmp_path / "home")


def tick(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, after_s: float = 0
) -> Any:
    """Evaluate the sensor as the daemon does, some seconds from now."""
    now = time.time_ns
    repository = build_definitions(home, Engine(home, TABLES)).get_repository_def()
    with (
        monkeypatch.context() as patch,
        dg.build_sensor_context(instance, repository_def=repository) as context,
    ):
        patch.setattr(time, "time_ns", lambda: now() + int(after_s * 1e9))
        patch.setattr(time, "sleep", lambda _seconds: None)
        patch.setattr("astro_assets.observations.sensors.Inbox", lambda of: Inbox(of, clock=time.time_ns))
        return repository.get_sensor_def("new_observations").evaluate_tick(context)


def skipped(result: Any) -> str:
    assert result.run_requests == []
    assert result.skip_message
    return result.skip_message


def execute(home: Home, instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    engine = Engine(home, TABLES)
    job = build_definitions(home, engine).resolve_job_def(REFRESH_JOB)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(
        run_config={**request.run_config, **quiet},
        instance=instance,
        tags={**request.tags, "dagster/run_key": request.run_key},
        asset_selection=request.asset_selection,
        raise_on_error=False,
    )


def test_it_runs_unless_switched_off(home: Home) -> None:
    sensor = build_definitions(home).get_repository_def().get_sensor_def("new_observations")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.job_name == REFRESH_JOB
    assert sensor.minimum_interval_seconds == 10


def test_files_come_in_once_and_half_written_ones_later(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    homes.star_file(home.inbox / "star100.fits", 100)
    with dg.DagsterInstance.ephemeral() as instance:
        assert skipped(tick(home, instance, monkeypatch)).startswith(
            "0 files taken in, 1 may still be written; every file is looked at again in 10 min."
        )
        half = homes.star_file(home.inbox / "star101.fits", 101)
        (request,) = tick(home, instance, monkeypatch, 40).run_requests
        (again,) = tick(home, instance, monkeypatch, 80).run_requests
        assert request.run_key == again.run_key, "no run was made of it"
        result = execute(home, instance, request)
        assert result.success
        assert homes.units(home, "transit_candidates")["key"].to_list() == ["KIC 100"]
        assert homes.units(home, "simulated_truth").is_empty()
        assert half.exists()
        (request,) = tick(home, instance, monkeypatch, 120).run_requests
        assert execute(home, instance, request).success
        assert homes.units(home, "transit_candidates")["key"].to_list() == ["KIC 100", "KIC 101"]
        assert skipped(tick(home, instance, monkeypatch, 800)).startswith("2 files taken in; every file")


def test_nothing_is_requested_while_a_run_is_in_progress(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    homes.star_file(home.inbox / "star100.fits", 100)
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(home).resolve_job_def(REFRESH_JOB)
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        tick(home, instance, monkeypatch)
        said = skipped(tick(home, instance, monkeypatch, 40))
        assert "0 files taken in, 1 complete; " in said
        assert said.endswith(f"They are taken in after the run {run.run_id}.")
        instance.report_run_canceled(run)
        assert len(tick(home, instance, monkeypatch, 80).run_requests) == 1


def test_a_failed_run_is_not_requested_again_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    homes.star_file(home.inbox / "star100.fits", 100)
    with dg.DagsterInstance.ephemeral() as instance:
        tick(home, instance, monkeypatch)
        (request,) = tick(home, instance, monkeypatch, 40).run_requests
        home.config_file.write_text("[observations.light_curves]\nno_such_setting = 1\n")
        assert not execute(home, instance, request).success
        home.config_file.unlink()
        assert "1 requested but not taken in" in skipped(tick(home, instance, monkeypatch, 80))
        (later,) = tick(home, instance, monkeypatch, 800).run_requests
        assert later.run_key != request.run_key
        assert execute(home, instance, later).success
    assert [of for _, of in Inbox(home).remembered().values()] == [State.KNOWN]


def test_a_run_that_failed_after_its_files_were_in_is_made_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.star_file(home.inbox / "star100.fits", 100)
    with dg.DagsterInstance.ephemeral() as instance:
        tick(home, instance, monkeypatch)
        (request,) = tick(home, instance, monkeypatch, 40).run_requests
        blocking = table_path(home, "transits/detrended_light_curves")
        blocking.parent.mkdir(parents=True, exist_ok=True)
        blocking.write_text("no table can be here")
        assert not execute(home, instance, request).success
        blocking.unlink()
        assert [of for _, of in Inbox(home).remembered().values()] == [State.KNOWN]
        assert homes.units(home, "transit_candidates").is_empty()
        assert skipped(tick(home, instance, monkeypatch, 80)).startswith("1 files taken in; every file")
        (again,) = tick(home, instance, monkeypatch, 800).run_requests
        assert again.run_key != request.run_key
        assert execute(home, instance, again).success
        assert homes.units(home, "transit_candidates")["key"].to_list() == ["KIC 100"]
        for after_s in (840, 2500, 9999):
            skipped(tick(home, instance, monkeypatch, after_s))


def test_a_killed_run_is_ended_and_what_it_left_is_requested_again_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.star_file(home.inbox / "star100.fits", 100)
    with dg.DagsterInstance.ephemeral() as instance:
        tick(home, instance, monkeypatch)
        (request,) = tick(home, instance, monkeypatch, 40).run_requests
        job = build_definitions(home).resolve_job_def(REFRESH_JOB)
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=request.tags)
        with marked_by_another(home, run.run_id):
            assert run.run_id in skipped(tick(home, instance, monkeypatch, 80))
            assert run_going_on(instance, {REFRESH_JOB}) == run.run_id
        (again,) = tick(home, instance, monkeypatch, 120).run_requests
        (record,) = instance.get_run_records()
        assert record.dagster_run.status is dg.DagsterRunStatus.FAILURE
        assert again.run_key != request.run_key
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=again.tags)
        with marked_by_another(home, run.run_id):
            pass
        said = skipped(tick(home, instance, monkeypatch, 160))
        assert "1 requested but not taken in" in said, "what is killed twice is not tried again at once"


def test_a_missing_inbox_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.inbox.rmdir()
    with dg.DagsterInstance.ephemeral() as instance:
        assert "cannot be looked at now" in skipped(tick(home, instance, monkeypatch))


def test_a_request_carries_its_name_and_all_shards(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.inbox / "a.txt").write_text("a")
    with dg.DagsterInstance.ephemeral() as instance:
        tick(home, instance, monkeypatch)
        (request,) = tick(home, instance, monkeypatch, 40).run_requests
    assert request.tags[REQUEST_TAG] == request.run_key
    assert request.tags["dagster/asset_partition_range_end"] == f"{homes.N_SHARDS - 1}"
