"""`astro-assets ui` as a process: who can reach it, what it shows, that a search started in it works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from astro_assets.definitions import SEARCH_JOB
from astro_assets.ledger.home import Home, open_home
from astro_assets.orchestration.instance import LOCATION
from astro_assets.orchestration.shards import partition_keys
from astro_assets.tables import TABLES
from astro_assets.transits.tables import TRANSIT_CANDIDATES
from astro_assets_tests.cli.commands import astro_assets, kill_session, session_of, started, wait_for_end
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.test_table_assets import MODELS, VIEWS
from astro_assets_tests.servers import free_port

_ASSETS = """
{ assetNodes { assetKey { path } groupName isPartitioned repository { location { name } } } }
"""
_LAUNCH = """
mutation($parameters: ExecutionParams!) {
  launchRun(executionParams: $parameters) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_TERMINATE = "mutation($id: String!) { terminateRun(runId: $id) { __typename } }"
_STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


class Ui:
    """A running UI of a home."""

    def __init__(self, home: Home, port: int) -> None:
        self.home = home
        self.port = port
        self.process: subprocess.Popen[bytes] = started("ui", "--port", str(port), home=home)

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data that GraphQL answers with."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            assert self.process.poll() is None, "the UI ended by itself"
            with suppress(OSError):
                self.ask("{ version }")
                return
            time.sleep(0.3)
        raise AssertionError("the UI does not answer")

    def launch(self, n_targets: int) -> str:
        """Start the search over all shards, as the UI does, and return the run's id."""
        keys = partition_keys(self.home, range(self.home.n_shards))
        tags = {"asset_partition_range_start": keys[0], "asset_partition_range_end": keys[-1]}
        selector = {
            "repositoryLocationName": LOCATION,
            "repositoryName": "__repository__",
            "jobName": SEARCH_JOB,
        }
        config = {"ops": {"observations__simulated_truth": {"config": {"n_targets": n_targets}}}}
        tag_list = [{"key": f"dagster/{key}", "value": value} for key, value in tags.items()]
        parameters = {
            "selector": selector,
            "runConfigData": config,
            "executionMetadata": {"tags": tag_list},
        }
        answer = self.ask(_LAUNCH, parameters=parameters)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run_id: str = answer["run"]["runId"]
        return run_id

    def status_of(self, run_id: str) -> str:
        status: str = self.ask(_STATUS, id=run_id)["runOrError"]["status"]
        return status

    def wait_for_run(self, run_id: str) -> str:
        """Wait for a run to end and return its status."""
        until = time.monotonic() + 240
        while time.monotonic() < until:
            status = self.status_of(run_id)
            if status in ("SUCCESS", "FAILURE", "CANCELED"):
                return status
            time.sleep(0.5)
        return "still going on"


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """Serve the UI of a new home to the tests of this module, the last of which ends it."""
    home = open_home(tmp_path_factory.mktemp("ui") / "home", n_shards=homes.N_SHARDS)
    with serving(home) as ui:
        yield ui


@contextmanager
def serving(home: Home) -> Iterator[Ui]:
    """Serve the UI of a home on a free port, and end all of it, whatever happens."""
    port = free_port()
    ui = Ui(home, port)
    try:
        ui.wait_until_it_answers()
        yield ui
    finally:
        kill_session(ui.process.pid)
        ui.process.wait()


def test_it_shows_every_asset_under_its_location(ui: Ui) -> None:
    nodes = ui.ask(_ASSETS)["assetNodes"]
    shown = {"/".join(node["assetKey"]["path"]): node for node in nodes}
    wings = ("catalogs", "observations", "images", "xray", "transits")
    expected = {t.name: t.is_by_target for t in TABLES if t.name.partition("/")[0] in wings}
    expected |= dict.fromkeys((*VIEWS, *MODELS), False)
    assert set(shown) == set(expected)
    for name, node in shown.items():
        assert node["repository"]["location"]["name"] == LOCATION
        assert node["groupName"] == name.partition("/")[0]
        assert node["isPartitioned"] == expected[name]


def test_only_this_machine_can_reach_it(ui: Ui) -> None:
    listening = set()
    for process in session_of(ui.process.pid):
        with suppress(psutil.NoSuchProcess):
            for connection in process.net_connections(kind="inet"):
                if connection.status == psutil.CONN_LISTEN:
                    listening.add((connection.laddr.ip, connection.laddr.port))
    assert ("127.0.0.1", ui.port) in listening
    assert {ip for ip, _ in listening} <= {"127.0.0.1", "::1"}


def test_a_search_started_in_it_is_what_the_commands_show(ui: Ui) -> None:
    before = set(session_of(ui.process.pid))
    run_id = ui.launch(n_targets=3)
    assert ui.wait_for_run(run_id) == "SUCCESS"

    result = astro_assets("candidates", "--format", "json", home=ui.home)
    rows = json.loads(result.stdout)
    found = homes.ledger_of(ui.home).open(TRANSIT_CANDIDATES).rows(["target_id", "is_detected"])
    detected = set(found.filter("is_detected").collect()["target_id"])
    assert {row["target_id"] for row in rows} == detected
    assert detected, "one of the first three simulated stars has a planet that the search finds"
    assert len(homes.units(ui.home, "transit_candidates")) == 3
    assert set(homes.units(ui.home, "transit_candidates", "run_id")["run_id"]) == {run_id}
    state = astro_assets("stale", "--format", "json", home=ui.home)
    assert json.loads(state.stdout)["entries"] == []

    until = time.monotonic() + 30
    while (left := processes_of_runs(ui, before)) and time.monotonic() < until:
        time.sleep(0.2)
    assert not left, "the run's process and its workers end with the run"


def test_a_run_that_is_terminated_in_it_ends_and_the_command_goes_on(ui: Ui) -> None:
    run_id = ui.launch(n_targets=60)
    until = time.monotonic() + 120
    while ui.status_of(run_id) != "STARTED" and time.monotonic() < until:
        time.sleep(0.2)
    assert ui.ask(_TERMINATE, id=run_id)["terminateRun"]["__typename"] == "TerminateRunSuccess"
    assert ui.wait_for_run(run_id) == "CANCELED"
    assert astro_assets("run", home=ui.home).returncode == 0


def test_an_interrupt_from_the_terminal_ends_all_of_it(ui: Ui) -> None:
    leader = ui.process.pid
    assert len(session_of(leader)) >= 3, "a server, a daemon, and the code location"
    os.killpg(leader, signal.SIGINT)
    ui.process.wait(timeout=60)
    assert not wait_for_end(leader, seconds=60)


def test_termination_ends_all_of_it_with_a_run_going_on(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", *homes.STARS)
    with serving(home) as ui:
        before = set(session_of(ui.process.pid))
        ui.launch(n_targets=0)
        until = time.monotonic() + 60
        while not processes_of_runs(ui, before) and time.monotonic() < until:
            time.sleep(0.05)
        assert processes_of_runs(ui, before)
        ui.process.terminate()
        ui.process.wait(timeout=60)
        assert not wait_for_end(ui.process.pid, seconds=90)
    assert astro_assets("run", home=home).returncode == 0
    assert len(homes.units(home, "transit_candidates")) == len(homes.STARS)


def processes_of_runs(ui: Ui, before: set[psutil.Process]) -> list[str]:
    """Return the command lines of processes that came after; a code server keeps its resource tracker."""
    lines = []
    for process in set(session_of(ui.process.pid)) - before:
        with suppress(psutil.NoSuchProcess):
            lines.append(" ".join(process.cmdline()))
    return [line for line in lines if "resource_tracker" not in line]
