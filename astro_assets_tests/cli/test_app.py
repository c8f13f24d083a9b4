"""The commands that other tools rely on, as processes of their own."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.shards import shard_of
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

#: The columns that other tools rely on, in this order.
COLUMNS = [
    "target_id", "rank", "period_days", "epoch_btjd", "duration_hours", "depth_ppm", "snr", "sde",
    "n_transits", "origin",
]  # fmt: skip


def answer(*arguments: str, home: Home, **environment: str) -> str:
    """Return what a command prints on standard output, and check that it prints nothing else."""
    result = astro_assets(*arguments, home=home, **environment)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def answer_json(*arguments: str, home: Home) -> Any:
    return json.loads(answer(*arguments, "--format", "json", home=home), parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def complaint(*arguments: str, home: Home) -> str:
    """Return the one line that a command complains with."""
    result = astro_assets(*arguments, home=home)
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("astro-assets: ")
    return line


def test_candidates_are_the_detected_rows_best_first(simulated_home: Home) -> None:
    rows = answer_json("candidates", home=simulated_home)
    assert all(list(row) == COLUMNS for row in rows)
    ledger = homes.ledger_of(simulated_home)
    stored = ledger.open(ledger.table("transit_candidates")).rows([*COLUMNS[:-1], "is_detected"])
    above = stored.filter("is_detected").select(COLUMNS).collect()
    assert len(rows) == above.height > 3
    assert (
        pl.DataFrame(rows, schema=above.schema)
        .sort("target_id", "rank")
        .equals(above.sort("target_id", "rank"))
    )
    best, weakest = rows[0], rows[-1]
    assert best["snr"] > 100 > weakest["snr"]
    assert {row["origin"] for row in rows} == {"simulated"}


def test_all_candidates_are_those_and_the_rest(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    home.config_file.write_text(
        "[transits.transit_candidates]\ndetection_threshold = 60\nfalse_alarm_threshold = 1e-300\n"
    )
    assert astro_assets("run", home=home).returncode == 0
    above, everything = (answer_json("candidates", *flag, home=home) for flag in ([], ["--all"]))
    assert {row["target_id"] for row in above} == {"KIC 100", "KIC 101"}
    assert everything[:2] == above
    assert [row["target_id"] for row in everything[2:]] == ["KIC 102"], "a transit of 0.1 %"
    assert all(row["snr"] > 100 for row in above)
    assert everything[2]["snr"] < 60


def test_candidates_as_csv_are_the_same_rows(simulated_home: Home) -> None:
    rows = answer_json("candidates", home=simulated_home)
    lines = list(csv.DictReader(io.StringIO(answer("candidates", "--format", "csv", home=simulated_home))))
    assert [list(line) for line in lines] == [COLUMNS] * len(rows)
    assert [float(line["period_days"]) for line in lines] == [row["period_days"] for row in rows]
    assert [line["target_id"] for line in lines] == [row["target_id"] for row in rows]


def test_a_narrow_terminal_cuts_no_column(simulated_home: Home) -> None:
    rows = answer_json("candidates", home=simulated_home)
    table = answer("candidates", home=simulated_home, COLUMNS="60").splitlines()
    (heading,) = [line for line in table if "target_id" in line]
    assert heading.split() == COLUMNS
    printed = [line.split() for line in table if line.strip().startswith("SIM ")]
    assert [f"{line[0]} {line[1]}" for line in printed] == [row["target_id"] for row in rows]
    assert [line[3] for line in printed] == [f"{row['period_days']:.6f}" for row in rows]
    assert all(line[-1] == "simulated" for line in printed)


def test_a_home_without_candidates_says_so(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    assert "--all" in answer("candidates", home=home)
    assert answer_json("candidates", home=home) == []
    assert answer("candidates", "--format", "csv", home=home).split() == [",".join(COLUMNS)]


def ancestors(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(found for parent in node["parents"] for found in ancestors(parent))]


def test_lineage_ends_in_the_sha256_of_the_file(searched_home: Home) -> None:
    file = searched_home.inbox / "star101.fits"
    tree = answer_json("lineage", "transits/folded_views", "KIC 101.01", home=searched_home)
    found = {node["table"]: node for node in ancestors(tree)}
    assert next(iter(found)) == "transits/folded_views"
    beside = {"transits/variability", "transits/labelled_candidates"}
    assert set(found) == {*homes.CHAIN, "observations/raw_files"} - beside
    assert found["observations/raw_files"]["key"] == sha256_of(file)
    assert found["observations/raw_files"]["parents"] == []
    assert found["observations/observation_files"]["context"]["file_name"] == file.name
    assert {node["origin"] for node in found.values()} == {"real"}
    assert all(node["is_current"] and len(node["row_hashes"]) == 1 for node in found.values())


def test_lineage_is_printed_as_a_tree(searched_home: Home) -> None:
    file = searched_home.inbox / "star101.fits"
    lines = answer("lineage", "folded_views", "KIC 101.01", home=searched_home, COLUMNS="60").splitlines()
    assert lines[0].startswith("transits/folded_views  KIC 101.01")
    (leaf, *_) = [line for line in lines if "observations/raw_files" in line]
    assert sha256_of(file) in leaf
    assert file.name in next(line for line in lines if "observations/observation_files" in line)


@pytest.mark.parametrize(
    ("table", "written", "key"),
    [
        ("transits/transit_candidates", "KIC 101", "KIC 101"),
        ("transit_candidates", "kic-0101", "KIC 101"),
        ("transit_candidates", "kic101.01", "KIC 101"),
        ("folded_views", " kic_101.01 ", "KIC 101.01"),
        ("light_curves", "{sha256}", "{sha256}"),
        ("observation_files", "{beginning}", "{sha256}"),
    ],
)
def test_lineage_knows_a_key_however_it_is_written(
    searched_home: Home, table: str, written: str, key: str
) -> None:
    sha256 = sha256_of(searched_home.inbox / "star101.fits")
    names = {"sha256": sha256, "beginning": sha256[:8].upper()}
    tree = answer_json("lineage", table, written.format(**names), home=searched_home)
    assert tree["key"] == key.format(**names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lineage", "transits/transit_candidates", "KIC 99"], "transits/transit_candidates holds no unit"),
        (["lineage", "transits/folded_views", "KIC 101.09"], "'KIC 101.09'"),
        (["lineage", "transits/transit_candidates", "KIC 101.09"], "'KIC 101.09'"),
        (["lineage", "observations/light_curves", "abcdef0123"], "'abcdef0123'"),
        (["lineage", "transits/planets", "KIC 101"], "observations/light_curves"),
        (["targets", "find", "WASP-18"], "'WASP'"),
        (["targets", "find", "100100827"], "TIC 100100827"),
        (["run", "--observations", "/no/such/folder"], "/no/such/folder"),
    ],
)
def test_what_does_not_exist_is_one_clear_line(searched_home: Home, arguments: list[str], said: str) -> None:
    assert said in complaint(*arguments, home=searched_home)


def test_a_beginning_names_a_file_and_never_another_target(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", 1234567)
    ledger = homes.ledger_of(home)
    from astro_assets.ledger.update import put_units

    table = ledger.table("simulated_truth")
    put_units(ledger, table, {"KIC 1234567": [], "abcdef01" * 8: [], "abcdef02" * 8: []})
    assert "'KIC 123456'" in complaint("lineage", table.name, "KIC 123456", home=home)
    assert "2 keys begin so" in complaint("lineage", table.name, "abcdef0", home=home)
    assert answer_json("lineage", table.name, "abcdef02", home=home)["key"] == "abcdef02" * 8


def test_targets_find_gives_id_shard_and_files(searched_home: Home) -> None:
    file = searched_home.inbox / "star102.fits"
    found = answer_json("targets", "find", "kic000102", home=searched_home)
    assert found["target_id"] == "KIC 102"
    assert found["shard"] == shard_of("KIC 102", homes.N_SHARDS)
    (line,) = found["files"]
    assert (line["file_name"], line["sha256"], line["segment"]) == (file.name, sha256_of(file), 7)
    assert sha256_of(file) in answer("targets", "find", "KIC 102", home=searched_home, COLUMNS="60")
    assert answer_json("targets", "find", "KIC 99", home=searched_home)["files"] == []


def test_a_current_home_has_nothing_stale(searched_home: Home) -> None:
    state = answer_json("stale", home=searched_home)
    assert state["entries"] == []
    n_stars = len(homes.STARS)
    current = {name: state["tables"][name]["current"] for name in homes.CHAIN}
    assert current == dict.fromkeys(homes.CHAIN, n_stars)
    assert "Everything is up to date." in answer("stale", home=searched_home)


def test_a_setting_makes_exactly_its_tables_units_stale_and_computes_nothing(
    searched_home: Home, tmp_path: Path
) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    before = homes.versions(home)
    home.config_file.write_text("[transits.transit_candidates]\nn_peaks = 4\n")
    entries = answer_json("stale", home=home)["entries"]
    stale = {
        (entry["table"], entry["key"], entry["cause"]) for entry in entries if entry["status"] == "stale"
    }
    assert stale == {("transits/transit_candidates", f"KIC {n}", "config") for n in homes.STARS}
    others = {(entry["table"], entry["key"], entry["status"]) for entry in entries} - {
        ("transits/transit_candidates", f"KIC {n}", "stale") for n in homes.STARS
    }
    assert others == {
        (f"transits/{name}", f"KIC {n}.01", "unsettled")
        for name in ("folded_views", "labelled_candidates")
        for n in homes.STARS
    } | {
        (f"transits/{name}", f"KIC {n}", "unsettled")
        for name in ("single_transits", "transit_features")
        for n in homes.STARS
    }  # of scores and clusters nobody asked for nothing is due
    printed = answer("stale", home=home)
    assert "transits/transit_candidates  KIC 101  config" in printed
    assert homes.versions(home) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[transits.transit_candidates]\nn_peak = 4\n", "n_peak"),
        ("[transits.transit_candidates]\nn_peaks = -4\n", "n_peaks"),
        ("[transits.transit_candidate]\nn_peaks = 4\n", "transits.transit_candidate"),
        ("[transits.transit_candidates\n", "cannot be read as TOML"),
    ],
)
def test_a_bad_setting_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    home = open_home(tmp_path / "home")
    home.config_file.write_text(text)
    line = complaint("stale", home=home)
    assert str(home.config_file) in line
    assert said in line
    assert complaint("run", home=home) == line


def test_a_home_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "home"
    path.write_text("no folder")
    result = astro_assets("candidates", home=path)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert str(path) in result.stderr


def test_a_state_of_the_inbox_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    state = home.root / "inbox.sqlite"
    state.mkdir()
    assert str(state) in complaint("stale", home=home)


def test_a_home_keeps_the_number_of_shards_it_was_made_with(searched_home: Home) -> None:
    settings = tomllib.loads((searched_home.root / "home.toml").read_text())
    assert settings["n_shards"] == homes.N_SHARDS
    assert answer_json("targets", "find", "KIC 101", home=searched_home)["shard"] < homes.N_SHARDS
