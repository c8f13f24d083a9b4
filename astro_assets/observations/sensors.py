"""The observation wing's sensor: files dropped into the inbox come in by themselves.

What is new and complete is found by the inbox; here that is only turned into requests for runs.
"""

import time
from collections.abc import Callable, Collection, Sequence

import dagster as dg

from astro_assets.ledger.home import Home, HomeError
from astro_assets.observations.tables import RAW_FILES, SIMULATED_TRUTH
from astro_assets.orchestration.dead_runs import end_dead_runs
from astro_assets.orchestration.inbox import Became, Inbox, Look
from astro_assets.orchestration.inbox_scan import APART_NS
from astro_assets.orchestration.inbox_state import InboxBusyError
from astro_assets.orchestration.runs import GIVEN, GOING_ON, job_assets, repository_of, was_killed
from astro_assets.orchestration.shards import partition_keys
from astro_assets.orchestration.table_assets import RECORDS_CHANGES, asset_key

#: Tag of the runs that take in what the sensor found.
REQUEST_TAG = "astro_assets/inbox_request"
_INTERVAL_S = 10


def sensors(
    home: Home, job: str, others: Collection[str], left_out: Callable[[], Collection[dg.AssetKey]]
) -> list[dg.SensorDefinition]:
    """Return the wing's sensors for a home.

    Parameters
    ----------
    job
        The job that takes files in and brings everything up to date.
    others
        Jobs that do so too: their runs are waited for.
    left_out
        Returns those of the job's assets that nobody asked for.
    """
    jobs = {job, *others}

    @dg.sensor(
        name="new_observations",
        job_name=job,
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Takes in the files that are dropped into the home's `inbox`, once they are complete: of "
        "the same size and time of change at two looks, which are six seconds apart. Every ten minutes it "
        "looks at every single file, to find what was overwritten in place.",
    )
    def new_observations(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.RunRequest:
        end_dead_runs(context.instance, home)
        inbox = Inbox(home)
        try:
            look = inbox.look()
            if look.waiting and not look.settled:
                time.sleep(APART_NS / 1e9)
                look = inbox.look()
            if look.settled == look.requested == 0 and not look.is_run_awaited:
                return dg.SkipReason(_sentence(look))
            if going_on := run_going_on(context.instance, jobs):
                what = "They are taken in after" if look.settled else "In progress:"
                return dg.SkipReason(f"{_sentence(look)} {what} the run {going_on}.")
            chosen = sorted(job_assets(repository_of(context), job) - set(left_out()))
            request = inbox.request(lambda name: _became(context.instance, name))
        except (InboxBusyError, HomeError, OSError) as error:
            return dg.SkipReason(f"The inbox cannot be looked at now: {error}.")
        if request is None:
            return dg.SkipReason(_sentence(look))
        return _run_request(home, request, chosen)

    return [new_observations]


def run_going_on(instance: dg.DagsterInstance, jobs: Collection[str]) -> str | None:
    """Return the id of a run in progress that fills the inbox or takes it in, if there is one.

    That is a run of one of the jobs, or one of such assets alone.
    """
    assets = {asset_key(SIMULATED_TRUTH), asset_key(RAW_FILES)}
    for record in instance.get_run_records(dg.RunsFilter(statuses=GOING_ON)):
        run = record.dagster_run
        if run.job_name in jobs or assets & (run.asset_selection or set()):
            return run.run_id
    return None


def _became(instance: dg.DagsterInstance, request: str) -> Became:
    """Tell what became of the runs for a request; none of them is in progress."""
    filters = dg.RunsFilter(tags={REQUEST_TAG: request}, statuses=GIVEN)
    runs = [record.dagster_run for record in instance.get_run_records(filters)]
    if any(run.is_success for run in runs):
        return Became.DONE
    if all(was_killed(instance, run) for run in runs):
        return Became.KILLED if runs else Became.NO_RUN
    return Became.UNDONE


def _run_request(home: Home, request: str, selected: Sequence[dg.AssetKey]) -> dg.RunRequest:
    keys = partition_keys(home, range(home.n_shards))
    return dg.RunRequest(
        run_key=request,
        asset_selection=selected,
        run_config={
            "ops": {
                _step(RAW_FILES.name): {"config": {"request": request}},
                _step(SIMULATED_TRUTH.name): {"config": {"n_targets": 0}},
            }
        },
        tags={
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
            RECORDS_CHANGES: "true",
            REQUEST_TAG: request,
        },
    )


def _step(table: str) -> str:
    return table.replace("/", "__")


def _sentence(look: Look) -> str:
    waiting = [
        f"{number:,} {what}"
        for number, what in (
            (look.waiting, "may still be written"),
            (look.settled, "complete"),
            (look.requested, "requested but not taken in"),
            (look.unreadable, "not readable"),
        )
        if number
    ]
    minutes = -(-look.next_sweep_s // 60)
    return (
        f"{look.known:,} files taken in{''.join(f', {part}' for part in waiting)}; "
        f"every file is looked at again in {minutes} min."
    )
