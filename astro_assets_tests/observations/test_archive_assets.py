"""The asset that fetches: what is named in a run's configuration, what it records, and when its run fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import FETCH_JOB, REFRESH_JOB, SEARCH_JOB, build_definitions
from astro_assets.ledger.home import Home
from astro_assets.observations.tables import ARCHIVE_PRODUCTS
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.tables import TABLES
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.held_stars import home_with, small_mast
from astro_assets_tests.archives.serving import ArchiveServer, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ArchiveServer]:
    with serving(small_mast(tmp_path / "held", 10, 20, 30).routes()) as served:
        yield served


@pytest.fixture
def home(server: ArchiveServer, tmp_path: Path) -> Home:
    return home_with(server, tmp_path / "home")


def run(home: Home, **config: Any) -> dg.ExecuteInProcessResult:
    job = build_definitions(home, Engine(home, TABLES)).resolve_job_def(FETCH_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            run_config={
                "ops": {"observations__archive_products": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            raise_on_error=False,
        )


def recorded(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node("observations__archive_products")
    return {name: value.value for name, value in event.metadata.items()}


def test_nothing_leaves_the_machine_unless_something_is_named(home: Home, server: ArchiveServer) -> None:
    result = run(home)
    assert result.success
    assert recorded(result)["files_fetched"] == 0
    assert server.requests == []


def test_what_is_named_is_fetched_and_counted(home: Home) -> None:
    result = run(home, segments=[7], limit=2)
    assert result.success
    told = recorded(result)
    assert (told["files_fetched"], told["files_here_before"], told["files_failed"]) == (2, 0, 0)
    told = recorded(run(home, targets=["tic 10", "TIC 30", "TIC 99"]))
    assert (told["files_fetched"], told["files_here_before"], told["targets_without_files"]) == (1, 1, 1)


def test_a_run_that_lacks_a_file_fails_and_keeps_the_others(home: Home, server: ArchiveServer) -> None:
    server.misbehave(faults.status(404), path="/api/v0.1/Download/file", times=1)
    result = run(home, segments=[7])
    assert not result.success
    assert recorded(result)["files_fetched"] == 2
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    assert "1 of 3 files did not come" in str(failure.step_failure_data.error)


def test_other_jobs_fetch_nothing(home: Home) -> None:
    definitions = build_definitions(home)
    for name in (SEARCH_JOB, REFRESH_JOB):
        selected = definitions.resolve_job_def(name).asset_layer.selected_asset_keys
        assert asset_key(ARCHIVE_PRODUCTS) not in selected
