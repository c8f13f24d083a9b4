"""The observation tables, declared for the ledger: raw files, light curves, the simulated survey's truth.

Only declarations live here; other wings reach this wing through this module and through nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from astro_assets.ledger.table import Parent, Parents, Table
from astro_assets.observations.archive_schemas import ARCHIVE_PRODUCTS_SCHEMA, ArchiveProductsConfig
from astro_assets.observations.identification import describe_file
from astro_assets.observations.light_curves import compute_light_curves
from astro_assets.observations.schemas import (
    LIGHT_CURVES_SCHEMA,
    OBSERVATION_FILES_SCHEMA,
    RAW_FILES_SCHEMA,
    SEARCHED_COLUMNS,
    SELECTED_FILES_SCHEMA,
    SIMULATED_TRUTH_SCHEMA,
    LightCurveConfig,
    ObservationFilesConfig,
    SelectedFilesConfig,
)
from astro_assets.observations.selection import STAR_COLUMNS, accepted, choose, searched, stars_told

__all__ = [
    "ARCHIVE_PRODUCTS",
    "LIGHT_CURVES",
    "OBSERVATION_FILES",
    "RAW_FILES",
    "SELECTED_FILES",
    "SIMULATED_TRUTH",
    "STAR_COLUMNS",
    "SURFACE_KINDS",
    "TABLES",
    "searched",
]

#: Which files were fetched from an archive, keyed by their SHA-256: told of the files, and read by nothing.
ARCHIVE_PRODUCTS: Final = Table(
    name="observations/archive_products", schema=ARCHIVE_PRODUCTS_SCHEMA, config=ArchiveProductsConfig()
)

#: Every file that ever came in, unopened: the source of everything. Units are put in by ingest.
RAW_FILES: Final = Table(name="observations/raw_files", schema=RAW_FILES_SCHEMA)


def compute_observation_files(
    key: str, parents: Parents, config: ObservationFilesConfig
) -> list[dict[str, Any]]:
    """Tell what the raw file ``key`` is: one row, of simulated origin if the header says so."""
    (raw,) = parents["raw_files"]
    row = describe_file(
        raw["sha256"],
        key,
        raw["file_name"],
        raw["description"],
        flux_column=config.flux_column,
        least_finite_fraction=config.least_finite_fraction,
    )
    return [{**row, "origin": "simulated" if row["is_simulated"] else "real"}]


#: What every raw file is, usable or not. A file has no shard before its header is read.
OBSERVATION_FILES: Final = Table(
    name="observations/observation_files",
    schema=OBSERVATION_FILES_SCHEMA,
    compute=compute_observation_files,
    parents=(Parent(RAW_FILES, columns=("sha256", "file_name", "description")),),
    config=ObservationFilesConfig(),
    key="sha256",
    target=None,
    libraries=("astropy", "numpy", "polars", "pyarrow"),
    described_by={"star": "target_id", "mission": "mission", "segment": "segment"},
)

#: One standard light curve a file, for every accepted file.
LIGHT_CURVES: Final = Table(
    name="observations/light_curves",
    schema=LIGHT_CURVES_SCHEMA,
    compute=compute_light_curves,
    parents=(Parent(OBSERVATION_FILES, columns=("sha256", "status", "target_id", "description")),),
    config=LightCurveConfig(),
    key="sha256",
    choose=accepted,
    libraries=("astropy", "numpy", "polars", "pyarrow"),
)


def compute_selected_files(key: str, parents: Parents, config: SelectedFilesConfig) -> list[dict[str, Any]]:
    """Choose among the light curves of the target ``key``: one row a file."""
    curves = parents["light_curves"]
    choices = choose(curves, config.products, config.least_agreement)
    return [
        {
            "target_id": key,
            "sha256": curve["sha256"],
            "status": choice.status,
            "search_id": choice.search_id,
            "reason_code": choice.reason_code,
            "choice_reason": choice.reason,
            **{name: curve[name] for name in SEARCHED_COLUMNS},
            **star,
        }
        for curve, choice, star in zip(curves, choices, stars_told(curves, choices), strict=True)
    ]


#: Which of a target's light curves are searched: one product for each stretch of time.
SELECTED_FILES: Final = Table(
    name="observations/selected_files",
    schema=SELECTED_FILES_SCHEMA,
    compute=compute_selected_files,
    parents=(
        Parent(
            LIGHT_CURVES,
            columns=(
                "target_id", "sha256", "data_release", "file_created", *SEARCHED_COLUMNS, *STAR_COLUMNS,
            ),
        ),
    ),
    config=SelectedFilesConfig(),
    libraries=("numpy",),
)  # fmt: skip

#: The signals the simulated survey put into a file, keyed by its SHA-256; the search never reads them.
SIMULATED_TRUTH: Final = Table(
    name="observations/simulated_truth", schema=SIMULATED_TRUTH_SCHEMA, holds_labels=True
)
#: Kinds of rows of it that every star has: the signals of quiet stars.
SURFACE_KINDS: Final = ("spots", "granulation")

TABLES: Final = (
    ARCHIVE_PRODUCTS, SIMULATED_TRUTH, RAW_FILES, OBSERVATION_FILES, LIGHT_CURVES, SELECTED_FILES,
)  # fmt: skip
