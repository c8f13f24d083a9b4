"""The code location: collects what the wings declare, nothing else."""

import dagster as dg

from astro_assets.catalogs import assets as catalogs
from astro_assets.ledger.home import Home, open_home
from astro_assets.observations import assets as observations
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.tables import TABLES
from astro_assets.transits import assets as transits
from astro_assets.transits.tables import LABELLED_CANDIDATES

#: The job that takes files to candidates.
SEARCH_JOB = "search_for_transits"
#: The job that takes catalogue files in and compares the candidates there are with them.
CATALOGS_JOB = "update_catalogs"


def build_definitions(home: Home, engine: Engine | None = None) -> dg.Definitions:
    """Assemble the code location of a home.

    Parameters
    ----------
    engine
        Replaces the default one: other progress, other compute.
    """
    return dg.Definitions(
        assets=[*catalogs.assets(home), *observations.assets(home), *transits.assets(home)],
        jobs=[
            dg.define_asset_job(
                SEARCH_JOB,
                dg.AssetSelection.groups("catalogs", "observations", "transits"),
                description="Takes new files in and brings every table up to date.",
            ),
            dg.define_asset_job(
                CATALOGS_JOB,
                dg.AssetSelection.groups("catalogs")
                | dg.AssetSelection.assets(asset_key(LABELLED_CANDIDATES)),
                description="Takes catalogue files in and labels the candidates there are.",
            ),
        ],
        resources={"engine": engine or Engine(home, TABLES)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the code location of the default home."""
    return build_definitions(open_home())
