"""The sensor that keeps everything up to date, as Dagster evaluates it, and the runs that it asks for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import REFRESH_JOB, TRAINING_JOB, build_definitions
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.staleness import stale
from astro_assets.orchestration import refresh
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.refresh_state import remembered
from astro_assets.orchestration.shards import partition_keys
from astro_assets.tables import TABLES
from astro_assets_tests.orchestration import checked_runs, homes
from astro_assets_tests.orchestration.marking import marked_by_another

CANDIDATES = dg.AssetKey(["transits", "transit_candidates"])
LIGHT_CURVES = dg.AssetKey(["observations", "light_curves"])
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Daemon:
    """Evaluates the sensor of a home with the cursor that it left, and executes what it asks for."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home = home
        self.instance = instance
        self.cursor: str | None = None
        self.definitions = build_definitions(home, Engine(home, TABLES, compute=LocalProcesses(1)))

    def exchange(self, definitions: dg.Definitions) -> None:
        """Go on with other tables; other files of the package would have the sensor look again."""
        self.definitions = definitions
        self.cursor = remembered(self.cursor).model_copy(update={"looked": ""}).model_dump_json()

    def tick(self) -> Any:
        repository = self.definitions.get_repository_def()
        with dg.build_sensor_context(self.instance, cursor=self.cursor, repository_def=repository) as context:
            result = repository.get_sensor_def("stale_results").evaluate_tick(context)
        self.cursor = result.cursor or self.cursor
        return result

    def asked(self) -> dg.RunRequest:
        result = self.tick()
        assert result.skip_message is None
        (request,) = result.run_requests
        return request

    def skipped(self) -> str:
        result = self.tick()
        assert result.run_requests == []
        return str(result.skip_message)

    def execute(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(REFRESH_JOB).execute_in_process(
            run_config=QUIET,
            instance=self.instance,
            tags={**request.tags, "dagster/run_key": request.run_key},
            asset_selection=request.asset_selection,
            raise_on_error=False,
        )

    def kill(self, request: dg.RunRequest) -> None:
        """Have a run for a request whose process is killed before it does anything."""
        job = self.definitions.resolve_job_def(REFRESH_JOB)
        run = self.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=request.tags)
        with marked_by_another(self.home, run.run_id):
            assert run.run_id in self.skipped(), "it is waited for"


@pytest.fixture
def daemon(searched_home: Home, tmp_path: Path):
    home = homes.copy_of(searched_home, tmp_path / "home")
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(home, instance)


def set_threshold(home: Home, value: float) -> None:
    home.config_file.write_text(f"[transits.transit_candidates]\ndetection_threshold = {value}\n")


def test_it_runs_unless_switched_off(daemon: Daemon) -> None:
    sensor = daemon.definitions.get_repository_def().get_sensor_def("stale_results")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.job_name == REFRESH_JOB


def test_nothing_is_looked_at_twice(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    while daemon.cursor is None or '"looked":""' in daemon.cursor:  # as when it has just been written
        assert daemon.skipped() == "Up to date."
    with monkeypatch.context() as patch:
        patch.setattr(refresh, "due", lambda *_arguments, **_named: pytest.fail("it looks"))
        assert daemon.skipped() == "Up to date."
    set_threshold(daemon.home, 60)
    assert daemon.asked().asset_selection


@pytest.mark.slow
def test_settings_that_change_and_change_back_renew_just_what_reads_them(daemon: Daemon) -> None:
    home = daemon.home
    before, keys = homes.contents(home), []
    for threshold in (60, 8, 60):
        set_threshold(home, threshold)
        request = daemon.asked()
        assert daemon.asked().run_key == request.run_key, "no run was made of it"
        assert CANDIDATES in request.asset_selection
        assert LIGHT_CURVES not in request.asset_selection
        keys.append(request.run_key)
        assert daemon.execute(request).success
        assert stale(homes.ledger_of(home)).entries.is_empty()
        assert daemon.skipped() == "Up to date."
    assert len(set(keys)) == 3
    after = homes.contents(home)
    assert after["transits/transit_candidates"] != before["transits/transit_candidates"]
    assert after["observations/light_curves"] == before["observations/light_curves"]


@pytest.mark.slow
def test_a_run_records_the_partitions_in_which_something_changed(daemon: Daemon) -> None:
    homes.star_file(daemon.home.inbox / "new.fits", 103)
    assert checked_runs.run(daemon.home)[1] == []
    (daemon.home.root / "tables/transits/transit_candidates").rename(daemon.home.root / "aside")
    (daemon.home.root / "created/transits/transit_candidates").unlink()
    request = daemon.asked()
    assert daemon.execute(request).success
    shards = {shard_of(f"KIC {number}", homes.N_SHARDS) for number in (*homes.STARS, 103)}
    records = daemon.instance.fetch_materializations(CANDIDATES, limit=50).records
    recorded = {record.partition_key for record in records if record.partition_key is not None}
    assert recorded == set(partition_keys(daemon.home, shards))
    assert [record.partition_key for record in records].count(None) == 1, "and once about all of it"
    view = daemon.instance.fetch_materializations(LIGHT_CURVES, limit=5).records
    assert view == [], "what was up to date is not touched"


def test_a_killed_run_is_asked_for_again_at_once_and_then_after_a_while(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_threshold(daemon.home, 60)
    request = daemon.asked()
    daemon.kill(request)
    again = daemon.asked()
    assert again.run_key != request.run_key
    assert again.tags[refresh.DESIRED_TAG] == request.tags[refresh.DESIRED_TAG]
    daemon.kill(again)
    assert "failed; it is tried again at" in daemon.skipped()
    now = time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now() + 200)
        third = daemon.asked()
    assert third.run_key not in (request.run_key, again.run_key)
    set_threshold(daemon.home, 61)
    assert daemon.asked().tags[refresh.DESIRED_TAG] != request.tags[refresh.DESIRED_TAG], "another wish"


def test_it_waits_for_a_search_but_not_for_a_training(daemon: Daemon) -> None:
    set_threshold(daemon.home, 60)
    for job, waits in ((TRAINING_JOB, False), ("search_for_transits", True)):
        of_job = daemon.definitions.resolve_job_def(job)
        run = daemon.instance.create_run_for_job(of_job, status=dg.DagsterRunStatus.STARTED)
        assert (daemon.tick().skip_message is not None) is waits
        daemon.instance.report_run_canceled(run)


def test_settings_that_are_wrong_are_said(daemon: Daemon) -> None:
    daemon.home.config_file.write_text("[transits.transit_candidates]\nno_such_setting = 1\n")
    assert "there is no such setting" in daemon.skipped()
    daemon.home.config_file.unlink()
    assert daemon.skipped() == "Up to date."


def with_variant(home: Home, variant: Any) -> dg.Definitions:
    """Assemble the code location with a table that is computed wrongly, and the sensor."""
    engine = checked_runs.engine_of(home, variant)
    return dg.Definitions.merge(
        checked_runs.definitions(home, engine, variant),
        dg.Definitions(
            jobs=[dg.define_asset_job(REFRESH_JOB, dg.AssetSelection.all())],
            sensors=[refresh.stale_results(home, engine, REFRESH_JOB, asked_for=lambda _: ())],
        ),
    )


@pytest.mark.slow
def test_what_breaks_a_check_waits_for_a_change_and_nothing_is_made_of_it(daemon: Daemon) -> None:
    sound, before = daemon.definitions, homes.contents(daemon.home)
    daemon.exchange(with_variant(daemon.home, checked_runs.UNSORTED))
    request = daemon.asked()
    assert LIGHT_CURVES in request.asset_selection
    assert not daemon.execute(request).success
    for _ in range(2):
        assert daemon.skipped() == (
            "Up to date. Waiting for other data, code or settings: observations/light_curves."
        )
    after = homes.contents(daemon.home)
    assert after["observations/light_curves"] != before["observations/light_curves"]
    assert after["observations/selected_files"] == before["observations/selected_files"]

    daemon.exchange(sound)
    request = daemon.asked()
    assert {LIGHT_CURVES, CANDIDATES} <= set(request.asset_selection)
    assert daemon.execute(request).success
    assert daemon.skipped() == "Up to date."
    assert homes.contents(daemon.home).keys() == before.keys()
    assert stale(homes.ledger_of(daemon.home)).entries.is_empty()


def test_a_new_home_is_up_to_date(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert Daemon(open_home(tmp_path / "home"), instance).skipped() == "Up to date."
