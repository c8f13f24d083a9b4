"""The blocking checks of models that are trained on purpose: what holds of the latest version."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import dagster as dg

from astro_assets.learning.audits import origin_mislabelled
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.models import member_origins
from astro_assets.ledger.trained_models import TrainedModel
from astro_assets.ledger.units import least_real
from astro_assets.orchestration.engine import Engine

_ORIGIN: Final = "origin_of_members"
_OF_ALL: Final = {
    _ORIGIN: "The model's origin is that of the least real row that it was trained on.",
}


def model_checks(model: TrainedModel) -> dg.AssetChecksDefinition:
    """Return the checks of a model; without any version there is nothing to judge."""
    key = dg.AssetKey(model.name.split("/"))
    described = {**{name: audit.description for name, audit in model.audits.items()}, **_OF_ALL}

    @dg.multi_asset_check(
        name=f"{'__'.join(key.path)}__checks",
        specs=[
            dg.AssetCheckSpec(name, asset=key, description=description, blocking=True)
            for name, description in described.items()
        ],
        can_subset=True,
    )
    def check(
        context: dg.AssetCheckExecutionContext, engine: dg.ResourceParam[Engine]
    ) -> Iterator[dg.AssetCheckResult]:
        found = problems(engine.ledger(), model)
        for selected in context.selected_asset_check_keys:
            messages = found[selected.name]
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=selected.name,
                passed=not messages,
                description="; ".join(messages[:3]) or None,
                metadata={"problems": len(messages), "what_to_do": f"docs/checks.md#{selected.name}"},
            )

    return check


def objection(ledger: Ledger, model: TrainedModel, figures: Mapping[str, Any]) -> str | None:
    """Say why the latest version, of these figures, may not be promoted: what it would be blocked for."""
    found = {**problems(ledger, model), **model.problems(figures)}
    broken = [message for messages in found.values() for message in messages]
    return f"not to be trusted: {broken[0]}" if broken else None


def problems(ledger: Ledger, model: TrainedModel) -> dict[str, list[str]]:
    """Return what is wrong with the latest version of a model, by check."""
    there = versions(ledger, model.name)
    if not there:
        return {name: [] for name in (*model.audits, *_OF_ALL)}
    latest = there[-1]
    # Of members that are there still; none may be less real than the model says.
    origins = member_origins(ledger, model.name, latest["model_version"])
    claimed = least_real([latest["origin"], *origins])
    mislabelled = [finding.message for finding in origin_mislabelled([claimed], latest["origin"])]
    return {**model.problems(latest["figures"]), _ORIGIN: mislabelled}
