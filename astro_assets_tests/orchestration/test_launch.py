"""A job run by the command line: what it returns when a step fails, and that the next run goes on."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import dagster as dg
import psutil
import pytest

from astro_assets import definitions
from astro_assets.definitions import SEARCH_JOB, build_definitions
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.launch import run_job
from astro_assets.orchestration.resources import engine_resource
from astro_assets.tables import TABLES
from astro_assets_tests.cli.commands import astro_assets, session_of, started, wait_for_end, wait_until
from astro_assets_tests.ledger.places import array_path, file_path
from astro_assets_tests.orchestration import homes

#: Makes the candidates stale and leaves them as they are.
NEW_SETTING = "[transits.transit_candidates]\ndetection_threshold = 7.2\n"


@pytest.fixture
def home(searched_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(searched_home, tmp_path / "home")


def search(home: Home) -> tuple[str, list[str]]:
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    try:
        return run_job(build_definitions(home, engine), SEARCH_JOB, home, {})
    finally:
        engine.close()


def object_of(home: Home, key: str) -> Path:
    """Return the file that holds a star's detrended curve."""
    ledger = homes.ledger_of(home)
    rows = homes.units(home, "detrended_light_curves", "light_curve")
    (digest,) = dict(rows.rows())[key]
    return array_path(ledger.objects, digest)


def test_a_run_that_succeeds_has_no_failures_and_shows_in_the_instance(home: Home) -> None:
    run_id, failures = search(home)
    assert failures == []
    with open_instance(home) as instance:
        run = instance.get_run_by_id(run_id)
    assert run is not None
    assert (run.job_name, run.is_success) == (SEARCH_JOB, True)


def test_a_lost_object_fails_its_step_with_its_cause_until_it_is_restored(home: Home) -> None:
    home.config_file.write_text(NEW_SETTING)
    lost = object_of(home, "KIC 101")
    kept = lost.read_bytes()
    lost.unlink()
    before, versions = homes.contents(home), homes.versions(home)

    run_id, failures = search(home)

    (failure,) = failures
    assert failure.startswith("transits__transit_candidates: ")
    assert f"{lost} is missing; restore it" in failure
    assert "Stack Trace" not in failure
    assert (homes.versions(home), homes.contents(home)) == (versions, before), "nothing was committed"
    with open_instance(home) as instance:
        run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.is_failure

    result = astro_assets("run", home=home)
    assert result.returncode == 1
    assert "failed transits__transit_candidates: " in result.stderr
    assert f"{lost} is missing" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Stack Trace" not in result.stderr

    lost.write_bytes(kept)
    assert search(home)[1] == []
    after = homes.contents(home)
    assert {name for name in homes.CHAIN if after[name] != before[name]} == {"transits/transit_candidates"}
    rows = [
        {key: line[-1] for key, line in of["transits/transit_candidates"].items()} for of in (before, after)
    ]
    assert rows[0] == rows[1]


def test_a_damaged_raw_file_is_an_error_that_names_it_until_it_is_taken_in_again(
    home: Home, tmp_path: Path
) -> None:
    home.config_file.write_text("[observations.light_curves]\nflux_column = 'SAP_FLUX'\n")
    source = min(home.inbox.glob("*.fits"))
    file = file_path(homes.ledger_of(home).objects, sha256_of(source))
    kept_elsewhere = source.rename(tmp_path / source.name)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    before = homes.contents(home)
    (failure,) = search(home)[1]
    assert failure.startswith("observations__light_curves: ")
    assert f"{file} is damaged" in failure
    assert homes.contents(home) == before
    kept_elsewhere.rename(source)
    assert search(home)[1] == []


def workers_of(leader: int) -> list[psutil.Process]:
    """Return the processes that compute: children of the fork server, itself a child of the command."""
    found = []
    for process in session_of(leader):
        with suppress(psutil.NoSuchProcess):
            parent = process.parent()
            if parent is not None and leader not in (parent.pid, process.pid):
                found.append(process)
    return found


def test_a_killed_worker_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", *homes.STARS)
    output = tmp_path / "stderr"
    with (
        output.open("wb") as stream,
        started("run", home=home, stderr=stream, ASTRO_ASSETS_WORKERS="2") as run,
    ):
        wait_until(lambda: workers_of(run.pid) or run.poll() is not None)
        for worker in workers_of(run.pid):
            with suppress(psutil.NoSuchProcess):
                worker.send_signal(signal.SIGKILL)
        code = run.wait(timeout=120)
    assert code == 1
    printed = output.read_text()
    assert "a worker process died" in printed
    assert "ASTRO_ASSETS_WORKERS" in printed
    assert "Traceback" not in printed
    assert not wait_for_end(run.pid)
    assert search(home)[1] == []


def test_an_interrupted_run_says_so_and_the_next_one_goes_on(
    home: Home, searched_home: Home, tmp_path: Path
) -> None:
    homes.star_file(home.inbox / "star103.fits", 103)
    homes.star_file(home.inbox / "star104.fits", 104)
    output, before = tmp_path / "stderr", homes.versions(home)[RAW_FILES.name]
    with (
        output.open("wb") as stream,
        started("run", home=home, stderr=stream, ASTRO_ASSETS_WORKERS="2") as run,
    ):
        wait_until(lambda: homes.versions(home)[RAW_FILES.name] > before or run.poll() is not None)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        code = run.wait(timeout=120)
    printed = output.read_text()
    assert code == 1, printed[-3000:]
    assert "interrupted" in printed
    ours = str(Path(definitions.__file__).parent)
    assert ours not in printed, "no stack trace of ours; Dagster's watcher of the logs prints one"
    assert not wait_for_end(run.pid)
    assert search(home)[1] == []
    targets = {target for target, *_ in homes.contents(home)["transits/transit_candidates"].values()}
    assert targets == {f"KIC {n}" for n in (*homes.STARS, 103, 104)}


@dg.asset
def thing() -> None:
    """Be there, for checks."""


@dg.asset_check(asset=thing)
def suspicious() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)


@dg.asset_check(asset=thing)
def wrong() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, description="1 of 3 units.")


class Finalized:
    """Where an interrupt comes while this goes, Python cannot raise it."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@dg.asset(required_resource_keys={"engine"})
def finalizing() -> None:
    """Take long, and be interrupted where Python only prints that."""
    thing = Finalized()
    del thing
    time.sleep(60)


@dg.asset(required_resource_keys={"engine"})
def deaf() -> None:
    """Take long, and be terminated where a library takes that for a failure of its own."""
    with suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)
    time.sleep(60)


TIDIED: list[str] = []


@dg.asset(required_resource_keys={"engine"})
def tidy() -> None:
    """Be interrupted, and take longer over what is to be done then than a repeated interrupt waits."""
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        with suppress(FileNotFoundError):
            Path("is not there").stat()
        time.sleep(5)
        TIDIED.append("to the end")


def test_what_an_interrupt_makes_a_run_do_is_not_interrupted(tmp_path: Path) -> None:
    assert interrupting(tmp_path, tidy) == ["tidy: interrupted; the next run goes on from here"]
    assert TIDIED == ["to the end"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("asset", [finalizing, deaf])
def test_an_interrupt_that_is_lost_ends_the_run_nevertheless(
    tmp_path: Path, asset: dg.AssetsDefinition
) -> None:
    name = asset.key.to_user_string()
    assert interrupting(tmp_path, asset) == [f"{name}: interrupted; the next run goes on from here"]


def interrupting(tmp_path: Path, asset: dg.AssetsDefinition) -> list[str]:
    """Run an asset with the engine of a new home, and return what failed."""
    home = open_home(tmp_path / "home", n_shards=2)
    given = {"engine": engine_resource(Engine(home, TABLES, compute=LocalProcesses(1)))}
    jobs = [dg.define_asset_job("all", dg.AssetSelection.all())]
    definitions = dg.Definitions(assets=[asset], jobs=jobs, resources=given)
    return run_job(definitions, "all", home, {})[1]


def test_a_warning_is_no_failure(tmp_path: Path) -> None:
    jobs = [dg.define_asset_job("all", dg.AssetSelection.all())]
    definitions = dg.Definitions(assets=[thing], asset_checks=[suspicious, wrong], jobs=jobs)
    _, failures = run_job(definitions, "all", open_home(tmp_path / "home", n_shards=2), {})
    assert failures == ["thing breaks the check wrong: 1 of 3 units."]
