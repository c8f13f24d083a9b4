"""Runs of a home as its instance remembers them: which are in progress, which ended, and why steps failed.

Only reading lives here; what follows from it is decided by the sensors.
"""

import builtins
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import dagster as dg

#: Runs that were never given to a launcher count for nothing: their request is made again under its name.
GIVEN: Final = [status for status in dg.DagsterRunStatus if status is not dg.DagsterRunStatus.NOT_STARTED]
ENDED: Final = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
GOING_ON: Final = [status for status in GIVEN if status not in ENDED]
#: Failures of the machine, by the name of the error: the same may succeed a little later.
_PASSING: Final = frozenset(
    {cls.__name__ for cls in vars(builtins).values() if isinstance(cls, type) and issubclass(cls, OSError)}
    | {
        "BrokenProcessPool", "ConflictError", "CorruptStoreError", "DagsterExecutionInterruptedError",
        "DamagedTableError", "InboxBusyError", "InboxStateError", "LostTableError", "MemoryError",
        "OperationalError", "SourceChangedError",
        "StoreError", "WorkerLostError",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended.

    Attributes
    ----------
    at
        When, in seconds since 1970.
    failed
        Steps that failed by what they were given, each with what it said: the same again would fail again.
    succeeded
        Steps that did not fail.
    """

    run_id: str
    at: float
    failed: dict[str, str]
    succeeded: frozenset[str]


def repository_of(context: dg.SensorEvaluationContext) -> dg.RepositoryDefinition:
    """Return the definitions that a sensor is evaluated with."""
    if context.repository_def is None:
        raise ValueError("the sensor is evaluated outside a code location")
    return context.repository_def


def job_assets(repository: dg.RepositoryDefinition, job: str) -> set[dg.AssetKey]:
    """Return the assets of a job."""
    return set(repository.get_job(job).asset_layer.selected_asset_keys)


def going_on(instance: dg.DagsterInstance, *, beside: Collection[str] = ()) -> str | None:
    """Return the id of a run in progress, if there is one; none of the jobs named."""
    for record in instance.get_run_records(dg.RunsFilter(statuses=GOING_ON)):
        if record.dagster_run.job_name not in beside:
            return record.dagster_run.run_id
    return None


def ended_since(instance: dg.DagsterInstance, moment: float, *, limit: int) -> Iterator[Ended]:
    """Yield the runs that ended after a moment, oldest first; the last ones where they are many."""
    filters = dg.RunsFilter(statuses=ENDED, updated_after=datetime.fromtimestamp(moment, UTC))
    records = instance.get_run_records(filters, limit=limit, order_by="update_timestamp")
    for record in reversed(records):
        run = record.dagster_run
        steps = {stat.step_key for stat in instance.get_run_step_stats(run.run_id)
                 if stat.status is not None and stat.status.value == "SUCCESS"}  # fmt: skip
        failed = {}
        if run.status is not dg.DagsterRunStatus.SUCCESS:
            for event in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
                name, said = cause(event.get_dagster_event())
                if name not in _PASSING:
                    failed[str(event.step_key)] = said
        yield Ended(run.run_id, record.update_timestamp.timestamp(), failed, frozenset(steps))


def was_killed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Tell whether a run failed without a step that did."""
    failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return run.status is dg.DagsterRunStatus.FAILURE and not failures


def cause(event: dg.DagsterEvent) -> tuple[str, str]:
    """Return the name and text of the error that a step raised.

    Not what Dagster wraps it in, nor what it was made from.
    """
    error = event.step_failure_data.error
    while error is not None and error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    return ("", "failed") if error is None else (error.cls_name or "", error.message.strip())
