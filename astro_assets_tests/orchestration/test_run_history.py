"""The history of runs: Dagster's own files, written without opening them for every event."""

import threading
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.variables import environment
from astro_assets.orchestration.instance import BATCHED_EVENTS, open_instance
from astro_assets.orchestration.run_history import RunHistory

DAGSTERS_OWN = RunHistory.__base__
PARTITIONS = dg.StaticPartitionsDefinition(["0", "1", "2"])
RANGE = {"dagster/asset_partition_range_start": "0", "dagster/asset_partition_range_end": "2"}


with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.BetaWarning)
    all_at_once = dg.asset(
        partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.single_run(), code_version="1"
    )


@all_at_once
def numbers(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    for key in context.partition_keys:
        context.add_asset_metadata({"number": int(key)}, partition_key=key)
    return dg.MaterializeResult()


@dg.asset_check(asset=numbers)
def they_count() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=4)


def materialized(instance: dg.DagsterInstance) -> str:
    job = dg.Definitions(assets=[numbers], asset_checks=[they_count]).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, tags=RANGE)
    assert result.success
    return result.run_id


def what_is_told(instance: dg.DagsterInstance, run_id: str) -> object:
    """Return what people and Dagster's daemon can find out about a run, without times and numbers."""
    records = instance.get_records_for_run(run_id).records
    kinds = Counter(r.event_log_entry.dagster_event_type for r in records)
    (key,) = {numbers.key}
    events = instance.fetch_materializations(key, limit=10).records
    done = sorted((e.partition_key, e.asset_materialization.metadata["number"].value) for e in events)
    versions = {e.asset_materialization.tags["dagster/data_version"] for e in events}
    storage = instance.event_log_storage
    tags = storage.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, ["dagster/data_version"]
    )
    (check,) = storage.get_asset_check_execution_history(dg.AssetCheckKey(key, "they_count"), limit=10)
    (last,) = instance.get_asset_records([key])
    return (
        kinds, done, versions, tags, check.status, check.run_id == run_id,
        storage.get_materialized_partitions(key), last.asset_entry.last_run_id == run_id,
        {e.run_id for e in events} == {run_id},
    )  # fmt: skip


def test_what_is_stored_together_is_what_dagster_stores_one_by_one(home: Home, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with dg.DagsterInstance.from_config(str(tmp_path / "plain")) as plain:
        assert type(plain.event_log_storage) is DAGSTERS_OWN
        expected = what_is_told(plain, materialized(plain))
    with environment(BATCHED_EVENTS), open_instance(home) as instance:
        assert type(instance.event_log_storage) is RunHistory
        run_id = materialized(instance)
        assert what_is_told(instance, run_id) == expected
    with open_instance(home) as instance:
        assert what_is_told(instance, run_id) == expected


def test_events_are_stored_once_though_the_index_fails_on_the_way(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    with dg.DagsterInstance.from_config(str(tmp_path / "plain")) as plain:
        expected = what_is_told(plain, materialized(plain))
    in_index, failures = RunHistory._store_in_index, iter([OSError("the disk is full for a moment")])

    def failing_once(self: RunHistory, events: Any, rows: Any) -> None:
        if failure := next(failures, None):
            raise failure
        in_index(self, events, rows)

    monkeypatch.setattr(RunHistory, "_store_in_index", failing_once)
    with environment(BATCHED_EVENTS), open_instance(home) as instance:
        assert what_is_told(instance, materialized(instance)) == expected
    assert next(failures, None) is None


def test_dagsters_own_storage_reads_the_files_and_goes_on_with_them(home: Home) -> None:
    with environment(BATCHED_EVENTS), open_instance(home) as instance:
        run_id = materialized(instance)
        told = what_is_told(instance, run_id)
    settings = home.dagster / "dagster.yaml"
    settings.write_text(settings.read_text().partition("event_log_storage:")[0] + "# mine\n")
    with open_instance(home) as instance:
        assert type(instance.event_log_storage) is DAGSTERS_OWN
        assert what_is_told(instance, run_id) == told
        materialized(instance)


def test_events_are_seen_by_others_at_once_and_do_not_wait_for_the_disk(home: Home) -> None:
    with open_instance(home) as instance, open_instance(home) as other:
        run_id = materialized(instance)
        assert what_is_told(other, run_id) == what_is_told(instance, run_id)
        with instance.event_log_storage.index_connection() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 1  # NORMAL
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert not list(home.dagster.rglob("*-wal")), "closing leaves plain databases"


def test_who_watches_a_run_is_told_of_its_events_while_it_goes_on(home: Home) -> None:
    seen: list[str | None] = []
    came, told = threading.Event(), threading.Event()

    def callback(entry: dg.EventLogEntry, _cursor: str) -> None:
        seen.append(entry.dagster_event_type and entry.dagster_event_type.value)
        told.set()

    @dg.op
    def watched(context: dg.OpExecutionContext) -> None:
        with open_instance(home) as other:
            other.watch_event_logs(context.run_id, None, callback)
            context.log.info("an event")
            if told.wait(20):
                came.set()
            other.event_log_storage.end_watch(context.run_id, callback)

    @dg.job
    def job() -> None:
        watched()

    with open_instance(home) as instance:
        assert job.execute_in_process(instance=instance).success
    assert came.is_set()
    assert "STEP_START" in seen


def test_few_databases_are_kept_open_however_many_runs_there_are(home: Home) -> None:
    with open_instance(home) as instance:
        runs = [materialized(instance) for _ in range(10)]
        opened = {path.resolve() for path in Path("/proc/self/fd").iterdir()}
        kept = [path for path in opened if path.suffix == ".db" and path.parent.name == "runs"]
        assert len(kept) == 8
        assert all(instance.get_records_for_run(run_id).records for run_id in runs)


def test_a_wiped_history_is_empty_and_fills_again(home: Home) -> None:
    with open_instance(home) as instance:
        run_id = materialized(instance)
        instance.event_log_storage.wipe()
        assert not instance.get_records_for_run(run_id).records
        assert instance.get_records_for_run(materialized(instance)).records


def test_a_home_that_was_moved_takes_its_history_along(home: Home, tmp_path: Path) -> None:
    with open_instance(home) as instance:
        run_id = materialized(instance)
    home.root.rename(tmp_path / "moved")
    with open_instance(open_home(tmp_path / "moved")) as instance:
        assert instance.get_records_for_run(run_id).records
    assert not home.root.exists()
