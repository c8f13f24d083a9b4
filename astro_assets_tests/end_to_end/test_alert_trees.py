"""Labels of objects through the commands: put in, learnt from, asked by a filter; what cannot be is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERTS
from astro_assets.images.alert_tree_tables import ALERT_LABELS, LABELLED_ALERTS, NAME
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.table import Table
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.end_to_end.trainings import assert_recorded
from astro_assets_tests.orchestration import homes

pytestmark = pytest.mark.slow

SMALL = ("n_trees=20", "folds=2", "fewest_objects=2", "resamples=20", "samples_per_leaf=1")
ASKING = """
name = "as I like it"
[models]
taste = "alert_trees"
[[conditions]]
feature = "taste"
at_least = 0.5
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    root = tmp_path_factory.mktemp("labels")
    (root / "night").mkdir()
    for path in sorted((shared_data / "alerts" / "kowalski_ztf").glob("*.avro"))[:24]:
        shutil.copy(path, root / "night" / path.name)
    return root


def rows(home: Home, table: Table, *columns: str) -> pl.DataFrame:
    return homes.ledger_of(home).open(table).rows(list(columns)).select("key", *columns).collect()


@pytest.fixture(scope="module")
def labelled(folder: Path) -> Home:
    """Objects in the north of the median are wanted: something that features tell."""
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    assert astro_assets("run", "--observations", folder / "night", home=home).returncode == 0
    alerts = rows(home, ALERTS, "object_id", "dec_deg").drop_nulls()
    objects = alerts.group_by("object_id").agg(pl.col("dec_deg").mean()).sort("object_id")
    assert objects.height >= 6, "enough for two folds of both kinds"
    is_north = objects["dec_deg"] > objects["dec_deg"].median()
    lines = [
        f"{name},{'yes' if is_in else 'no'},ana"
        for name, is_in in zip(objects["object_id"], is_north, strict=True)
    ]
    (folder / "labels.csv").write_text("\n".join(["object_id,wanted,labelled_by", *lines, "ZTF99zzz,no,"]))
    result = astro_assets("alerts", "label", folder / "labels.csv", home=home)
    assert result.returncode == 0, result.stderr
    said = f"{int(is_north.sum())} objects are wanted, {objects.height + 1 - int(is_north.sum())} are not"
    assert said in result.stdout
    assert f"{objects.height} of them have packets here, {alerts.height} in all" in " ".join(
        result.stdout.split()
    )
    return home


def test_labels_are_kept_with_who_gave_them(labelled: Home) -> None:
    labels = rows(labelled, ALERT_LABELS, "object_id", "is_wanted", "labelled_by")
    assert labels.filter(pl.col("object_id") == "ZTF99zzz")["labelled_by"].to_list() == [""]
    assert set(labels["labelled_by"]) == {"ana", ""}
    assert "ZTF99zzz" not in rows(labelled, LABELLED_ALERTS, "object_id")["object_id"].to_list()


def test_trees_learn_them_and_a_filter_asks_the_trees(labelled: Home, folder: Path) -> None:
    changes = [part for one in SMALL for part in ("--set", one)]
    result = astro_assets("train", "alert_trees", "--mode", "custom", *changes, home=labelled)
    (version,) = versions(homes.ledger_of(labelled), NAME)
    assert version["origin"] == "real"
    card = astro_assets("model-card", f"alert_trees@{version['model_version']}", home=labelled).stdout
    assert "It repeats the taste of whoever labelled" in card
    assert_recorded(labelled, version)
    if version["aliases"] != ["champion"]:
        assert result.returncode != 0, "too few to be surer than chance: it is not applied"
        pytest.skip("chance could have ordered these few packets")
    assert result.returncode == 0, result.stderr
    (folder / "asking.toml").write_text(ASKING)
    result = astro_assets("alerts", "filter", folder / "asking.toml", home=labelled)
    assert result.returncode == 0, result.stderr
    decided = rows(labelled, ALERT_DECISIONS, "object_id", "verdict", "model_versions")
    assert decided["model_versions"].to_list()[0] == [f"{NAME}@{version['model_version']}"]
    labels = dict(
        rows(labelled, ALERT_LABELS, "object_id", "is_wanted").select("object_id", "is_wanted").iter_rows()
    )
    right = [
        (verdict == "accepted") == labels[name]
        for name, verdict in decided.select("object_id", "verdict").drop_nulls().iter_rows()
    ]
    assert sum(right) > 0.9 * len(right), "of packets that they were grown on"


def test_what_cannot_be_is_told_and_changes_nothing(labelled: Home, folder: Path) -> None:
    before = rows(labelled, ALERT_LABELS, "is_wanted")
    (folder / "wrong.csv").write_text("object_id,wanted\nZTF1,perhaps\n")
    for arguments, said in (
        ((folder / "wrong.csv",), "line 2: wanted is 'perhaps'"),
        ((folder / "none.csv",), "there is no such file"),
        (("--remove", "ZTF404"), "there is no label of it"),
    ):
        result = astro_assets("alerts", "label", *arguments, home=labelled)
        assert result.returncode != 0
        assert said in " ".join(result.stderr.split())
        assert "Traceback" not in result.stderr
    assert rows(labelled, ALERT_LABELS, "is_wanted").equals(before)


def test_a_label_is_changed_and_taken_back(labelled: Home, folder: Path) -> None:
    (folder / "other.csv").write_text("object_id,wanted\nZTF99zzz,yes\n")
    assert astro_assets("alerts", "label", folder / "other.csv", home=labelled).returncode == 0
    labels = rows(labelled, ALERT_LABELS, "object_id", "is_wanted")
    assert labels.filter(pl.col("object_id") == "ZTF99zzz")["is_wanted"].to_list() == [True]
    assert astro_assets("alerts", "label", "--remove", "ZTF99zzz", home=labelled).returncode == 0
    assert rows(labelled, ALERT_LABELS, "object_id").height == labels.height - 1


def test_too_few_labels_are_told(tmp_path: Path, folder: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    assert astro_assets("run", "--observations", folder / "night", home=home).returncode == 0
    result = astro_assets("train", "alert_trees", home=home)
    assert result.returncode != 0
    assert "images/alert_trees" in result.stderr + result.stdout
    assert json.loads(astro_assets("models", "--format", "json", home=home).stdout) == []
