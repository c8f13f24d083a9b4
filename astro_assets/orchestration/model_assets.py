"""Turning a model's specification into a Dagster asset that fits it on purpose and promotes it by a rule.

What a model is made of and how it is remembered is in the ledger; what it learns is its wing's.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import dagster as dg
import polars as pl
from pydantic import Field

from astro_assets.ledger.code import code_version
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS
from astro_assets.ledger.models import ModelSpec, TooFewRowsError, behind, fit_model, promote, promoted
from astro_assets.ledger.trained_models import configured
from astro_assets.ledger.units import ORIGINS
from astro_assets.orchestration.engine import Engine, Outcome
from astro_assets.orchestration.model_audits import audit_metadata
from astro_assets.orchestration.table_assets import asset_key, table_uri
from astro_assets.orchestration.ui import Picture, draw

#: Of the metrics of a new version and of the promoted one: why the new one is to replace it; None if not.
PromoteWhen = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
CHALLENGER: Final = "challenger"


class FitConfig(dg.Config):
    """Whether a model is fitted again, and how."""

    refit: bool = Field(
        default=False,
        description="Fit the model on today's rows although a version is promoted. Without it a model is "
        "fitted only where there is none.",
    )
    settings: dict[str, Any] = Field(
        default={}, description="Settings of the fit that are not to be the default ones."
    )


def model_asset(
    home: Home,
    spec: ModelSpec,
    *,
    description: str,
    pictures: Mapping[str, Picture] = MappingProxyType({}),
    promote_when: PromoteWhen | None = None,
) -> dg.AssetsDefinition:
    """Return the asset of a model: not partitioned, fitted where there is none or when that is asked for.

    Parameters
    ----------
    home
        Where the table of models is.
    description
        For people, in Markdown.
    pictures
        Drawn with each materialization, by name.
    promote_when
        Decides whether a version replaces the promoted one; the first is promoted always, and without a rule
        no other.
    """
    wing = spec.name.partition("/")[0]

    @dg.asset(
        key=dg.AssetKey(spec.name.split("/")),
        description=description,
        deps=[asset_key(training.table) for training in spec.training],
        group_name=wing,
        kinds={"python", "polars", "deltalake"},
        owners=[f"team:{wing}"],
        code_version=code_version(spec.fit)[:16],
        metadata={"dagster/uri": table_uri(home, MODELS)},
    )
    def fit(
        context: dg.AssetExecutionContext, config: FitConfig, engine: dg.ResourceParam[Engine]
    ) -> dg.MaterializeResult[None]:
        ledger, wanted = engine.ledger(), configured(spec, config.settings)
        outcome = refresh_model(
            ledger, wanted, refit=config.refit, promote_when=promote_when, run_id=context.run.run_id
        )
        engine.outcomes[spec.name] = outcome
        context.log.info("%s: %s", spec.name, outcome.said)
        shown = draw(pictures, ledger, context.log.warning)
        return dg.MaterializeResult(metadata={**shown, **model_metadata(ledger, wanted, outcome)})

    return fit


def refresh_model(
    ledger: Ledger,
    spec: ModelSpec,
    *,
    refit: bool = False,
    promote_when: PromoteWhen | None = None,
    objection: Callable[[Mapping[str, Any]], str | None] | None = None,
    run_id: str = "",
) -> Outcome:
    """Fit a model where none is promoted or ``refit`` asks for it, and promote it where the rule says so.

    What there is an ``objection`` to, by its metrics, is not promoted, be it the first.

    A version that does not replace the promoted one is promoted as the challenger. Where there are too few
    rows nothing is fitted.
    """
    champion = promoted(ledger, spec.name)
    applied = None if champion is None else str(champion["model_version"])
    if not refit and _has_version(ledger, spec.name):
        return Outcome(applied, "there is a version; fitted again only on purpose", is_fitted=False)
    try:
        version = fit_model(ledger, spec, run_id=run_id)
    except TooFewRowsError as error:
        return Outcome(applied, f"not fitted: {error}", is_fitted=False)
    if version == applied:
        return Outcome(version, "equal to the promoted version")
    metrics = _metrics(ledger, spec.name, version)
    against = objection(metrics) if objection is not None else None
    why: str | None = "the first version" if against is None else None
    if against is None and applied is not None:
        why = promote_when(metrics, _metrics(ledger, spec.name, applied)) if promote_when else None
    if why is None:
        against = against or f"does not replace {applied}"
        promote(ledger, spec.name, version, alias=CHALLENGER, why=against, run_id=run_id)
        return Outcome(version, against)
    promote(ledger, spec.name, version, why=why, run_id=run_id)
    return Outcome(version, f"promoted: {why}")


def _has_version(ledger: Ledger, model: str) -> bool:
    rows = ledger.open(MODELS).rows(["model"])
    return not rows.filter(pl.col("model") == model).limit(1).collect().is_empty()


def model_metadata(ledger: Ledger, spec: ModelSpec, outcome: Outcome) -> dict[str, Any]:
    """Return what the UI shows of a model after :func:`refresh_model`."""
    champion = promoted(ledger, spec.name)
    metadata: dict[str, Any] = {"what_happened": outcome.said}
    if outcome.version is not None:
        row = _version(ledger, spec.name, outcome.version)
        metadata |= {
            "model_version": outcome.version,
            **audit_metadata(ledger, spec, outcome.version),
            **{f"trained_on_{origin}": row[f"trained_on_{origin}"] for origin in ORIGINS},
            "metrics": dg.MetadataValue.json(json.loads(row["metrics"])),
        }
    if champion is not None:
        version = champion["model_version"]
        metadata["promoted_version"] = version
        if (n_behind := behind(ledger, spec, version)) is not None:
            metadata["behind_by_rows"] = n_behind
    return metadata


def _metrics(ledger: Ledger, model: str, version: str) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads(_version(ledger, model, version)["metrics"])
    return metrics


def _version(ledger: Ledger, model: str, version: str) -> dict[str, Any]:
    columns = ["model", "model_version", "metrics", *(f"trained_on_{origin}" for origin in ORIGINS)]
    rows = ledger.open(MODELS).rows(columns)
    of_version = rows.filter((pl.col("model") == model) & (pl.col("model_version") == version)).collect()
    return of_version.row(0, named=True)
