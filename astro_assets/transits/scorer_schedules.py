"""The schedule that trains the scorer again where there is something new to learn from."""

import json
from typing import Final

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_names import UnknownModelError
from astro_assets.ledger.models import behind
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.shards import partition_keys
from astro_assets.transits.scorer_models import version_of
from astro_assets.transits.scorer_tables import TRANSIT_SCORER

#: Mondays at three in the morning, UTC.
_WEEKLY: Final = "0 3 * * 1"


def schedules(home: Home, engine: Engine, job: str) -> list[dg.ScheduleDefinition]:
    """Return the schedule, which is off until somebody switches it on.

    Parameters
    ----------
    job
        The job that trains.
    """

    @dg.schedule(
        name="retrain_scorer",
        job_name=job,
        cron_schedule=_WEEKLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Trains the scorer again with the settings of the promoted version, if training rows "
        "came, changed or went since. Blocking checks stop it; the new version replaces the promoted one "
        "only where it is at least as good.",
    )
    def retrain_scorer(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return retraining(home, engine.ledger())

    return [retrain_scorer]


def retraining(home: Home, ledger: Ledger) -> dg.RunRequest | dg.SkipReason:
    """Ask for a training as the promoted version was trained, or say why there is none."""
    try:
        champion = version_of(ledger)
    except UnknownModelError as error:
        return dg.SkipReason(str(error))
    version = champion["model_version"]
    n_rows = behind(ledger, TRANSIT_SCORER, version)
    if n_rows is None:
        return dg.SkipReason(
            f"The promoted version {version} was trained on files of events, which do not change: "
            "astro-assets train transit_scorer"
        )
    if n_rows == 0:
        return dg.SkipReason(f"No training row came, changed or went since {version} was trained.")
    keys = partition_keys(home, range(home.n_shards))
    return dg.RunRequest(
        run_config={
            "ops": {
                "transits__transit_scorer": {
                    "config": {"refit": True, "settings": json.loads(champion["config"])}
                }
            }
        },
        tags={
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
            "astro_assets/behind_by_rows": str(n_rows),
        },
    )
