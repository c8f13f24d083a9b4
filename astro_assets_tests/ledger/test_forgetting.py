"""Tables without a forgotten star: nothing of it is in any version, and all else is as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from astro_assets.ledger.checksums import drop_checksums, renew_checksums
from astro_assets.ledger.forgetting_log import BrokenHistoryError, rewrite_log
from astro_assets.ledger.forgetting_tables import rewrite_table, table_names
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS
from astro_assets.ledger.models import fit_model
from astro_assets.ledger.store import open_table
from astro_assets.ledger.trace import Trace, trace_of
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.home_bytes import contents
from astro_assets_tests.ledger.homes import CHAIN, put_entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import array_path, table_path

PATTERN = r"(?i:sim)[\s_.-]*0*2(?![0-9])"
NAMES = ("toy/files", "toy/catalogue", *(f"toy/{name}" for name in CHAIN))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Stars of one file each, and of two versions; a model of all."""
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    for more in (0.0, 0.25):
        put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.6 + i + more, 0.3]) for i in (1, 2, 20, 4)))
        put_entries(ledger, {"e": ("SIM 2", 2.0 + more), "o": ("SIM 20", 2.0)})
        refresh(ledger)
    fit_model(ledger, toy.level_spec(ledger.table("stars")))
    return ledger


def _forget(ledger: Ledger) -> Trace:
    trace = trace_of(ledger, "SIM 2", PATTERN)
    storage = ledger.home.storage
    for name in table_names(storage):
        table = {table.name: table for table in ledger.tables}[name]
        folder = table_path(ledger.home, name)
        drop_checksums(folder)
        rewrite_table(storage, name, table, trace, "forgotten-1")
        rewrite_log(storage, f"tables/{name}", trace)
        renew_checksums(folder, with_copies=table.is_source)
    for digest in trace.arrays:
        array_path(ledger.objects, digest).unlink(missing_ok=True)
    return trace


def _all_versions(ledger: Ledger) -> dict[tuple[str, int], pl.DataFrame]:
    found = {}
    for name in NAMES:
        table = ledger.table(name)
        for version in range(ledger.open(table).version + 1):
            found[name, version] = (
                open_table(ledger.home, table, version=version).units().sort("key").collect()
            )
    return found


def _is_its(units: pl.DataFrame) -> pl.Expr:
    columns = [name for name in ("key", "target", "target_id") if name in units.columns]
    texts = [
        pl.col(name) if units[name].dtype == pl.String else pl.col(name).list.join(" ") for name in columns
    ]
    its = [text.str.contains(r"SIM 2($|\.)") for text in texts]
    return (pl.any_horizontal(its) | (pl.col("key") == "f2")).fill_null(value=False)


def test_every_version_is_what_it_was_without_the_star(ledger: Ledger) -> None:
    before = _all_versions(ledger)
    _forget(ledger)
    after = _all_versions(ledger)
    n_gone = 0
    for place, units in before.items():
        its = units.filter(_is_its(units))
        kept = units.join(its.select("key"), on="key", how="anti")
        found = after[place].filter(pl.col("key").is_in(kept["key"].implode()))
        assert found.equals(kept), place
        left = after[place].join(kept.select("key"), on="key", how="anti")
        assert left["n_rows"].sum() == 0, place
        n_gone += its.height
    assert n_gone >= 2 * len(NAMES)


def test_nothing_of_it_is_in_any_file(ledger: Ledger) -> None:
    flux = [0.6 + 2 + more for more in (0.0, 0.25)]
    wanted = [b"SIM 2\n", b"SIM 2.0", b'"SIM 2"', b'"SIM 2\\"']
    assert {name for name, data in contents(ledger.home.root) if any(word in data + b"\n" for word in wanted)}
    trace = _forget(ledger)
    assert len(trace.arrays) >= 6
    assert trace.files == ()
    wanted += [digest.encode() for digest in (*trace.arrays, *trace.rows)]
    values = [pl.Series([value]).to_numpy().tobytes() for value in flux]
    for name, data in contents(ledger.home.root):
        # Whole files, which go with the rest of the home; and our own code, which may name any star.
        if name.startswith(("records", "sources")):
            continue
        assert not [word for word in wanted if word in data + b"\n"], name
        assert not [value for value in values if name.startswith("objects") and value in data], name


def test_a_second_time_changes_nothing(ledger: Ledger) -> None:
    trace = _forget(ledger)
    stamps = {path: path.stat().st_mtime_ns for path in ledger.home.root.rglob("*") if path.is_file()}
    storage = ledger.home.storage
    for name in table_names(storage):
        assert not rewrite_table(storage, name, None, trace, "forgotten-1").files
        assert not rewrite_log(storage, f"tables/{name}", trace)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_writers_and_readers_of_delta_lake_go_on(ledger: Ledger) -> None:
    """Also those that go by the sizes and counts in the log."""
    _forget(ledger)
    for name in NAMES:
        path = table_path(ledger.home, name)
        for version in range(DeltaTable(path).version() + 1):
            table = DeltaTable(path, version=version)
            n_told = pl.DataFrame(table.get_add_actions(flatten=True))
            assert table.to_pyarrow_table().num_rows == (n_told["num_records"].sum() if n_told.height else 0)
    put_files(ledger, toy.file_row("f9", "SIM 9", [0.9]))
    refresh(ledger)
    assert "SIM 9" in ledger.open(ledger.table("stars")).units(["key"]).collect()["key"].to_list()


def test_versions_are_found_at_the_times_at_which_they_were(ledger: Ledger) -> None:
    table = ledger.table("stars")
    moments = ledger.open(table).units(["computed_at"]).collect()["computed_at"].to_list()
    before = open_table(ledger.home, table, at=max(moments)).version
    _forget(ledger)
    assert open_table(ledger.home, table, at=max(moments)).version == before


def test_a_checkpoint_is_made_again(ledger: Ledger) -> None:
    path = table_path(ledger.home, "toy/stars")
    DeltaTable(path).create_checkpoint()
    _forget(ledger)
    assert list((path / "_delta_log").glob("*.checkpoint*.parquet"))
    assert DeltaTable(path).to_pyarrow_table().num_rows == 3
    told = [data for name, data in contents(path / "_delta_log") if "SIM 20" not in name]
    assert not [data for data in told if b'"SIM 2\\' in data or b'"SIM 2"' in data]


def test_what_was_interrupted_in_the_log_is_gone_on_with(ledger: Ledger) -> None:
    folder = table_path(ledger.home, "toy/stars")
    DeltaTable(folder).create_checkpoint()
    trace = trace_of(ledger, "SIM 2", PATTERN)
    drop_checksums(folder)
    rewrite_table(ledger.home.storage, "toy/stars", ledger.table("stars"), trace, "forgotten-1")
    saved = folder.with_name("saved")
    shutil.copytree(folder, saved)
    assert rewrite_log(ledger.home.storage, "tables/toy/stars", trace)
    (first, *_, last) = sorted((folder / "_delta_log").glob("*[0-9].json"))
    for kept in (first, last):  # the other one is as it was
        shutil.copytree(saved, folder, dirs_exist_ok=True)
        rewrite_log(ledger.home.storage, "tables/toy/stars", trace)
        shutil.copy(saved / "_delta_log" / kept.name, kept)
        rewrite_log(ledger.home.storage, "tables/toy/stars", trace)
        assert not [name for name, data in contents(folder) if b'"SIM 2\\' in data or b'"SIM 2"' in data]
        assert DeltaTable(folder).to_pyarrow_table().num_rows == 3


def test_a_log_that_lacks_commits_is_refused(ledger: Ledger) -> None:
    folder = table_path(ledger.home, "toy/stars")
    (folder / "_delta_log" / f"{0:020}.json").unlink()
    with pytest.raises(BrokenHistoryError, match="lacks commits"):
        rewrite_log(ledger.home.storage, "tables/toy/stars", Trace("SIM 2", PATTERN))


def test_a_model_that_was_trained_on_it_is_known_and_loses_its_members(ledger: Ledger) -> None:
    (key,) = ledger.open(MODELS).units(["key"]).collect()["key"]
    trace = _forget(ledger)
    assert trace.models == (key,)
    members = ledger.open(MODEL_MEMBERS).rows(["member_key"]).collect()["member_key"]
    assert sorted(members) == ["SIM 1", "SIM 20", "SIM 4"]
    (artefact,) = ledger.open(MODELS).rows(["artefact"]).collect()["artefact"]
    assert trace.artefacts == (artefact,)
