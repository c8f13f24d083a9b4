"""Starting things from the command line: a run of a job in this process, or the UI.

Only launching lives here; the job is the one that the UI shows.
"""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import dagster as dg

from astro_assets.ledger.home import ENVIRONMENT_VARIABLE, Home
from astro_assets.ledger.variables import environment
from astro_assets.orchestration.dead_runs import end_dead_runs
from astro_assets.orchestration.instance import BATCHED_EVENTS, instance_folder, open_instance, workspace_file
from astro_assets.orchestration.runs import cause
from astro_assets.orchestration.shards import partition_keys

#: Where the UI is served, unless somebody asks for another address.
LOOPBACK: Final = "127.0.0.1"
#: The event log of a run, with its stack traces, is for the UI; the terminal gets the failures returned.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_job(
    definitions: dg.Definitions,
    job: str,
    home: Home,
    run_config: Mapping[str, Any],
    only: Collection[str] | None = None,
) -> tuple[str, list[str]]:
    """Run a job over all shards in this process; the run shows in the home's UI.

    Parameters
    ----------
    only
        Names of those of its assets that are brought up to date; all by default.

    Returns
    -------
    tuple of (str, list of str)
        The run's id, and what failed, none when all succeeded: checks with their first violations, other
        steps with their error.
    """
    keys = partition_keys(home, range(home.n_shards))
    tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    with environment(BATCHED_EVENTS), open_instance(home) as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            run_config={**run_config, **_QUIET},
            instance=instance,
            tags=tags,
            raise_on_error=False,
            asset_selection=None if only is None else [dg.AssetKey(name.split("/")) for name in sorted(only)],
        )
    failed = _failures(result.all_events)
    if not result.success and not failed:
        failed = ["the run did not succeed; the UI shows why"]
    return result.run_id, failed


def tables_of(definitions: dg.Definitions, job: str) -> set[str]:
    """Return the names of the tables that a job brings up to date, and of its other assets."""
    assets = definitions.resolve_job_def(job).asset_layer.selected_asset_keys
    return {"/".join(key.path) for key in assets}


def serve_ui(home: Home, port: int, host: str = LOOPBACK) -> NoReturn:
    """Become the Dagster UI and its daemon, until interrupted or terminated; nobody who asks is refused."""
    with open_instance(
        home
    ) as instance:  # its databases are made here: the UI's processes would race for that
        end_dead_runs(instance, home)
    environment = {
        **os.environ,
        ENVIRONMENT_VARIABLE: str(home.root),
        "DAGSTER_HOME": str(instance_folder(home)),
        **BATCHED_EVENTS,
        # Its successor `dg dev` serves projects, not installed packages.
        "PYTHONWARNINGS": "ignore:Function `dev_command` is superseded",
    }
    dagster = str(Path(sys.executable).with_name("dagster"))
    command = [dagster, "dev", "-w", str(workspace_file(home)), "-h", host, "-p", str(port)]
    os.chdir(home.root)
    # In place of this process, so that every signal reaches the one that ends the others.
    # The command is ours, and nothing of it comes from outside.
    os.execve(dagster, command, environment)  # noqa: S606


def _failures(events: Sequence[dg.DagsterEvent]) -> list[str]:
    """Return a line for each check that failed, warnings apart, and for each other step that did."""
    failed, told = [], set()
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
                told.add(event.step_key)
                table = check.asset_key.to_user_string()
                failed.append(f"{table} breaks the check {check.check_name}: {check.description}")
    return failed + [
        f"{event.step_key}: {_cause(event)}"
        for event in events
        if event.is_step_failure and event.step_key and event.step_key not in told
    ]


def _cause(event: dg.DagsterEvent) -> str:
    """Return what a step says of its failure."""
    name, said = cause(event)
    interrupted = name == "DagsterExecutionInterruptedError"
    return "interrupted; the next run goes on from here" if interrupted else said
