"""The sensor that keeps everything up to date: it compares what is there with what should be.

Level-triggered: whatever happened to earlier requests, the next look finds what is missing. What is out of
date is the ledger's matter; here that becomes requests for runs, one at a time, and failed ones again at the
right moment.
"""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

import dagster as dg

from astro_assets.ledger.due import Due, due
from astro_assets.ledger.home import Home, HomeError
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.plan import PlanError
from astro_assets.ledger.running import SourceChangedError
from astro_assets.orchestration.dead_runs import end_dead_runs
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.refresh_state import (
    State,
    after_ended_runs,
    divided,
    fingerprint,
    remembered,
)
from astro_assets.orchestration.runs import ENDED, going_on, job_assets, repository_of, was_killed
from astro_assets.orchestration.shards import partition_keys
from astro_assets.orchestration.table_assets import RECORDS_CHANGES, asset_key

#: Tag of the runs that the sensor asks for: what they are to come to.
DESIRED_TAG: Final = "astro_assets/desired"
INTERVAL_S: Final = 10
#: Longest look, in seconds: Dagster gives a sensor 60.
_LOOK_S: Final = 40.0
#: Units of one run; the rest is for the next, so that new files need not wait for all of it.
MOST_UNITS: Final = 5_000
#: A run that was killed is asked for again at once; after that, and where a step failed, with a pause.
_PAUSE_S: Final = 60.0
_LONGEST_PAUSE_S: Final = 24 * 3600.0


def stale_results(
    home: Home,
    engine: Engine,
    job: str,
    *,
    asked_for: Callable[[Ledger], Collection[str]],
    beside: Collection[str] = (),
) -> dg.SensorDefinition:
    """Return the sensor.

    Parameters
    ----------
    job
        The job whose assets it keeps up to date.
    asked_for
        Tells which of the tables made on demand count.
    beside
        Jobs whose runs it does not wait for.
    """

    @dg.sensor(
        name="stale_results",
        job_name=job,
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Brings up to date what is not, whatever made it so: settings, code, catalogues, a "
        "promoted model, a run that failed. One run at a time, of just the tables and shards it is about. "
        "What failed by what it was given waits until that changes; other failures are tried again.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.RunRequest:
        end_dead_runs(context.instance, home)
        if run_id := going_on(context.instance, beside=beside):
            return dg.SkipReason(f"Looked at again after the run {run_id}.")
        state = remembered(context.cursor)
        try:
            state, answer = _look(context, home, engine, job, state, asked_for)
        except SourceChangedError:
            return dg.SkipReason(
                "The package's files have changed: load the definitions again (Deployment, Reload)."
            )
        except (HomeError, PlanError, OSError) as error:
            return dg.SkipReason(f"What is out of date cannot be told now: {error}")
        context.update_cursor(state.model_dump_json())
        return answer

    return sensor


def _look(
    context: dg.SensorEvaluationContext,
    home: Home,
    engine: Engine,
    job: str,
    state: State,
    asked_for: Callable[[Ledger], Collection[str]],
) -> tuple[State, dg.SkipReason | dg.RunRequest]:
    """Look at what has changed; return what to remember, and what to do."""
    until, ledger = time.monotonic() + _LOOK_S, engine.ledger()
    now = fingerprint(home, (table.name for table in ledger.tables))
    state = after_ended_runs(context.instance, ledger, state)
    is_time = state.again_at is not None and time.time() >= state.again_at
    if now and now == state.looked and not is_time:
        return state, dg.SkipReason(state.said)
    waiting, again = divided(ledger, state.waiting)
    found = due(
        ledger, asked_for=asked_for(ledger), waiting=waiting, again=again, most=MOST_UNITS, until=until
    )
    waits = f" Waiting for other data, code or settings: {', '.join(sorted(waiting))}." if waiting else ""
    if not found.units and not again:
        return _looked(state, now, f"Up to date.{waits}")
    try:
        run_key = _run_key(context.instance, found.desired)
    except _NotNowError as error:
        return _looked(state, now, f"{_sentence(found)} {error}{waits}", error.until)
    assets = _assets(repository_of(context), job, engine, found.tables)
    request = _run_request(home, found, assets, run_key)
    return state.model_copy(update={"looked": ""}), request


def _looked(state: State, now: str, said: str, again_at: float | None = None) -> tuple[State, dg.SkipReason]:
    done = state.model_copy(update={"looked": now, "again_at": again_at, "said": said})
    return done, dg.SkipReason(said)


class _NotNowError(Exception):
    """What is due is not to be requested before a moment, or before anything has changed."""

    def __init__(self, said: str, until: float | None = None) -> None:
        super().__init__(said)
        self.until = until


def _run_key(instance: dg.DagsterInstance, desired: str) -> str:
    """Return the name of the next run for what is desired; one that was not started has it still.

    Raises
    ------
    _NotNowError
        If the last such run failed a moment ago, or if one succeeded and it is still desired.
    """
    records = instance.get_run_records(dg.RunsFilter(tags={DESIRED_TAG: desired}, statuses=ENDED))
    if any(record.dagster_run.is_success for record in records):
        raise _NotNowError("A run for that has succeeded and changed nothing; the next change is awaited.")
    if records:
        last = max(records, key=lambda record: record.update_timestamp)
        again_at = last.update_timestamp.timestamp() + _pause_s(instance, last.dagster_run, len(records))
        if time.time() < again_at:
            moment = datetime.fromtimestamp(again_at, UTC)
            raise _NotNowError(
                f"The run for that failed; it is tried again at {moment:%H:%M:%S} UTC.", again_at
            )
    return f"{desired[:16]}-{len(records)}"


def _pause_s(instance: dg.DagsterInstance, last: dg.DagsterRun, n_failed: int) -> float:
    """Return how long to wait after the last of some runs for the same that failed, in seconds."""
    if n_failed == 1 and was_killed(instance, last):
        return 0.0
    return min(_PAUSE_S * 2.0 ** (n_failed - 1), _LONGEST_PAUSE_S)


def _assets(
    repository: dg.RepositoryDefinition, job: str, engine: Engine, tables: Collection[str]
) -> list[dg.AssetKey]:
    """Return the assets of tables, and of what only shows such: assets of the job that are no tables."""
    of_job = job_assets(repository, job)
    views = of_job - {asset_key(table) for table in engine.tables}
    chosen = {asset_key(table) for table in engine.tables if table.name in tables} & of_job
    graph = repository.asset_graph
    for key in graph.toposorted_asset_keys:
        if key in views and graph.get(key).parent_keys & chosen:
            chosen.add(key)
    return sorted(chosen)


def _run_request(home: Home, found: Due, assets: list[dg.AssetKey], run_key: str) -> dg.RunRequest:
    shards = range(home.n_shards) if found.shards is None else sorted(found.shards)
    keys = partition_keys(home, shards)
    return dg.RunRequest(
        run_key=run_key,
        asset_selection=assets,
        tags={
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
            RECORDS_CHANGES: "true",
            DESIRED_TAG: found.desired,
        },
    )


def _sentence(found: Due) -> str:
    return f"{sum(found.units.values()):,} units of {len(found.units)} tables are out of date."
