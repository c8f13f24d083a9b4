"""The observation wing's assets: files taken in, identified, and read into light curves."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from pydantic import Field

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.update import put_units
from astro_assets.observations.quarantine import QUARANTINE_COLUMNS, quarantine_counts, quarantined_files
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.observations.tables import (
    LIGHT_CURVES,
    OBSERVATION_FILES,
    RAW_FILES,
    SELECTED_FILES,
    SIMULATED_TRUTH,
)
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.orchestration.table_assets import asset_key, materialized, table_asset
from astro_assets.orchestration.ui import definition_metadata

_OWNERS = ["team:observations"]
#: Quarantined files whose reasons are shown with the asset; all are in the table.
_SHOWN_FILES = 100
#: Stars of the survey that an empty home gets.
DEFAULT_SURVEY = 200


class SurveyConfig(dg.Config):
    """What to simulate."""

    n_targets: int | None = Field(
        default=None,
        ge=0,
        description="Stars to simulate; 0 for none. By default 200 where neither the home nor its inbox "
        "holds an observation, else none.",
    )
    seed: int = Field(
        default=1, ge=0, description="Seed of everything random; the same seed gives the same files."
    )
    mission: str = Field(
        default="TESS",
        pattern="^(TESS|Kepler)$",
        description="Whose files to write: a TESS sector of two-minute cadences, or a Kepler quarter.",
    )


class InboxConfig(dg.Config):
    """Where to look for files."""

    paths: list[str] = Field(
        default=[], description="Files and folders to take in; the home's inbox when empty."
    )


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the wing's assets for a home."""
    return [
        simulated_truth,
        raw_files,
        table_asset(
            home,
            OBSERVATION_FILES,
            description="What every raw file is, by its content: target, mission, segment, cadence. Files "
            "that cannot be used are refused with the reason, and kept.",
        ),
        quarantined,
        table_asset(
            home,
            LIGHT_CURVES,
            description="One standard light curve a file: time in BJD_TDB, cadences with disqualifying "
            "quality flags dropped, flux relative to its median, centroids.",
        ),
        table_asset(
            home,
            SELECTED_FILES,
            description="Which of a target's light curves are searched: one product for each stretch of "
            "time, by a configured preference. Files that claim one target but show different stars are in "
            "conflict, and each is searched alone.",
        ),
    ]


@dg.asset(
    key=asset_key(SIMULATED_TRUTH),
    description="A simulated survey: TESS or Kepler files of stars named `SIM n`, put into the inbox, that "
    "say they are simulated; and the truth about their signals, which no search reads.",
    group_name="observations",
    kinds={"python", "polars", "deltalake"},
    owners=_OWNERS,
    metadata=definition_metadata(SIMULATED_TRUTH),
)
def simulated_truth(
    context: dg.AssetExecutionContext, config: SurveyConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Write the files, then record what is in them."""
    ledger = engine.ledger()
    n_targets = config.n_targets
    if n_targets is None:
        is_empty = (
            not any(engine.home.inbox.iterdir())
            and ledger.open(RAW_FILES).units(["key"]).collect().is_empty()
        )
        n_targets = DEFAULT_SURVEY if is_empty else 0
    truth = {}
    progress = engine.progress_of(SIMULATED_TRUTH.name)
    for n_done, file in enumerate(simulate_survey(n_targets, config.seed, mission=config.mission), 1):
        write_bytes(engine.home.inbox / "simulated_survey" / file.name, file.content)
        truth[file.sha256] = [{**row, "origin": "simulated"} for row in file.truth()]
        progress(n_done, n_targets)
    report = put_units(ledger, SIMULATED_TRUTH, truth, run_id=context.run.run_id)
    yield from materialized(context, engine, SIMULATED_TRUTH, report)


@dg.asset(
    key=asset_key(RAW_FILES),
    deps=[asset_key(SIMULATED_TRUTH)],
    description="Every file that ever came in, kept once and unchanged under its SHA-256. Drop files into "
    "the home's `inbox` folder, or name them in the run's configuration.",
    group_name="observations",
    kinds={"python", "polars", "deltalake"},
    owners=_OWNERS,
    metadata=definition_metadata(RAW_FILES),
)
def raw_files(
    context: dg.AssetExecutionContext, config: InboxConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Take in files that are not known yet."""
    paths = [Path(path) for path in config.paths] or [engine.home.inbox]
    progress = engine.progress_of(RAW_FILES.name)
    report = ingest(engine.ledger(), RAW_FILES, paths, run_id=context.run.run_id, progress=progress)
    yield from materialized(context, engine, RAW_FILES, report)


@dg.asset(
    key=dg.AssetKey(["observations", "quarantined_files"]),
    deps=[asset_key(OBSERVATION_FILES)],
    description="A view of `observation_files`: the files that cannot be used, by reason. Nothing is lost: "
    "each is kept unchanged, and looked at again when a reader changes or a `targets.csv` describes it.",
    group_name="observations",
    kinds={"python", "polars"},
    owners=_OWNERS,
)
def quarantined(engine: dg.ResourceParam[Engine]) -> dg.MaterializeResult[None]:
    """Show how many files are quarantined, and why."""
    rows = engine.ledger().open(OBSERVATION_FILES).rows(list(QUARANTINE_COLUMNS)).collect()
    files = quarantined_files(rows)
    counts = quarantine_counts(files)
    shown = [
        dg.TableRecord({"file": name, "reason": reason, "why": text})
        for reason, name, text, *_ in files.head(_SHOWN_FILES).iter_rows()
    ]
    return dg.MaterializeResult(
        metadata={
            "files_quarantined": files.height,
            "files_known": rows.height,
            **{f"quarantined_{reason}": count for reason, count in counts.items()},
            **({"first_files": dg.MetadataValue.table(shown)} if shown else {}),
        }
    )
