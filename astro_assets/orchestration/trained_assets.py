"""The assets of models that are trained on purpose: the model, and what is simulated for its training.

What a model is and learns is its wing's; how it is remembered is the ledger's.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import dagster as dg
from pydantic import Field

from astro_assets.ledger.code import code_version
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS
from astro_assets.ledger.model_versions import version_of, versions
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.trained_models import MODES, TrainedModel
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.engine import Engine, Outcome
from astro_assets.orchestration.model_assets import FitConfig, model_metadata, refresh_model
from astro_assets.orchestration.model_checks import objection
from astro_assets.orchestration.table_assets import asset_key, materialized, table_uri
from astro_assets.orchestration.tracked_runs import tracked
from astro_assets.orchestration.ui import Picture, definition_metadata, draw


class RecipesConfig(dg.Config):
    """What is simulated for a training."""

    mode: str = Field(default="quick", description=f"One of {', '.join(MODES)}, as of the training.")
    settings: dict[str, Any] = Field(default={}, description="Settings as of the training.")


class TrainingConfig(FitConfig):
    """How a model is trained."""

    mode: str = Field(
        default="quick", description=f"One of {', '.join(MODES)}; settings are changed from it."
    )


def model_key(model: ModelSpec) -> dg.AssetKey:
    """Return the asset key of a model."""
    return dg.AssetKey(model.name.split("/"))


def trained_asset(
    home: Home,
    model: TrainedModel,
    *,
    description: str,
    pictures: Callable[[str], Mapping[str, Picture]],
    kinds: frozenset[str] = frozenset({"python", "pytorch", "onnx"}),
) -> dg.AssetsDefinition:
    """Return the asset of a model: trained where there is no version, or where that is asked for.

    Parameters
    ----------
    home
        Where the table of models is.
    description
        For people, in Markdown.
    pictures
        Of a version, by name.
    kinds
        Shown in the UI.
    """
    wing = model.name.partition("/")[0]

    @dg.asset(
        key=model_key(model.spec),
        deps=[asset_key(training.table) for training in model.spec.training],
        description=description,
        group_name=wing,
        kinds=set(kinds),
        owners=[f"team:{wing}"],
        code_version=code_version(model.spec.fit)[:16],
        metadata={"dagster/uri": table_uri(home, MODELS)},
    )
    def train(
        context: dg.AssetExecutionContext, config: TrainingConfig, engine: dg.ResourceParam[Engine]
    ) -> dg.MaterializeResult[None]:
        ledger, spec = engine.ledger(), model.wanted(config.mode, config.settings)
        if model.recipes is not None and (config.refit or not versions(ledger, model.name)):
            # Those that the table's own run was asked for may be others: its settings are its own.
            rows = model.recipes.rows(spec.config)
            put_units(ledger, model.recipes.table, rows, run_id=context.run.run_id)
        outcome = refresh_model(
            ledger,
            spec,
            refit=config.refit,
            promote_when=model.replaces,
            # Judged before it is promoted: the next run would apply a version that is blocked.
            objection=partial(objection, ledger, model),
            run_id=context.run.run_id,
        )
        engine.outcomes[spec.name] = outcome
        context.log.info("%s: %s", spec.name, outcome.said)
        metadata = shown(context, ledger, model, spec, outcome, partial(tracked, ledger, model))
        if outcome.version is not None:
            metadata |= draw(pictures(outcome.version), ledger, context.log.warning)
        return dg.MaterializeResult(metadata=metadata)

    return train


def shown(
    context: dg.AssetExecutionContext,
    ledger: Ledger,
    model: TrainedModel,
    spec: ModelSpec,
    outcome: Outcome,
    record: Callable[[str], str],
) -> dict[str, Any]:
    """Return what the UI shows of a training, recorded with MLflow as ``record`` does with a version.

    What is stored does not depend on whether MLflow's server answers.
    """
    metadata = model_metadata(ledger, spec, outcome)
    if outcome.version is None:
        return metadata
    metadata.pop("metrics", None)
    if model.recipes is not None:
        metadata.pop("behind_by_rows", None)  # what is simulated is there for each training anew
    try:
        metadata["mlflow_run"] = record(outcome.version)
    except Exception as error:  # noqa: BLE001  of whatever is at the other end
        metadata["mlflow_run"] = f"not recorded: {error}"
        context.log.warning("%s is not recorded with MLflow: %s", spec.name, error)
    row = version_of(ledger, spec.name, outcome.version)
    headline = model.headline(row["figures"])
    metadata |= {name: value for name, value in headline.items() if value is not None}
    metadata["model_card"] = dg.MetadataValue.md(model.card(ledger, row))
    return metadata


def recipes_asset(model: TrainedModel, *, description: str) -> dg.AssetsDefinition:
    """Return the asset of what is simulated for a model: rows that a training adds where they are missing."""
    if model.recipes is None:
        raise ValueError(f"{model.name} has no recipes")
    recipes, wing = model.recipes, model.name.partition("/")[0]

    @dg.asset(
        key=asset_key(recipes.table),
        description=description,
        group_name=wing,
        kinds={"python", "polars", "deltalake"},
        owners=[f"team:{wing}"],
        metadata=definition_metadata(recipes.table),
    )
    def simulate(
        context: dg.AssetExecutionContext, config: RecipesConfig, engine: dg.ResourceParam[Engine]
    ) -> Iterator[dg.MaterializeResult[None]]:
        rows = recipes.rows(model.config(config.mode, config.settings))
        report = put_units(engine.ledger(), recipes.table, rows, run_id=context.run.run_id)
        yield from materialized(context, engine, recipes.table, report)

    return simulate
