"""A newer catalogue changes what it changed and nothing else; signals reach every listed name of a star."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.catalogs.tables import CATALOG_FILES, KEPLER_OBJECTS, KNOWN_SIGNALS
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.store import open_table
from astro_assets_tests.catalogs.made_catalogs import (
    ALIAS_ROW,
    BINARY_ROW,
    KOI_ROW,
    PLANET_ROW,
    TOI_ROW,
    ledger_at,
    put,
    rows_of,
    write,
)

OTHER = {
    **KOI_ROW,
    "kepid": "7",
    "kepoi_name": "K00007.01",
    "kepler_name": "",
    "koi_disposition": "CANDIDATE",
}
SECOND = {**KOI_ROW, "kepoi_name": "K00072.02", "kepler_name": "Kepler-10 c", "koi_period": "45.294"}


def test_signals_of_all_catalogues(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    files = {"koi": [KOI_ROW, SECOND], "toi": [TOI_ROW], "eb": [BINARY_ROW], "ps": [PLANET_ROW]}
    put(ledger, *(write(tmp_path / name, *rows) for name, rows in files.items()))
    found = {
        (row["target_id"], row["entry"], row["catalog"]): row for row in rows_of(ledger, "known_signals")
    }
    assert set(found) == {
        ("KIC 11904151", "K00072.01", "koi"),
        ("KIC 11904151", "K00072.02", "koi"),
        ("TIC 150428135", "TOI-700.01", "toi"),
        ("KIC 10419211", "KIC 10419211", "kepler_eb"),
    }, "K2-3 is no target before its name is listed"
    toi = found["TIC 150428135", "TOI-700.01", "toi"]
    assert toi["epoch_btjd"] == pytest.approx(2303.157062, abs=1e-9)
    assert (toi["disposition"], toi["listed_disposition"]) == ("confirmed_planet", "CP")
    assert toi["secondary_phase"] is None
    assert found["KIC 10419211", "KIC 10419211", "kepler_eb"]["secondary_phase"] == 0.4
    (unnamed,) = rows_of(ledger, "planets")
    assert (unnamed["star"], unnamed["target_id"]) == ("K2-3", None)


def test_one_changed_disposition_makes_stale_what_used_it(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    put(ledger, write(tmp_path / "old", KOI_ROW, OTHER), write(tmp_path / "toi", TOI_ROW))
    before = {row["target_id"]: row for row in rows_of(ledger, "known_signals")}
    # A line more above moves the others; that is no change of theirs.
    new = [SECOND, KOI_ROW, {**OTHER, "koi_disposition": "FALSE POSITIVE"}]
    reports = put(ledger, write(tmp_path / "new", *new))
    for name in ("kepler_objects", "known_signals"):
        assert set(reports[name].computed) == {"KIC 7", "KIC 11904151"}, name
    assert not reports["tess_objects"].computed
    reports = put(ledger, write(tmp_path / "newer", *new[:2], {**new[2], "koi_disposition": "CANDIDATE"}))
    for name in ("kepler_objects", "known_signals"):
        assert reports[name].computed == ("KIC 7",), name
    assert not reports["target_aliases"].computed
    after = {row["entry"]: row for row in rows_of(ledger, "known_signals")}
    assert after["K00007.01"] == before["KIC 7"]
    assert stale(ledger).entries.is_empty()


def test_what_vanished_is_removed_and_history_keeps_it(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    put(ledger, write(tmp_path / "old", KOI_ROW, OTHER))
    version = ledger.open(KEPLER_OBJECTS).version
    reports = put(ledger, write(tmp_path / "new", KOI_ROW))
    assert reports["kepler_objects"].total("removed") == reports["known_signals"].total("removed") == 1
    assert not reports["kepler_objects"].computed
    assert {row["target_id"] for row in rows_of(ledger, "kepler_objects")} == {"KIC 11904151"}
    then = open_table(ledger.home, KEPLER_OBJECTS, version=version).rows(["target_id"]).collect()
    assert set(then["target_id"]) == {"KIC 11904151", "KIC 7"}


def test_a_signal_is_traced_to_its_file(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    path = write(tmp_path / "koi", KOI_ROW)
    put(ledger, path)
    node = lineage(ledger, KNOWN_SIGNALS, "KIC 11904151")
    tables = []
    while node.parents:
        tables.append(node.table)
        node = next(parent for parent in node.parents if parent.table != "catalogs/target_aliases")
    assert node.table == CATALOG_FILES.name
    (row,) = rows_of(ledger, "catalog_files")
    assert row["sha256"] == sha256_of(path)
    assert ledger.objects.get_file(row["sha256"]).read_bytes() == path.read_bytes()


def test_a_listed_name_makes_a_planet_known(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    rejected = {**PLANET_ROW, "pl_orbper": "10.06", "default_flag": "0"}
    put(ledger, write(tmp_path / "ps", PLANET_ROW, rejected))
    reports = put(ledger, write(tmp_path / "names", ALIAS_ROW))
    assert reports["known_signals"].computed == ("K2-3",)
    (signal,) = rows_of(ledger, "known_signals")
    assert (signal["target_id"], signal["star"], signal["period_days"]) == ("EPIC 201367065", "K2-3", 10.05)
    assert (signal["epoch_btjd"], signal["disposition"]) == (None, "confirmed_planet")
    assert {row["target_id"] for row in rows_of(ledger, "planets")} == {"EPIC 201367065"}


def test_a_target_listed_under_two_ids_has_its_signals_under_both(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    match = {"alias": "TIC 377780790", "target_id": "KIC 11904151"}
    put(ledger, write(tmp_path / "koi", KOI_ROW), write(tmp_path / "names", match))
    signals = rows_of(ledger, "known_signals")
    assert {(row["target_id"], row["star"], row["entry"]) for row in signals} == {
        ("KIC 11904151", "KIC 11904151", "K00072.01"),
        ("TIC 377780790", "KIC 11904151", "K00072.01"),
    }
    aliases = {(row["star"], row["target_id"]): row["sources"] for row in rows_of(ledger, "target_aliases")}
    assert aliases == {
        ("Kepler-10", "KIC 11904151"): ["koi"],
        ("TIC 377780790", "KIC 11904151"): ["aliases"],
        ("KIC 11904151", "TIC 377780790"): ["aliases"],
    }


def test_a_planet_with_a_tic_number_is_known_for_it_and_for_listed_names(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    full = {**PLANET_ROW, "tic_id": "TIC 173103335", "pl_tranmid": "2456813.4177"}
    put(ledger, write(tmp_path / "ps", full), write(tmp_path / "names", ALIAS_ROW))
    signals = rows_of(ledger, "known_signals")
    assert {(row["target_id"], row["star"], row["entry"]) for row in signals} == {
        ("TIC 173103335", "K2-3", "K2-3 b"),
        ("EPIC 201367065", "K2-3", "K2-3 b"),
    }
    assert [row["epoch_btjd"] for row in signals] == pytest.approx([-186.5823] * 2)


def test_a_planet_by_the_name_another_catalogue_lists(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    named = {**PLANET_ROW, "pl_name": "Kepler-10 b", "hostname": "Kepler-10"}
    put(ledger, write(tmp_path / "koi", KOI_ROW), write(tmp_path / "ps", named))
    assert {row["entry"] for row in rows_of(ledger, "known_signals")} == {"K00072.01", "Kepler-10 b"}
    assert {row["target_id"] for row in rows_of(ledger, "known_signals")} == {"KIC 11904151"}


def test_a_name_of_two_stars_is_no_target_of_a_planet(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    names = [ALIAS_ROW, {**ALIAS_ROW, "target_id": "EPIC 5"}]
    put(ledger, write(tmp_path / "ps", PLANET_ROW), write(tmp_path / "names", *names))
    (planet,) = rows_of(ledger, "planets")
    assert planet["target_id"] is None


def test_a_star_that_one_catalogue_has_by_name_only(tmp_path: Path) -> None:
    """A file of planets without TIC numbers and another one with them are about the same star."""
    composite = {**PLANET_ROW, "pl_orbper_reflink": "x", "tic_id": "TIC 173103335"}
    for column in ("default_flag", "soltype"):
        del composite[column]
    ledger = ledger_at(tmp_path / "home")
    put(ledger, write(tmp_path / "ps", PLANET_ROW), write(tmp_path / "composite", composite))
    assert {row["target_id"] for row in rows_of(ledger, "known_signals")} == {"TIC 173103335"}
    put(ledger, write(tmp_path / "ps", {**PLANET_ROW, "tic_id": "TIC 5"}))
    signals = rows_of(ledger, "known_signals")
    assert {row["target_id"] for row in signals} == {"TIC 5", "TIC 173103335"}, "listed for both"
