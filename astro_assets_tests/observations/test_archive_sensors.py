"""The sensor that follows MAST, as Dagster evaluates it: what it says, requests, and what its runs do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import FETCH_JOB, build_definitions
from astro_assets.ledger.home import Home
from astro_assets.observations.archive_sensors import LISTED_TAG
from astro_assets.orchestration.engine import Engine
from astro_assets.tables import TABLES
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.held_stars import home_with, small_mast, tess_bytes, tess_name
from astro_assets_tests.archives.mast_observations import Held, SmallMast
from astro_assets_tests.archives.serving import ArchiveServer, Request, serving

FOLLOWS = "[observations.archive_products]\nsectors = [7]\n"
HOUR = 3600.0


@pytest.fixture
def mast(tmp_path: Path) -> SmallMast:
    return small_mast(tmp_path / "held", 10, 20)


@pytest.fixture
def server(mast: SmallMast) -> Iterator[ArchiveServer]:
    with serving(mast.routes()) as served:
        yield served


@pytest.fixture
def home(server: ArchiveServer, tmp_path: Path) -> Home:
    return home_with(server, tmp_path / "home", FOLLOWS)


class Daemon:
    """Evaluates the sensor as Dagster's daemon does, at moments of its own."""

    def __init__(self, home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instance = instance
        self.cursor: str | None = None
        self._patch = monkeypatch
        self._definitions = build_definitions(home, Engine(home, TABLES))
        self._repository = self._definitions.get_repository_def()

    def tick(self, after_s: float = 0) -> Any:
        now = time.time
        with (
            self._patch.context() as patch,
            dg.build_sensor_context(
                self.instance, cursor=self.cursor, repository_def=self._repository
            ) as context,
        ):
            patch.setattr("astro_assets.observations.archive_sensors.time.time", lambda: now() + after_s)
            result = self._repository.get_sensor_def("mast_observations").evaluate_tick(context)
        self.cursor = result.cursor
        return result

    def skipped(self, after_s: float = 0) -> str:
        result = self.tick(after_s)
        assert result.run_requests == []
        return str(result.skip_message)

    def execute(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        job = self._definitions.resolve_job_def(FETCH_JOB)
        return job.execute_in_process(
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=self.instance,
            tags={**request.tags, "dagster/run_key": request.run_key},
            asset_selection=request.asset_selection,
            raise_on_error=False,
        )


@pytest.fixture
def daemon(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(home, instance, monkeypatch)


def in_inbox(home: Home) -> list[str]:
    return sorted(path.name for path in home.inbox.rglob("*.fits"))


def test_it_is_off_and_asks_nothing_unless_something_is_followed(
    home: Home, server: ArchiveServer, daemon: Daemon
) -> None:
    sensor = build_definitions(home).get_repository_def().get_sensor_def("mast_observations")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    home.config_file.write_text(home.config_file.read_text().replace(FOLLOWS, ""))
    assert "sectors = [42] or follow_targets = true" in daemon.skipped()
    assert server.requests == []


def test_what_is_new_is_fetched_once(
    home: Home, server: ArchiveServer, daemon: Daemon, mast: SmallMast, tmp_path: Path
) -> None:
    (request,) = daemon.tick().run_requests
    (again,) = daemon.tick(60).run_requests
    assert request.run_key == again.run_key, "there is no run of it yet: one it stays"
    assert daemon.execute(request).success
    assert in_inbox(home) == [tess_name(10), tess_name(20)]
    n_asked = len(server.requests)
    assert daemon.skipped(120).startswith(
        "All that MAST lists of what is followed was fetched. MAST is asked again in"
    )
    assert len(server.requests) == n_asked, "it is asked every six hours only"
    assert "All that MAST lists" in daemon.skipped(7 * HOUR)
    assert len(server.requests) > n_asked
    mast.hold("30", Held(tess_name(30), tess_bytes(tmp_path, 30)))
    assert "All that MAST lists" in daemon.skipped(8 * HOUR)
    (new,) = daemon.tick(14 * HOUR).run_requests
    assert new.run_key != request.run_key
    assert daemon.execute(new).success
    assert len(in_inbox(home)) == 3
    assert len(server.asked("/api/v0.1/Download/file")) == 3
    daemon.cursor = None
    assert "All that MAST lists" in daemon.skipped(14 * HOUR), "lost, its memory changes nothing"


def test_a_run_that_failed_is_requested_again_after_a_while(
    home: Home, server: ArchiveServer, daemon: Daemon
) -> None:
    (request,) = daemon.tick().run_requests
    server.misbehave(faults.status(404), path="/api/v0.1/Download/file", times=1)
    result = daemon.execute(request)
    assert not result.success
    assert in_inbox(home) == [tess_name(20)], "the other one came"
    assert "did not fetch all; it is tried again in 10 min" in daemon.skipped(1)
    (again,) = daemon.tick(700).run_requests
    assert again.run_key != request.run_key
    assert again.tags[LISTED_TAG] == request.tags[LISTED_TAG]
    assert daemon.execute(again).success
    assert in_inbox(home) == [tess_name(10), tess_name(20)]
    assert "All that MAST lists" in daemon.skipped(800)


def test_a_dead_archive_is_named_and_asked_less_and_less(
    home: Home, server: ArchiveServer, daemon: Daemon
) -> None:
    server.misbehave(faults.status(503))
    said = daemon.skipped()
    assert said.startswith("MAST (127.0.0.1:")
    assert said.endswith("MAST is asked again in 10 min.")
    n_asked = len(server.requests)
    assert daemon.skipped(300).startswith("MAST did not answer. MAST is asked again in 5 min")
    assert len(server.requests) == n_asked
    assert daemon.skipped(601).endswith("again in 20 min.")
    assert daemon.skipped(2 * HOUR).endswith("again in 40 min.")
    server.behave()
    (request,) = daemon.tick(3 * HOUR).run_requests
    assert daemon.execute(request).success
    server.end()
    assert "All that MAST lists" in daemon.skipped(3 * HOUR + 60), "everything that is here goes on"


def follow(home: Home, sectors: range, **settings: float) -> None:
    config = home.config_file.read_text().replace(FOLLOWS, f"{FOLLOWS[:-4]}{list(sectors)}\n")
    for name, value in settings.items():
        config = re.sub(rf"^{name} = .*$", f"{name} = {value}", config, flags=re.MULTILINE)
    home.config_file.write_text(config)


def test_slow_answers_end_with_the_patience_and_are_remembered(
    home: Home, server: ArchiveServer, daemon: Daemon
) -> None:
    def slowly(connection: Any, request: Request, server: ArchiveServer) -> None:
        server.ended.wait(0.3)
        connection.say(server.answer(request))

    follow(home, range(1, 11), patience_s=1.2)
    server.misbehave(slowly)
    began = time.monotonic()
    assert daemon.skipped().endswith("MAST is asked again in 10 min.")
    assert time.monotonic() - began < 1.2 + 5
    assert 2 <= len(server.requests) <= 5, "each answer came in time, all together did not"
    assert daemon.skipped(60).startswith("MAST did not answer.")
    server.behave()
    server.misbehave(faults.TRICKLES["body"])
    assert daemon.skipped(601).endswith("again in 20 min.")
    assert time.monotonic() - began < 2 * (1.2 + 5)


def test_much_is_not_looked_at_but_left_to_a_run(home: Home, server: ArchiveServer, daemon: Daemon) -> None:
    follow(home, range(1, 12))
    assert len(daemon.tick().run_requests) == 1
    assert server.requests == []


def test_nothing_is_requested_beside_a_run_in_progress(home: Home, daemon: Daemon) -> None:
    job = build_definitions(home).resolve_job_def(FETCH_JOB)
    run = daemon.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert daemon.skipped() == f"In progress: the run {run.run_id}."
    daemon.instance.report_run_canceled(run)
    assert len(daemon.tick().run_requests) == 1


def test_settings_that_cannot_be_used_are_told(home: Home, daemon: Daemon) -> None:
    home.config_file.write_text(FOLLOWS + "limit = 0\n")
    assert "limit" in daemon.skipped()
