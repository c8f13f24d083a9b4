"""The observation wing's assets: files taken in, identified, and read into light curves."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
from pydantic import Field

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.update import put_units
from astro_assets.observations.quarantine import (
    COPY_COLUMNS,
    QUARANTINE_COLUMNS,
    REPETITION_COLUMNS,
    n_descriptions,
    quarantine_counts,
    quarantined_files,
)
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.observations.simulated_telescopes import MOST_STARS
from astro_assets.observations.tables import (
    ARCHIVE_PRODUCTS,
    LIGHT_CURVES,
    OBSERVATION_FILES,
    RAW_FILES,
    SELECTED_FILES,
    SIMULATED_TRUTH,
)
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.inbox import Inbox, Seen
from astro_assets.orchestration.inbox_delivery import delivered, holds_nothing
from astro_assets.orchestration.inbox_state import InboxStateError
from astro_assets.orchestration.ingest import ingest
from astro_assets.orchestration.table_assets import asset_key, materialized, recorded, table_asset
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
        lt=MOST_STARS,
        description="Stars to simulate; 0 for none. By default 200 where neither the home nor its inbox "
        "holds an observation, else none.",
    )
    seed: int = Field(
        default=1,
        ge=1,
        le=10**9,
        description="Seed of everything random; the same seed gives the same files, another other stars.",
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
    request: str | None = Field(
        default=None,
        description="A request of the sensor `new_observations`: just the files that it found complete.",
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
    """Record what is in the files, then let them into the inbox."""
    ledger = engine.ledger()
    n_targets = config.n_targets
    if n_targets is None:
        nothing_there = holds_nothing(ledger, RAW_FILES)
        n_targets = DEFAULT_SURVEY if nothing_there else 0
        if nothing_there:
            context.log.warning("There is no observation here: simulating %s stars, named SIM n.", n_targets)
    truth = {}
    progress = engine.progress_of(SIMULATED_TRUTH.name)
    # No file without its truth: they show in the inbox when that is committed.
    with delivered(engine.home, "simulated_survey", context.run.run_id) as folder:
        for n_done, file in enumerate(simulate_survey(n_targets, config.seed, mission=config.mission), 1):
            write_bytes(folder / file.name, file.content)
            truth[file.sha256] = [{**row, "origin": "simulated"} for row in file.truth()]
            progress(n_done, n_targets)
        report = put_units(ledger, SIMULATED_TRUTH, truth, run_id=context.run.run_id)
    yield from materialized(context, engine, SIMULATED_TRUTH, report)


@dg.asset(
    key=asset_key(RAW_FILES),
    deps=[asset_key(SIMULATED_TRUTH), asset_key(ARCHIVE_PRODUCTS)],
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
    inbox = Inbox(engine.home)
    paths = [Path(path) for path in config.paths] or [inbox.folder]
    may_take = None
    if config.request is not None:
        try:
            paths, may_take = inbox.requested(config.request), inbox.is_settled()
        except InboxStateError as error:  # they stay requested, and are requested again later
            context.log.warning("Nothing is taken in: %s", error)
            paths = []

    def remember(taken: Mapping[Path, Seen]) -> None:
        try:
            inbox.remember(taken)
        except InboxStateError as error:  # they are committed, and will be recognised
            context.log.warning("The files taken in will be looked at again: %s", error)

    report = ingest(
        engine.ledger(),
        RAW_FILES,
        paths,
        run_id=context.run.run_id,
        progress=engine.progress_of(RAW_FILES.name),
        may_take=may_take,
        taken=remember,
        flushing=engine.flushing(),
    )
    yield from materialized(context, engine, RAW_FILES, report)


@dg.asset(
    key=dg.AssetKey(["observations", "quarantined_files"]),
    deps=[asset_key(RAW_FILES), asset_key(OBSERVATION_FILES), asset_key(SELECTED_FILES)],
    description="A view of `observation_files` and `selected_files`: the files that cannot be used, or only "
    "repeat another (copies, too), by reason. Nothing is lost: each is kept unchanged, and looked at again "
    "when a reader changes or a `targets.csv` describes it.",
    group_name="observations",
    kinds={"python", "polars"},
    owners=_OWNERS,
)
def quarantined(
    context: dg.AssetExecutionContext, engine: dg.ResourceParam[Engine]
) -> dg.MaterializeResult[None]:
    """Show how many files are quarantined, and why."""
    ledger = engine.ledger()
    rows = ledger.open(OBSERVATION_FILES).rows(list(QUARANTINE_COLUMNS)).collect()
    chosen = ledger.open(SELECTED_FILES).rows(list(REPETITION_COLUMNS)).collect()
    raw = ledger.open(RAW_FILES).rows(list(COPY_COLUMNS)).collect()
    files = quarantined_files(rows, chosen, raw)
    counts = quarantine_counts(files)
    shown = [
        dg.TableRecord({"file": name, "reason": reason, "why": text})
        for reason, name, text, *_ in files.head(_SHOWN_FILES).iter_rows()
    ]
    metadata = {
        "files_quarantined": files.height,
        "files_known": rows.height,
        "targets_csv_files": n_descriptions(rows),
        **{f"quarantined_{reason}": count for reason, count in counts.items()},
        **({"first_files": dg.MetadataValue.table(shown)} if shown else {}),
    }
    return recorded(context, metadata)
