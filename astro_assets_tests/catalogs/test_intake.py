"""What may come in: whole files, one a catalogue, none older than the one held."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.catalogs.intake import accepted
from astro_assets.catalogs.text_tables import CatalogError
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, TOI_ROW, write

COMMENTS = "# Sat Oct  4 09:55:46 2025\n"
DATE = "2025-10-04T09:55:46"


def test_files_are_read_in_order(tmp_path: Path) -> None:
    paths = [write(tmp_path / "b", TOI_ROW), write(tmp_path / "a", KOI_ROW, comments=COMMENTS)]
    found = accepted(paths, {})
    assert [(path, catalog.name, catalog.date) for path, catalog in found.items()] == [
        (paths[0], "toi", None),
        (paths[1], "koi", DATE),
    ]


def test_an_older_file_is_taken_only_on_purpose(tmp_path: Path) -> None:
    path = write(tmp_path / "koi.csv", KOI_ROW, comments=COMMENTS)
    assert accepted([path], {"koi": DATE})
    assert accepted([path], {"koi": None, "toi": "2026-01-01"})
    with pytest.raises(CatalogError, match=rf"koi\.csv: made on {DATE}, but the koi held is of 2026-01-01"):
        accepted([path], {"koi": "2026-01-01"})
    assert accepted([path], {"koi": "2026-01-01"}, allow_older=True)


def test_two_files_of_one_catalogue_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, KOI_ROW) for name in ("a.csv", "b.csv")]
    with pytest.raises(CatalogError, match=r"a\.csv and b\.csv are both the catalogue koi"):
        accepted(paths, {})


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="is a folder"):
        accepted([tmp_path], {})
    with pytest.raises(FileNotFoundError):
        accepted([tmp_path / "absent"], {})


def test_the_complaint_names_file_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path / "koi.csv", {**KOI_ROW, "koi_depth": "deep"}, comments=COMMENTS)
    with pytest.raises(CatalogError) as caught:
        accepted([path], {})
    assert str(caught.value) == "koi.csv: line 3, column koi_depth: 'deep' is no number"
