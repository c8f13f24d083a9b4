"""The code location: collects what the wings declare, nothing else."""

import dagster as dg

from astro_assets.catalogs import assets as catalogs
from astro_assets.catalogs import checks as catalog_checks
from astro_assets.ledger.home import Home, open_home
from astro_assets.observations import assets as observations
from astro_assets.observations import checks as observation_checks
from astro_assets.observations import sensors as observation_sensors
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.resources import engine_resource
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.tables import PRELOAD, TABLES
from astro_assets.transits import assets as transits
from astro_assets.transits import checks as transit_checks
from astro_assets.transits import scorer_assets, scorer_checks
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP, COMPLETENESS_TARGETS
from astro_assets.transits.example_tables import EVENT_FILES, EVENTS, TRAINING_EXAMPLES
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS, RECOVERED_SIGNALS
from astro_assets.transits.scorer_tables import TRANSIT_SCORER, TRANSIT_SCORES
from astro_assets.transits.tables import LABELLED_CANDIDATES

#: The job that takes files to candidates.
SEARCH_JOB = "search_for_transits"
#: The job that takes catalogue files in and compares the candidates there are with them.
CATALOGS_JOB = "update_catalogs"
#: The job that puts planets into light curves and searches them.
COMPLETENESS_JOB = "measure_completeness"
#: The job that trains the scorer, and scores candidates with it.
TRAINING_JOB = "train_transit_scorer"
#: What is compared with catalogues.
COMPARED = (LABELLED_CANDIDATES, EXPECTED_SIGNALS, RECOVERED_SIGNALS)


def build_definitions(home: Home, engine: Engine | None = None) -> dg.Definitions:
    """Assemble the code location of a home.

    Parameters
    ----------
    engine
        Replaces the default one: other progress, other compute.
    """
    return dg.Definitions(
        assets=[
            *catalogs.assets(home),
            *observations.assets(home),
            *transits.assets(home),
            *scorer_assets.scorer_assets(home),
        ],
        asset_checks=[
            *catalog_checks.checks(),
            *observation_checks.checks(),
            *transit_checks.checks(),
            *scorer_checks.checks(),
        ],
        jobs=[
            dg.define_asset_job(
                SEARCH_JOB,
                dg.AssetSelection.groups("catalogs", "observations", "transits"),
                description="Takes new files in and brings every table up to date.",
            ),
            dg.define_asset_job(
                CATALOGS_JOB,
                dg.AssetSelection.groups("catalogs") | dg.AssetSelection.assets(*map(asset_key, COMPARED)),
                description="Takes catalogue files in and compares the candidates there are with them.",
            ),
            dg.define_asset_job(
                COMPLETENESS_JOB,
                dg.AssetSelection.assets(*map(asset_key, (COMPLETENESS_TARGETS, COMPLETENESS_MAP))),
                description="Puts planets into the light curves of targets and counts those that are found.",
            ),
            dg.define_asset_job(
                TRAINING_JOB,
                dg.AssetSelection.assets(
                    *map(asset_key, (EVENT_FILES, EVENTS, TRAINING_EXAMPLES, TRANSIT_SCORES)),
                    dg.AssetKey(TRANSIT_SCORER.name.split("/")),
                ),
                description="Trains the scorer, on a file of events or on the home's labelled candidates.",
            ),
        ],
        sensors=observation_sensors.sensors(home, SEARCH_JOB),
        resources={"engine": engine_resource(engine or Engine(home, TABLES, preload=PRELOAD))},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the code location of the default home."""
    return build_definitions(open_home())
