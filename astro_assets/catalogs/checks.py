"""The checks of the catalogue wing's assets: which rules each table keeps."""

import dagster as dg

from astro_assets.catalogs.invariants import broken_ephemerides
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
from astro_assets.orchestration.rules import RowRule
from astro_assets.orchestration.table_checks import table_checks

#: Judged where entries come in, so that nothing after has to, and where signals are handed to other wings.
_EPHEMERIDES = RowRule(
    "ephemerides_possible",
    "Periods and durations are positive and epochs finite, or unknown.",
    ("catalog", "entry", "period_days", "epoch_btjd", "duration_hours"),
    broken_ephemerides,
)


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the wing's checks."""
    return [
        table_checks(CATALOG_FILES),
        table_checks(CATALOG_ENTRIES, _EPHEMERIDES, identity=("catalog", "entry")),
        table_checks(TARGET_ALIASES, identity=("star", "target_id")),
        table_checks(KEPLER_OBJECTS, identity=("catalog", "entry")),
        table_checks(TESS_OBJECTS, identity=("catalog", "entry")),
        table_checks(ECLIPSING_BINARIES, identity=("catalog", "entry")),
        table_checks(STELLAR_PARAMETERS, identity=("catalog", "target_id")),
        table_checks(PLANETS, identity=("catalog", "entry")),
        table_checks(KNOWN_SIGNALS, _EPHEMERIDES, identity=("target_id", "star", "catalog", "entry")),
    ]
