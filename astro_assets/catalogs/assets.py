"""The catalogue wing's assets: catalogue files, their entries, objects by star, known signals, names."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
from pydantic import Field

from astro_assets.catalogs import pictures
from astro_assets.catalogs.answers import kept_answers
from astro_assets.catalogs.archive_assets import answers_metadata, fetch_into, take_in
from astro_assets.catalogs.tables import (
    CATALOG_ENTRIES,
    CATALOG_FILES,
    ECLIPSING_BINARIES,
    KEPLER_OBJECTS,
    KNOWN_SIGNALS,
    PLANETS,
    STELLAR_PARAMETERS,
    TARGET_ALIASES,
    TESS_OBJECTS,
)
from astro_assets.ledger.home import Home
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key, materialized, table_asset
from astro_assets.orchestration.ui import definition_metadata


class CatalogsConfig(dg.Config):
    """Which catalogue files to take in, and which catalogues to fetch."""

    paths: list[str] = Field(default=[], description="Catalogue files; none by default.")
    fetch: list[str] = Field(
        default=[],
        description="Catalogues to fetch from their archives, such as koi, toi, tic; none by default.",
    )
    targets: list[str] = Field(
        default=[],
        description="Targets that catalogues of stars are asked for; those that the home knows when empty.",
    )
    answers: str = Field(default="", description="Folder with answers of archives that were fetched already.")
    allow_older: bool = Field(
        default=False, description="Let a file replace one that by its own account was made after it."
    )


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the wing's assets for a home."""
    return [
        catalog_files,
        table_asset(
            home,
            CATALOG_ENTRIES,
            description="Every entry of every catalogue, in one set of columns: epochs in BTJD, durations in "
            "hours, depths in ppm, dispositions in one vocabulary and as listed.",
        ),
        table_asset(
            home,
            TARGET_ALIASES,
            description="What stars are called: names and other missions' ids, as catalogues list them. No "
            "match is made by position.",
        ),
        table_asset(
            home,
            KEPLER_OBJECTS,
            description="Kepler Objects of Interest and DR24 threshold-crossing events, by target.",
        ),
        table_asset(
            home,
            TESS_OBJECTS,
            description="TESS Objects of Interest, by target, with what the follow-up made of them.",
        ),
        table_asset(
            home,
            ECLIPSING_BINARIES,
            description="Eclipsing binaries of Kepler and K2, by target; one row an eclipsing pair.",
        ),
        table_asset(
            home,
            STELLAR_PARAMETERS,
            description="What catalogues of stars measured of the targets they were asked for: temperature, "
            "gravity, radius, mass, position, brightness. One row a target and catalogue.",
        ),
        table_asset(
            home,
            PLANETS,
            description="Planets, one row a publication, by the name of their star; with its canonical id "
            "where that is listed.",
        ),
        table_asset(
            home,
            KNOWN_SIGNALS,
            description="The periodic signals that catalogues list for each target, with what they are "
            "thought to be: what candidates are compared with. No search reads them.",
            pictures={"periods of known signals": pictures.periods},
        ),
    ]


@dg.asset(
    key=asset_key(CATALOG_FILES),
    description="The newest file of each catalogue, kept unchanged under its SHA-256: "
    "`astro-assets catalogs add FILE`, `astro-assets catalogs fetch`, or name files or catalogues to be "
    "fetched in the run's configuration.",
    group_name="catalogs",
    kinds={"python", "polars", "deltalake"},
    owners=["team:catalogs"],
    metadata=definition_metadata(CATALOG_FILES),
)
def catalog_files(
    context: dg.AssetExecutionContext, config: CatalogsConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Take in catalogue files, each in the place of the one held of the same catalogue."""
    ledger = engine.ledger()
    with TemporaryDirectory(prefix="astro-assets-") as folder:
        failures = fetch_into(
            Path(folder), ledger, config.fetch, config.targets, told=context.log.info
        ).failures
        answers = kept_answers(Path(config.answers)) if config.answers else {}
        answers |= kept_answers(Path(folder))
        report = take_in(
            ledger,
            map(Path, config.paths),
            answers,
            allow_older=config.allow_older,
            run_id=context.run.run_id,
        )
    yield from materialized(
        context, engine, CATALOG_FILES, report, besides=answers_metadata(answers.values())
    )
    if failures:
        # What came is in; it is brought up to date by the next run.
        raise dg.Failure("; ".join(map(str, failures)), allow_retries=False)
