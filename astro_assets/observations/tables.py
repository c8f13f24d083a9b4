"""The observation tables, declared for the ledger: raw files, light curves, the simulated survey's truth.

Only declarations live here; other wings reach this wing through this module and through nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.observations.fits_light_curves import describe_file
from astro_assets.observations.light_curves import compute_light_curves
from astro_assets.observations.schemas import (
    LIGHT_CURVES_SCHEMA,
    OBSERVATION_FILES_SCHEMA,
    RAW_FILES_SCHEMA,
    SIMULATED_TRUTH_SCHEMA,
    LightCurveConfig,
)
from astro_assets.observations.selection import (
    CADENCE_COLUMNS,
    PRODUCT_COLUMNS,
    newest_products,
    one_cadence_per_segment,
)

__all__ = [
    "CADENCE_COLUMNS",
    "LIGHT_CURVES",
    "OBSERVATION_FILES",
    "RAW_FILES",
    "SIMULATED_TRUTH",
    "TABLES",
    "one_cadence_per_segment",
]

#: Every file that ever came in, unopened: the source of everything. Units are put in by ingest.
RAW_FILES: Final = Table(name="observations/raw_files", schema=RAW_FILES_SCHEMA)


def compute_observation_files(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Tell what the raw file ``key`` is: one row, of simulated origin if the header says so."""
    del config
    (raw,) = parents["raw_files"]
    row = describe_file(raw["sha256"], key, raw["file_name"])
    return [{**row, "origin": "simulated" if row["is_simulated"] else "real"}]


#: What every raw file is, usable or not. A file has no shard before its header is read.
OBSERVATION_FILES: Final = Table(
    name="observations/observation_files",
    schema=OBSERVATION_FILES_SCHEMA,
    compute=compute_observation_files,
    parents=(Parent(RAW_FILES, columns=("sha256", "file_name")),),
    key="sha256",
    target=None,
    libraries=("astropy",),
)

#: One standard light curve a file, for the newest accepted file of each product.
LIGHT_CURVES: Final = Table(
    name="observations/light_curves",
    schema=LIGHT_CURVES_SCHEMA,
    compute=compute_light_curves,
    parents=(Parent(OBSERVATION_FILES, columns=PRODUCT_COLUMNS),),
    config=LightCurveConfig(),
    key="sha256",
    choose=newest_products,
    libraries=("numpy", "astropy"),
)

#: The signals the simulated survey put into a file, keyed by its SHA-256; the search never reads them.
SIMULATED_TRUTH: Final = Table(name="observations/simulated_truth", schema=SIMULATED_TRUTH_SCHEMA)

TABLES: Final = (SIMULATED_TRUTH, RAW_FILES, OBSERVATION_FILES, LIGHT_CURVES)
