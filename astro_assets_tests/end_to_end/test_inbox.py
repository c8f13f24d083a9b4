"""A file dropped into the inbox while Dagster's own daemon is killed comes in, once."""

from __future__ import annotations

import time
from pathlib import Path

import dagster as dg
import pytest

from astro_assets.definitions import REFRESH_JOB
from astro_assets.ledger.home import Home
from astro_assets.ledger.staleness import stale
from astro_assets.observations.sensors import REQUEST_TAG
from astro_assets.orchestration.inbox import Inbox
from astro_assets.orchestration.inbox_state import fact, reading
from astro_assets.orchestration.instance import open_instance
from astro_assets_tests.cli.commands import wait_until
from astro_assets_tests.end_to_end.serving import daemon
from astro_assets_tests.orchestration import homes


def request_of(home: Home) -> str | None:
    with reading(Inbox(home).path) as state:
        return None if state is None else fact(state, "request")


def statuses(instance: dg.DagsterInstance) -> list[dg.DagsterRunStatus]:
    return [run.status for run in instance.get_runs(dg.RunsFilter(job_name=REFRESH_JOB))]


@pytest.mark.slow
def test_a_file_comes_in_once_though_everything_is_killed_after_its_request(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", 100)
    Inbox(
        home, clock=lambda: time.time_ns() - 60 * 10**9
    ).look()  # so that the daemon's first look is the second
    with daemon(home):
        wait_until(lambda: request_of(home) is not None, 120)
    assert homes.units(home, "raw_files").is_empty()
    request = request_of(home)
    with daemon(home), open_instance(home) as instance:
        wait_until(lambda: dg.DagsterRunStatus.SUCCESS in statuses(instance), 180, pause=0.5)
        assert statuses(instance) == [dg.DagsterRunStatus.SUCCESS]
        (run,) = instance.get_runs(dg.RunsFilter(job_name=REFRESH_JOB))
        assert run.tags[REQUEST_TAG] == request, "it was one request"
    assert homes.units(home, "raw_files").height == 1
    assert homes.units(home, "transit_candidates")["key"].to_list() == ["KIC 100"]
    assert homes.units(home, "folded_views")["key"].is_unique().all()
    assert stale(homes.ledger_of(home)).entries.is_empty()
    written = {name: version for name, version in homes.versions(home).items() if name in homes.CHAIN}
    assert set(written.values()) == {1}, "each table was made, and written to once"
