"""Runs whose process was killed: Dagster would count them as in progress for ever, and they fill its queue.

Only finding and ending them lives here; what they left undone is for whoever requested them.
"""

import time
from typing import Final

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.orchestration.run_marks import Mark, mark_of, remove_mark

#: A run without a mark is only starting, or about to end, if its last event is no older than this, in
#: seconds: loading the code takes a few.
_SILENCE_S: Final = 120.0


def end_dead_runs(instance: dg.DagsterInstance, home: Home) -> list[str]:
    """Report as failed the runs whose process was killed, and return their ids.

    Runs that are only being launched are ended by Dagster's own monitoring.
    """
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        run = record.dagster_run
        mark = mark_of(home, run.run_id)
        if mark is Mark.LEFT or (mark is Mark.NONE and _silent_s(instance, record) > _SILENCE_S):
            instance.report_run_failed(run, "The process of this run was killed.")
            remove_mark(home, run.run_id)
            ended.append(run.run_id)
    return ended


def _silent_s(instance: dg.DagsterInstance, record: dg.RunRecord) -> float:
    """Return the time since a run's last event, or since it was made where it has none, in seconds."""
    events = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
    last = events[0].timestamp if events else record.create_timestamp.timestamp()
    return abs(time.time() - last)
