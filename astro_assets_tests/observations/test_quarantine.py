"""The quarantine is a view of the files: those refused, by reason."""

from __future__ import annotations

import polars as pl

from astro_assets.observations.quarantine import QUARANTINE_COLUMNS, quarantine_counts, quarantined_files
from astro_assets.observations.schemas import OBSERVATION_FILES_SCHEMA

TYPES = {name: OBSERVATION_FILES_SCHEMA[name].polars_type for name in QUARANTINE_COLUMNS}
ROWS = [
    ("b", "truncated", "truncated: ...", "refused", "2", 10),
    ("a", "truncated", "truncated: ...", "refused", "1", 10),
    ("c", None, None, "accepted", "3", 10),
    ("d", "not_fits", "not FITS", "refused", "4", 10),
]


def test_the_view_and_its_counts() -> None:
    files = quarantined_files(pl.DataFrame(ROWS, schema=TYPES, orient="row"))
    assert files["file_name"].to_list() == ["d", "a", "b"]
    assert list(quarantine_counts(files).items()) == [("truncated", 2), ("not_fits", 1)]


def test_an_empty_home_has_an_empty_quarantine() -> None:
    files = quarantined_files(pl.DataFrame(schema=TYPES))
    assert files.is_empty()
    assert quarantine_counts(files) == {}
