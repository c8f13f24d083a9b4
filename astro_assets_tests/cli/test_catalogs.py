"""`astro-assets catalogs`: files come in with one command, and label the candidates there are."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, TOI_ROW, write
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

DATED = "# Sat Oct  4 09:55:46 2025\n"
#: The star's transits are centred 0.075 d after 1501 BKJD, see `homes.star_file`.
STAR = {
    **KOI_ROW, "kepid": "100", "kepoi_name": "K00001.01", "koi_disposition": "FALSE POSITIVE",
    "koi_period": str(homes.period_of(100)), "koi_time0bk": "1501.075", "koi_duration": "3.6",
}  # fmt: skip


@pytest.fixture
def home(searched_home: Home, tmp_path: Path) -> Home:
    """Three stars, searched."""
    return homes.copy_of(searched_home, tmp_path / "home")


def labels(home: Home) -> pl.DataFrame:
    ledger = homes.ledger_of(home)
    rows = ledger.open(ledger.table("labelled_candidates")).rows()
    return rows.filter(pl.col("candidate_id").str.ends_with(".01")).sort("target_id").collect()


def test_a_catalogue_labels_the_candidates_there_are(home: Home, tmp_path: Path) -> None:
    assert labels(home)["label"].to_list() == [None] * 3
    path = write(tmp_path / "koi.csv", STAR, comments=DATED)
    result = astro_assets("catalogs", "add", path, home=home)
    assert result.returncode == 0, result.stderr
    assert "labelled_candidates" in result.stdout
    found = labels(home)
    assert found["target_id"].to_list() == ["KIC 100", "KIC 101", "KIC 102"]
    assert found["label"].to_list() == ["false_positive", None, None]
    first = found.row(0, named=True)
    assert (first["signal_catalog"], first["signal_entry"]) == ("koi", "K00001.01")
    assert (first["period_ratio"], first["is_epoch_decisive"]) == ("1", True)
    assert abs(first["epoch_offset_days"]) < 0.02

    listed = json.loads(astro_assets("catalogs", "list", "--format", "json", home=home).stdout)
    assert listed == [
        {
            "catalog": "koi", "date": "2025-10-04T09:55:46", "entries": 1, "stars": 1,
            "file_name": "koi.csv", "sha256": sha256_of(path), "archive": None, "archive_version": None,
            "retrieved_at": None,
        }
    ]  # fmt: skip

    newer = write(tmp_path / "new.csv", {**STAR, "koi_disposition": "CONFIRMED"}, comments=DATED)
    assert astro_assets("catalogs", "add", newer, home=home).returncode == 0
    assert labels(home)["label"].to_list() == ["confirmed_planet", None, None]


def test_a_bad_file_changes_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    good = write(tmp_path / "toi.csv", TOI_ROW)
    bad = write(tmp_path / "koi.csv", {**KOI_ROW, "koi_period": "long"}, comments=DATED)
    result = astro_assets("catalogs", "add", good, bad, home=home)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "astro-assets: koi.csv: line 3, column koi_period: 'long' is no number\n"
    assert json.loads(astro_assets("catalogs", "list", "--format", "json", home=home).stdout) == []
    assert "No catalogues" in astro_assets("catalogs", "list", home=home).stdout
    missing = astro_assets("catalogs", "add", tmp_path / "absent.csv", home=home)
    assert missing.returncode == 2
    assert "absent.csv" in missing.stderr


def test_an_older_file_needs_a_word(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    new = write(tmp_path / "new.csv", KOI_ROW, comments=DATED)
    old = write(tmp_path / "old.csv", KOI_ROW, comments=DATED.replace("2025", "2020"))
    assert astro_assets("catalogs", "add", new, home=home).returncode == 0
    refused = astro_assets("catalogs", "add", old, home=home)
    assert refused.returncode == 2
    assert "--allow-older" in refused.stderr
    assert astro_assets("catalogs", "add", "--allow-older", old, home=home).returncode == 0
    (listed,) = json.loads(astro_assets("catalogs", "list", "--format", "json", home=home).stdout)
    assert listed["date"] == "2020-10-04T09:55:46"
