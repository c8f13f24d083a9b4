"""The sensor that keeps features, clusters and scores up to date where somebody asked for them."""

from typing import Any

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.shards import partition_keys
from astro_assets.transits.on_demand import asked_for


def sensors(home: Home, engine: Engine, search_job: Any, scoring_job: Any) -> list[dg.SensorDefinition]:
    """Return the sensor, which waits for searches to succeed.

    Parameters
    ----------
    search_job, scoring_job
        The job that it waits for, and the one that it starts.
    """

    @dg.run_status_sensor(
        name="new_candidates",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[search_job],
        request_job=scoring_job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="After a search, brings up to date what was asked for: features, clusters, scores.",
    )
    def new_candidates(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        return request_after(context.dagster_run.run_id, home, engine.ledger())

    return [new_candidates]


def request_after(run_id: str, home: Home, ledger: Ledger) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run of what is made on demand and was asked for, once after each search."""
    wanted = asked_for(ledger)
    if not wanted:
        return dg.SkipReason("Nobody asked for features, clusters or scores yet.")
    keys = partition_keys(home, range(home.n_shards))
    return dg.RunRequest(
        run_key=run_id,
        asset_selection=[dg.AssetKey(name.split("/")) for name in wanted],
        tags={"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]},
    )
