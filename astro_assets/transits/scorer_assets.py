"""The assets of the scorer: files of events, the trained model, which is fitted on purpose."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dagster as dg
from pydantic import Field

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.model_assets import refresh_model
from astro_assets.orchestration.model_checks import objection
from astro_assets.orchestration.table_assets import asset_key, materialized, table_asset
from astro_assets.orchestration.tracked_runs import tracked
from astro_assets.orchestration.trained_assets import TrainingConfig, shown
from astro_assets.orchestration.ui import definition_metadata, draw
from astro_assets.transits import scorer_pictures
from astro_assets.transits.example_tables import (
    EVENT_FILES,
    EVENTS,
    FALSE_ALARMS,
    INJECTED_TRANSITS,
    TRAINING_EXAMPLES,
)
from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.scorer_models import SCORER
from astro_assets.transits.scorer_tables import TRANSIT_SCORER, TRANSIT_SCORES, on_events


class EventFilesConfig(dg.Config):
    """Which files of events to take in."""

    paths: list[str] = Field(default=[], description="Parquet files of events; none by default.")


class ScorerConfig(TrainingConfig):
    """How the scorer is trained, and on what."""

    events: list[str] = Field(
        default=[],
        description="SHA-256 of files of events to train on; the home's own labelled candidates by default.",
    )


def scorer_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the assets from examples to scores."""
    return [
        event_files,
        table_asset(
            home,
            EVENTS,
            description="Threshold-crossing events of others, one row each, in the form of all examples: "
            "folded views, scalars, what their label leaves open.",
        ),
        table_asset(
            home,
            TRAINING_EXAMPLES,
            description="Our own candidates in that form: folded views in units of the depth, measures, and "
            "what catalogues (or, of a simulated star, the simulation) say that they are.",
            pictures={"examples by label": scorer_pictures.examples},
        ),
        table_asset(
            home,
            FALSE_ALARMS,
            description="What the search finds in each light curve turned upside down, in the form of all "
            "examples: none of it is a transit, and the scorer learns what noise looks like.",
        ),
        table_asset(
            home,
            INJECTED_TRANSITS,
            description="Planets put into real light curves in which nothing is found and nothing is known, "
            "detrended, searched and folded as any candidate: what the search keeps of them, in the form of "
            "all examples.",
            pictures={"planets put in": scorer_pictures.injected},
        ),
        transit_scorer,
        table_asset(
            home,
            TRANSIT_SCORES,
            description="What the promoted scorer says of each candidate: calibrated probabilities of the "
            "classes, the conformal set, the gate, and whether it abstains.",
            pictures={"scores": scorer_pictures.scores},
        ),
    ]


@dg.asset(
    key=asset_key(EVENT_FILES),
    description="Files of threshold-crossing events, kept unchanged under their SHA-256: "
    "`astro-assets train transit_scorer --events FILE`.",
    group_name="transits",
    kinds={"python", "polars", "deltalake"},
    owners=["team:transits"],
    metadata=definition_metadata(EVENT_FILES),
)
def event_files(
    context: dg.AssetExecutionContext, config: EventFilesConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Take in files of events; one that cannot be read is refused before anything is stored."""
    ledger = engine.ledger()
    counts = {path: len(read_events(path)) for path in map(Path, config.paths)}
    rows, n_bytes = {}, 0
    for path, n_events in counts.items():
        sha256 = sha256_of(path)
        n_bytes += ledger.objects.put_file(path, sha256)
        rows[sha256] = [{"sha256": sha256, "file_name": path.name, "n_events": n_events}]
    report = put_units(ledger, EVENT_FILES, rows, run_id=context.run.run_id)
    report.bytes_written += n_bytes
    yield from materialized(context, engine, EVENT_FILES, report)


@dg.asset(
    key=dg.AssetKey(TRANSIT_SCORER.name.split("/")),
    deps=[asset_key(table) for table in (TRAINING_EXAMPLES, FALSE_ALARMS, INJECTED_TRANSITS, EVENTS)],
    description="The scorer: convolutional networks and trees, trained in folds by star, calibrated, "
    "exported as ONNX, with an INT8 edge model. Trained on purpose: "
    "`astro-assets train transit_scorer`.",
    group_name="transits",
    kinds={"python", "pytorch", "onnx"},
    owners=["team:transits"],
)
def transit_scorer(
    context: dg.AssetExecutionContext, config: ScorerConfig, engine: dg.ResourceParam[Engine]
) -> dg.MaterializeResult[None]:
    """Train a version, promote it where nothing speaks against it, and record it with MLflow."""
    ledger = engine.ledger()
    spec = scorer_spec(config)
    outcome = refresh_model(
        ledger,
        spec,
        refit=config.refit,
        promote_when=SCORER.replaces,
        # Judged before it is promoted: the next run would apply a version that is blocked.
        objection=partial(objection, ledger, SCORER),
        run_id=context.run.run_id,
    )
    engine.outcomes[spec.name] = outcome
    context.log.info("%s: %s", spec.name, outcome.said)
    metadata = shown(context, ledger, SCORER, spec, outcome, partial(_recorded, ledger))
    if outcome.version is not None:
        metadata |= draw(scorer_pictures.of_version(outcome.version), ledger, context.log.warning)
    return dg.MaterializeResult(metadata=metadata)


def _recorded(ledger: Ledger, version: str) -> str:
    return tracked(ledger, SCORER, version, lambda figures: {"split": figures["split"]})


def scorer_spec(config: ScorerConfig) -> ModelSpec:
    """Return the model as a run wants it.

    Raises
    ------
    SettingError
        If there is no such mode, or a setting is unknown or out of bounds.
    """
    spec = SCORER.wanted(config.mode, config.settings)
    return on_events(spec, config.events) if config.events else spec
