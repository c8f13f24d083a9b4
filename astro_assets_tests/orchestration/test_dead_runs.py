"""Runs of killed processes end, others do not, and none fills the queue."""

from __future__ import annotations

import time
from pathlib import Path

import dagster as dg
import pytest

from astro_assets.definitions import SEARCH_JOB, build_definitions
from astro_assets.ledger.home import Home
from astro_assets.orchestration.dead_runs import end_dead_runs
from astro_assets.orchestration.run_marks import Mark, mark_of, marked
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.marking import marked_by_another

STARTED, FAILED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return homes.new_home(tmp_path / "home")


def started(home: Home, instance: dg.DagsterInstance) -> str:
    job = build_definitions(home).resolve_job_def(SEARCH_JOB)
    return instance.create_run_for_job(job, status=STARTED).run_id


def statuses(instance: dg.DagsterInstance) -> set[dg.DagsterRunStatus]:
    return {record.dagster_run.status for record in instance.get_run_records()}


def test_a_run_ends_when_its_process_is_killed_and_not_before(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = started(home, instance)
        with marked_by_another(home, run_id):
            assert end_dead_runs(instance, home) == []
        assert mark_of(home, run_id) is Mark.LEFT
        assert end_dead_runs(instance, home) == [run_id]
        assert mark_of(home, run_id) is Mark.NONE
        assert statuses(instance) == {FAILED}
        assert end_dead_runs(instance, home) == []


def test_more_killed_runs_than_the_queue_lets_run_do_not_fill_it(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        with marked_by_another(home, *(started(home, instance) for _ in range(12))):
            assert end_dead_runs(instance, home) == []
        assert len(end_dead_runs(instance, home)) == 12
        assert statuses(instance) == {FAILED}


def test_a_run_without_a_mark_is_dead_when_it_was_silent_for_minutes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = started(home, instance)
        assert end_dead_runs(instance, home) == [], "it loads its code"
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 3600)
        assert end_dead_runs(instance, home) == [run_id]


def test_a_long_run_with_a_mark_lives(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = started(home, instance)
        with marked(home, run_id):
            now = time.time
            monkeypatch.setattr(time, "time", lambda: now() + 86_400)
            assert mark_of(home, run_id) is Mark.ALIVE
            assert end_dead_runs(instance, home) == []
        assert statuses(instance) == {STARTED}
