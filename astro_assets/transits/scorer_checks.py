"""The checks of the scorer and its tables; those of the model are about its latest version."""

import dagster as dg

from astro_assets.orchestration.model_checks import model_checks
from astro_assets.orchestration.rules import RowRule
from astro_assets.orchestration.table_checks import table_checks
from astro_assets.transits.example_tables import (
    EVENT_FILES,
    EVENTS,
    FALSE_ALARMS,
    INJECTED_TRANSITS,
    TRAINING_EXAMPLES,
)
from astro_assets.transits.invariants import impossible_probabilities
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer_models import SCORER
from astro_assets.transits.scorer_tables import TRANSIT_SCORES


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of the scorer's assets."""
    return [
        table_checks(EVENT_FILES, identity=("sha256",)),
        table_checks(EVENTS, identity=("example_id",)),
        table_checks(TRAINING_EXAMPLES, identity=("example_id",)),
        table_checks(FALSE_ALARMS, identity=("example_id",)),
        table_checks(INJECTED_TRANSITS, identity=("example_id",)),
        table_checks(
            TRANSIT_SCORES,
            RowRule(
                "probabilities_possible",
                "Probabilities of the classes are between 0 and 1 and add up to 1.",
                (*CLASSES, "planet_or_eb"),
                impossible_probabilities,
            ),
            identity=("example_id",),
        ),
        model_checks(SCORER),
    ]
