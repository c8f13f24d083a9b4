"""The checks of the scorer and its tables; those of the model are about its latest version."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from astro_assets.learning.audits import origin_mislabelled
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import member_origins
from astro_assets.ledger.units import least_real
from astro_assets.orchestration.engine import Engine
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
from astro_assets.transits.scorer_models import NAME, objection, versions
from astro_assets.transits.scorer_tables import TRANSIT_SCORES

_MODEL = dg.AssetKey(NAME.split("/"))
_AUDITS = {
    "no_leaks": "No star, light curve, event or view is on both sides of a fold, and nothing was fitted "
    "outside its fold.",
    "no_shortcuts": "Where an event comes from does not tell by itself whether it is an eclipse.",
    "origin_of_members": "The model's origin is that of the least real row that it was trained on.",
}


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
        scorer_checks,
    ]


@dg.multi_asset_check(
    name="transits__transit_scorer__checks",
    specs=[
        dg.AssetCheckSpec(name, asset=_MODEL, description=description, blocking=True)
        for name, description in _AUDITS.items()
    ],
    can_subset=True,
)
def scorer_checks(
    context: dg.AssetCheckExecutionContext, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.AssetCheckResult]:
    """Judge the latest version; without any there is nothing to judge."""
    ledger = engine.ledger()
    found = problems(ledger)
    for check in context.selected_asset_check_keys:
        messages = found[check.name]
        yield dg.AssetCheckResult(
            asset_key=_MODEL,
            check_name=check.name,
            passed=not messages,
            description="; ".join(messages[:3]) or None,
            metadata={"problems": len(messages), "what_to_do": f"docs/checks.md#{check.name}"},
        )


def not_to_promote(ledger: Ledger, figures: Mapping[str, Any]) -> str | None:
    """Say why the latest version, of these figures, may not be promoted: what it would be blocked for."""
    broken = [message for messages in problems(ledger).values() for message in messages]
    return objection(figures) or (f"not to be trusted: {broken[0]}" if broken else None)


def problems(ledger: Ledger) -> dict[str, list[str]]:
    """Return what is wrong with the latest version of the scorer, by check."""
    of_scorer = [row for row in versions(ledger) if row["model"] == NAME]
    if not of_scorer:
        return {name: [] for name in _AUDITS}
    latest = of_scorer[-1]
    audits = latest["figures"]["audits"]
    # Of members that are there still; none may be less real than the model says.
    origins = member_origins(ledger, NAME, latest["model_version"])
    claimed = least_real([latest["origin"], *origins])
    return {
        "no_leaks": audits["leaks"],
        "no_shortcuts": audits["shortcuts"],
        "origin_of_members": [finding.message for finding in origin_mislabelled([claimed], latest["origin"])],
    }
