"""Files of alerts through the commands: packets, decisions, a small classifier, scores, pages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERT_FILTERS, ALERTS
from astro_assets.images.alerts.deciding import Decision
from astro_assets.images.real_bogus_tables import NAME, REAL_BOGUS_EXAMPLES, REAL_BOGUS_SCORES
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.table import Table
from astro_assets.tables import TABLES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.end_to_end.trainings import assert_recorded
from astro_assets_tests.orchestration import homes

pytestmark = pytest.mark.slow

FILTER = """
name = "not moving"
[[conditions]]
feature = "solar_system_arcsec"
at_least = 5
if_unknown = "accept"
[[conditions]]
feature = "real_bogus"
at_least = {least}
if_unknown = "accept"
"""
SCORED = """
name = "by the stamps"
[models]
score = "real_bogus_classifier"
[[conditions]]
feature = "score"
at_least = 0.2
"""
SMALL = ("network.epochs=10", "network.width=6", "network.batch=32", "network.dropout=0.1", "resamples=20")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """Real files of three surveys and a broker, one of them cut in the middle of its packet."""
    root = tmp_path_factory.mktemp("alerts")
    night = root / "night"
    night.mkdir()
    alerts = shared_data / "alerts"
    paths = [
        *sorted((alerts / "kowalski_ztf").glob("2475*.avro"))[:8],
        *sorted((alerts / "kowalski_pgir").glob("*.avro"))[:3],
        alerts / "boom_decam" / "alert.avro",
        alerts / "fink_parquet" / "test_yso_cut.parquet",
    ]
    for path in paths:
        shutil.copy(path, night / path.name)
    cut = sorted((alerts / "kowalski_ztf").glob("2475*.avro"))[9].read_bytes()
    (night / "cut.avro").write_bytes(cut[: len(cut) // 2])
    (night / "other.avro").write_bytes(cut[:40] + b"\xff" * 40)
    return root


@pytest.fixture(scope="module")
def home(folder: Path) -> Home:
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    result = astro_assets("run", "--observations", folder / "night", home=home)
    assert result.returncode == 0, result.stderr
    (folder / "said.txt").write_text(result.stdout + result.stderr)
    return home


@pytest.fixture(scope="module")
def filtered(home: Home, folder: Path) -> Home:
    (folder / "filter.toml").write_text(FILTER.format(least=0.6))
    result = astro_assets("alerts", "filter", folder / "filter.toml", home=home)
    assert result.returncode == 0, result.stderr
    return home


@pytest.fixture(scope="module")
def trained(filtered: Home) -> Home:
    changes = [part for one in SMALL for part in ("--set", one)]
    result = astro_assets("train", "real_bogus_classifier", "--mode", "custom", *changes, home=filtered)
    assert result.returncode == 0, result.stderr
    return filtered


def rows(home: Home, table: Table, *columns: str) -> pl.DataFrame:
    return open_ledger(home, TABLES).open(table).rows(list(columns)).select("key", *columns).collect()


def lines_stored(home: Home, version: str) -> list[bytes]:
    names = (
        "sha256",
        "position",
        "alert_id",
        "object_id",
        "filter_version",
        "verdict",
        "rejected_by",
        "value",
    )
    stored = rows(home, ALERT_DECISIONS, *names).filter(pl.col("filter_version") == version)
    return [
        Decision(
            row["alert_id"] or "",
            row["object_id"] or "",
            *(row[name] for name in ("filter_version", "verdict", "rejected_by", "value")),
        ).line()
        for row in stored.sort("sha256", "position").to_dicts()
    ]


def replayed(home: Home, folder: Path, wanted: str | Path) -> list[bytes]:
    files = sorted(set((folder / "night").iterdir()) - {folder / "night" / "other.avro"})
    result = astro_assets("alerts", "decide", *files, "--filter", wanted, home=home)
    assert result.returncode == 0, result.stderr
    return [line.encode() + b"\n" for line in result.stdout.splitlines()]


def test_every_packet_is_a_row_and_what_cannot_be_read_is_named(home: Home, folder: Path) -> None:
    found = rows(
        home, ALERTS, "status", "reason_code", "survey", "has_stamps", "is_schema_known", "real_bogus"
    )
    counts = dict(found.group_by("survey").len().iter_rows())
    assert counts == {"ZTF": 8 + 26, "PGIR": 3, "DECam": 1, None: 1}
    accepted = found.filter(pl.col("status") == "accepted")
    assert accepted["is_schema_known"].all()
    assert accepted["has_stamps"].all()
    assert found.filter(pl.col("status") == "refused")["reason_code"].to_list() == ["packet_unreadable"]
    said = (folder / "said.txt").read_text()
    assert "2 files were refused" in said
    assert "packet_unreadable  cut.avro: it ends too early" in said
    assert "other.avro: " in said


def test_decisions_are_stored_and_replayed_byte_by_byte(filtered: Home, folder: Path) -> None:
    (version,) = rows(filtered, ALERT_FILTERS, "filter_version")["filter_version"]
    stored = lines_stored(filtered, version)
    assert len(stored) == 39
    assert sum(b'"accepted"' in line for line in stored) > 5
    assert sum(b'"refused"' in line for line in stored) == 1
    assert sorted(replayed(filtered, folder, folder / "filter.toml")) == sorted(stored)
    assert replayed(filtered, folder, version[:8]) == replayed(filtered, folder, "not moving")


def test_a_filter_that_is_replaced_can_be_replayed_and_comes_back_the_same(
    filtered: Home, folder: Path
) -> None:
    (first,) = rows(filtered, ALERT_FILTERS, "filter_version")["filter_version"]
    before = lines_stored(filtered, first)
    other = folder / "other.toml"
    other.write_text(FILTER.format(least=0.95))
    assert astro_assets("alerts", "filter", other, home=filtered).returncode == 0
    now = rows(filtered, ALERT_FILTERS, "filter_version", "status", "number").sort("number")
    assert now["status"].to_list() == ["replaced", "applied"]
    assert lines_stored(filtered, first) == []
    assert lines_stored(filtered, now["filter_version"][1]) != before
    assert sorted(replayed(filtered, folder, first)) == sorted(before)
    assert astro_assets("alerts", "filter", folder / "filter.toml", home=filtered).returncode == 0
    assert lines_stored(filtered, first) == before
    listed = astro_assets("alerts", "filter", "--list", home=filtered)
    assert first[:12] in listed.stdout


def test_a_small_classifier_is_trained_on_what_was_put_in(trained: Home) -> None:
    (version,) = versions(open_ledger(trained, TABLES), NAME)
    assert version["aliases"] == ["champion"], version["figures"]
    assert version["origin"] == "injected"
    examples = rows(trained, REAL_BOGUS_EXAMPLES, "kind", "object_id")
    assert version["trained_on_injected"] == examples.height > 300
    assert (version["trained_on_real"], version["trained_on_simulated"]) == (0, 0)
    card = astro_assets("model-card", "real_bogus_classifier", home=trained)
    assert "There are no human labels of packets here" in card.stdout
    assert_recorded(trained, version)


def test_scores_stand_beside_the_packets_own(trained: Home) -> None:
    names = (
        "sha256",
        "alert_id",
        "score",
        "real_bogus",
        "deep_real_bogus",
        "model_version",
        "trained_on_injected",
    )
    found = rows(trained, REAL_BOGUS_SCORES, *names)
    assert found.height == 38
    assert found["score"].is_between(0, 1).all()
    assert found["real_bogus"].is_not_null().sum() + found["deep_real_bogus"].is_not_null().sum() > 30
    assert found["trained_on_injected"].unique().to_list() == [
        rows(trained, REAL_BOGUS_EXAMPLES, "kind").height
    ]
    node = lineage(open_ledger(trained, TABLES), REAL_BOGUS_SCORES, found["key"][0])
    assert {one.table for _, one in node.walk()} >= {"images/alerts", "observations/raw_files"}


def test_a_filter_that_asks_the_classifier_names_its_version(trained: Home, folder: Path) -> None:
    path = folder / "scored.toml"
    path.write_text(SCORED)
    result = astro_assets("alerts", "filter", path, home=trained)
    assert result.returncode == 0, result.stderr
    (version,) = versions(open_ledger(trained, TABLES), NAME)
    names = ("alert_filter", "filter_version", "model_versions")
    asked = rows(trained, ALERT_DECISIONS, *names).filter(pl.col("alert_filter") == "by the stamps")
    assert asked["model_versions"].to_list() == [[f"{NAME}@{version['model_version']}"]] * 39
    stored = lines_stored(trained, asked["filter_version"][0])
    assert sorted(replayed(trained, folder, "by the stamps")) == sorted(stored)
    assert any(json.loads(line)["verdict"] == "rejected" for line in stored)
    assert astro_assets("alerts", "filter", "--remove", "by the stamps", home=trained).returncode == 0
    assert "by the stamps" not in rows(trained, ALERT_DECISIONS, "alert_filter")["alert_filter"].to_list()


def test_scores_and_decisions_made_again_are_the_same(trained: Home) -> None:
    before = hashes(trained)
    again = [part for table in (REAL_BOGUS_SCORES, ALERT_DECISIONS) for part in ("--recompute", table.name)]
    result = astro_assets("run", *again, home=trained)
    assert result.returncode == 0, result.stderr
    assert hashes(trained) == before
    assert [len(of) for of in before] == [38, 39]


def test_a_packet_has_no_target_that_could_be_retracted(trained: Home) -> None:
    name = rows(trained, ALERTS, "object_id")["object_id"].drop_nulls()[0]
    result = astro_assets("retract", name, "--why", "moving", home=trained)
    assert result.returncode == 2
    assert name in result.stderr


def hashes(home: Home) -> list[list[str]]:
    """Return the hashes of all rows of scores, and of decisions."""
    ledger = open_ledger(home, TABLES)
    found = (
        ledger.open(table).units(["row_hash"]).collect() for table in (REAL_BOGUS_SCORES, ALERT_DECISIONS)
    )
    return [sorted(value for of_unit in units["row_hash"] for value in of_unit) for units in found]


def test_the_gallery_shows_alerts(trained: Home) -> None:
    result = astro_assets("report", home=trained)
    assert result.returncode == 0, result.stderr
    page = (trained.root / "report" / "images.html").read_text()
    assert "Where the packets&#39; own scores disagree most" in page or "own scores disagree most" in page
    assert "not moving" in page
    assert "No person has labelled these packets" in page
    assert page.count("<img") == 16
    assert len(page) < 500_000


def test_one_more_file_costs_its_own_packets(trained: Home, folder: Path, shared_data: Path) -> None:
    ledger = open_ledger(trained, TABLES)
    tables = (ALERTS, ALERT_DECISIONS, REAL_BOGUS_SCORES)
    before = {table.name: ledger.open(table).units(["key", "run_id"]).collect() for table in tables}
    new = min((shared_data / "alerts" / "kowalski_ztf").glob("1127*.avro"))
    result = astro_assets("run", "--observations", new, home=trained)
    assert result.returncode == 0, result.stderr
    ledger = open_ledger(trained, TABLES)
    for table in tables:
        after = ledger.open(table).units(["key", "run_id"]).collect()
        assert after.height == before[table.name].height + 1, table.name
        same = after.join(before[table.name], on=["key", "run_id"], how="semi")
        assert same.height == before[table.name].height, table.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 'x'", "conditions: Field required"),
        (SCORED.replace("real_bogus_classifier", "no_model"), "no_model"),
        (SCORED.replace("real_bogus_classifier", "real_bogus_classifier@zz"), "no version or alias 'zz'"),
    ],
)
def test_what_is_no_filter_stops_before_anything_is_stored(
    trained: Home, folder: Path, text: str, said: str
) -> None:
    path = folder / "wrong.toml"
    path.write_text(text)
    result = astro_assets("alerts", "filter", path, home=trained)
    assert result.returncode == 2
    assert said in result.stderr


def test_deciding_needs_no_home_and_names_what_holds_no_alerts(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "filter.toml").write_text(FILTER.format(least=0.6))
    notes = tmp_path / "notes.txt"
    notes.write_text("notes")
    good = next((folder / "night").glob("2475*.avro"))
    result = astro_assets(
        "alerts", "decide", good, notes, "--filter", tmp_path / "filter.toml", home=tmp_path / "none"
    )
    assert (result.returncode, len(result.stdout.splitlines())) == (1, 1)
    assert f"{notes}: " in result.stderr
    assert not (tmp_path / "none").exists()
