"""The quarantine is a view of the files: those refused and those that repeat another, by reason."""

from __future__ import annotations

import polars as pl

from astro_assets.observations.quarantine import (
    COPY_COLUMNS,
    QUARANTINE_COLUMNS,
    REPETITION_COLUMNS,
    n_descriptions,
    quarantine_counts,
    quarantined_files,
)
from astro_assets.observations.schemas import (
    OBSERVATION_FILES_SCHEMA,
    RAW_FILES_SCHEMA,
    SELECTED_FILES_SCHEMA,
)

TYPES = {name: OBSERVATION_FILES_SCHEMA[name].polars_type for name in QUARANTINE_COLUMNS}
CHOSEN_TYPES = {name: SELECTED_FILES_SCHEMA[name].polars_type for name in REPETITION_COLUMNS}
RAW_TYPES = {name: RAW_FILES_SCHEMA[name].polars_type for name in COPY_COLUMNS}
ROWS = [
    ("b", "truncated", "truncated: ...", "refused", "2", 10),
    ("a", "truncated", "truncated: ...", "refused", "1", 10),
    ("c", None, None, "accepted", "3", 10),
    ("d", "not_fits", "not FITS", "refused", "4", 10),
    ("e", None, None, "accepted", "5", 11),
    ("f", None, None, "accepted", "6", 12),
    ("targets.csv", "not_an_observation", "not an observation: ...", "refused", "7", 13),
]
RAW = [("3", "c", 10, ["g", "g"]), ("4", "d", 10, None)]
CHOSEN = [
    ("3", None, None),
    ("5", "duplicate", "the same cadences as in the mission file 3"),
    ("6", "other_product", "a table file; the mission file 3 is preferred"),
]


def test_the_view_and_its_counts() -> None:
    files = quarantined_files(
        pl.DataFrame(ROWS, schema=TYPES, orient="row"),
        pl.DataFrame(CHOSEN, schema=CHOSEN_TYPES, orient="row"),
        pl.DataFrame(RAW, schema=RAW_TYPES, orient="row"),
    )
    assert files["file_name"].to_list() == ["e", "g", "g", "d", "a", "b"]
    assert files.row(0) == ("duplicate", "e", "the same cadences as in the mission file 3", "5", 11)
    assert files.row(1) == ("duplicate", "g", "the same bytes as c", "3", 10)
    assert list(quarantine_counts(files).items()) == [("duplicate", 3), ("truncated", 2), ("not_fits", 1)]


def test_a_list_of_descriptions_is_counted_apart() -> None:
    assert n_descriptions(pl.DataFrame(ROWS, schema=TYPES, orient="row")) == 1


def test_an_empty_home_has_an_empty_quarantine() -> None:
    frames = (pl.DataFrame(schema=types) for types in (TYPES, CHOSEN_TYPES, RAW_TYPES))
    files = quarantined_files(*frames)
    assert files.is_empty()
    assert quarantine_counts(files) == {}
