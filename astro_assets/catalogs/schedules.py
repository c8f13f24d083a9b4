"""The schedule that asks archives again for the catalogues that came from them."""

from typing import Final

import dagster as dg
import polars as pl

from astro_assets.catalogs.tables import CATALOG_FILES
from astro_assets.ledger.ledger import Ledger
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.shards import partition_keys

#: Tuesdays at three in the morning, UTC: the NASA Exoplanet Archive updates its tables on Thursdays at most.
_WEEKLY: Final = "0 3 * * 2"


def schedules(engine: Engine, job: str) -> list[dg.ScheduleDefinition]:
    """Return the schedule, which is off until somebody switches it on: nothing leaves the machine unasked.

    Parameters
    ----------
    job
        The job that takes catalogues in.
    """

    @dg.schedule(
        name="refresh_catalogs",
        job_name=job,
        cron_schedule=_WEEKLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Fetches the catalogues again that came from archives, and brings up to date what uses "
        "their changed rows. What an archive does not answer stays as it is.",
    )
    def refresh_catalogs(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return refreshing(engine.ledger())

    return [refresh_catalogs]


def refreshing(ledger: Ledger) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run that fetches what came from archives, or say why there is none."""
    files = ledger.open(CATALOG_FILES).rows(["catalog", "archive"])
    held = (
        files.filter(pl.col("archive").is_not_null()).select("catalog").collect()["catalog"].sort().to_list()
    )
    if not held:
        return dg.SkipReason("No catalogue came from an archive: astro-assets catalogs fetch")
    keys = partition_keys(ledger.home, range(ledger.home.n_shards))
    return dg.RunRequest(
        run_config={"ops": {"catalogs__catalog_files": {"config": {"fetch": held}}}},
        tags={"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]},
    )
