"""An update computes what changed and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import (
    CHAIN,
    computed,
    contents,
    entries,
    put_entries,
    put_files,
    refresh,
    removed,
    toy_ledger,
    units,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Six stars of two files each, three of them with a catalogue entry."""
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.1 * i, 0.7]) for i in range(12)))
    put_entries(ledger, {f"e{i}": (f"SIM {i}", 2.0) for i in range(3)})
    refresh(ledger)
    return ledger


# ---- exactly what is touched


@pytest.mark.slow
def test_one_changed_file_among_1000_recomputes_one_stars_units(tmp_path: Path) -> None:
    values = np.random.default_rng(5).normal(size=(1000, 4)).round(3)
    ledger = toy_ledger(tmp_path / "home", n_shards=64)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", row.tolist()) for i, row in enumerate(values)))
    first = refresh(ledger)
    assert [len(first[name].computed) for name in CHAIN[:3]] == [1000, 1000, 1000]
    before = contents(ledger)
    put_files(ledger, toy.file_row("f417", "SIM 417", [0.9, 0.1, 0.8]))
    assert entries(ledger) >= {("curves", "f417", "stale"), ("stars", "SIM 417", "unsettled")}
    views = ["SIM 417.01", "SIM 417.02"]
    expected = {"curves": ["f417"], "stars": ["SIM 417"], "signals": ["SIM 417"], "views": views}
    assert computed(refresh(ledger)) == expected
    after = contents(ledger)
    for name, keys in expected.items():
        changed = {
            key for key in {**before[name], **after[name]} if before[name].get(key) != after[name].get(key)
        }
        assert changed >= set(keys)
        assert all(key.startswith(("SIM 417", "f417")) for key in changed)
    assert not entries(ledger)


def test_a_header_only_change_recomputes_nothing(ledger: Ledger) -> None:
    put_files(ledger, toy.file_row("f1", "SIM 0", [0.1, 0.7], header="DATE = 2026-11-20"))
    assert not entries(ledger)
    assert not computed(refresh(ledger))


def test_a_change_that_the_curve_only_repeats_goes_no_further(ledger: Ledger) -> None:
    put_files(ledger, toy.file_row("f1", "SIM 0", [0.1, 0.7], remark="reprocessed"))
    assert {entry for entry in entries(ledger) if entry[2] != "unsettled"} == {("curves", "f1", "stale")}
    assert computed(refresh(ledger)) == {"curves": ["f1"]}
    remark = ledger.open(ledger.table("curves")).rows(["file_id", "remark"]).collect()
    assert dict(remark.select("file_id", "remark").iter_rows())["f1"] == "reprocessed"
    assert not entries(ledger)


def test_a_removed_file_takes_its_descendants_along(ledger: Ledger) -> None:
    put_files(ledger, remove=["f10", "f11", "f0"])
    assert {entry for entry in entries(ledger) if entry[2] == "removed"} == {
        ("curves", "f10", "removed"), ("curves", "f11", "removed"), ("curves", "f0", "removed"),
    }  # fmt: skip
    reports = refresh(ledger)
    assert computed(reports) == {"stars": ["SIM 0"], "signals": ["SIM 0"], "views": ["SIM 0.01"]}
    assert removed(reports) == {"curves": 3, "stars": 1, "signals": 1, "views": 4}
    for name in CHAIN:
        assert not [key for key in contents(ledger)[name] if key in {"f0", "f10", "f11"} or "SIM 5" in key]


def test_a_new_catalogue_row_makes_exactly_its_target_stale(ledger: Ledger) -> None:
    put_entries(ledger, {"unmatched": ("SIM 77", 3.0)})
    assert not entries(ledger)
    put_entries(ledger, {"matched": ("SIM 4", 3.0)})
    assert {entry for entry in entries(ledger) if entry[2] != "unsettled"} == {("stars", "SIM 4", "stale")}
    cause = stale(ledger).entries.filter(status="stale")["cause"].to_list()
    assert cause == ["data: toy/catalogue"]
    assert set(computed(refresh(ledger))["stars"]) == {"SIM 4"}
    put_entries(ledger, {}, remove=["matched", "e0"])
    assert {e for e in entries(ledger) if e[2] == "stale"} == {
        ("stars", "SIM 0", "stale"),
        ("stars", "SIM 4", "stale"),
    }


def test_a_file_that_changes_its_target_moves(ledger: Ledger) -> None:
    """The same key in another shard: nothing of it may stay behind."""
    names = [f"SIM {i}" for i in range(100, 107)]
    for name in names:
        put_files(ledger, toy.file_row("f0", name, [0.6]))
        refresh(ledger)
        assert not entries(ledger)
    targets = dict(units(ledger, "curves", "target").iter_rows())
    assert targets["f0"] == names[-1]
    assert set(units(ledger, "stars")["key"]) == {*(f"SIM {i}" for i in range(6)), names[-1]}


def test_a_target_that_moved_is_settled_shard_by_shard(ledger: Ledger) -> None:
    put_files(ledger, *(toy.file_row("f0", f"SIM {i}", [0.6]) for i in range(100, 101)))
    for shard in range(4):
        refresh(ledger, shards=[shard])
    refresh(ledger)
    assert not entries(ledger)
    assert contents(ledger)["curves"]["f0"][1] == "SIM 100"


# ---- code and configuration


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"code": {"views": 1}}, {"views"}),
        ({"code": {"signals": 1}}, {"signals", "views"}),
        ({"code": {"stars": 1}}, {"stars"}),  # the same result by other code: children are cut off
        ({"config": {"stars": toy.StarConfig(scale=2.0)}}, {"stars"}),  # no child reads the level
        ({"config": {"curves": toy.CurveConfig(offset=0.125)}}, set(CHAIN)),
    ],
)
def test_what_is_declared_anew_is_computed_anew(
    ledger: Ledger, change: dict[str, dict[str, object]], expected: set[str]
) -> None:
    changed = toy_ledger(ledger.home.root, **change)  # type: ignore[arg-type]
    assert not entries(ledger)
    first = next(name for name in CHAIN if name in expected)
    assert {name for name, _, status in entries(changed) if status == "stale"} == {first}
    assert set(computed(refresh(changed))) == expected
    assert not entries(changed)
    assert {name for name, _, status in entries(ledger) if status == "stale"} == {first}, "and back again"


def test_settings_of_the_home_count(ledger: Ledger) -> None:
    ledger.home.config_file.write_text("[toy.signals]\nabove = 0.65\n")
    changed = toy_ledger(ledger.home.root)
    assert {(name, status) for name, _, status in entries(changed)} == {
        ("signals", "stale"),
        ("views", "unsettled"),
    }
    causes = stale(changed).entries.filter(table="toy/signals")["cause"].unique().to_list()
    assert causes == ["config"]
    ledger.home.config_file.write_text("[toy.signals]\nabove = 0.5\n")
    assert not entries(toy_ledger(ledger.home.root)), "the default written out is no change"


# ---- origins


def _origins(ledger: Ledger, name: str) -> dict[str, str]:
    return dict(units(ledger, name, "origin").iter_rows())


def test_a_child_takes_the_least_real_origin(ledger: Ledger) -> None:
    assert set(_origins(ledger, "views").values()) == {"real"}
    put_files(
        ledger,
        {**toy.file_row("f0", "SIM 0", [0.0, 0.7]), "origin": "simulated"},
        {**toy.file_row("f2", "SIM 1", [0.2, 0.7]), "origin": "injected"},
    )
    assert {e for e in entries(ledger) if e[2] == "stale"} == {
        ("curves", "f0", "stale"),
        ("curves", "f2", "stale"),
    }
    reports = refresh(ledger)
    assert computed(reports)["signals"] == ["SIM 0", "SIM 1"], (
        "an equal value of another origin is another input"
    )
    for name in ("stars", "signals"):
        found = _origins(ledger, name)
        assert (found.pop("SIM 0"), found.pop("SIM 1")) == ("simulated", "injected")
        assert set(found.values()) == {"real"}
    assert _origins(ledger, "views")["SIM 0.01"] == "simulated"
    put_entries(ledger, {"e1": ("SIM 1", 2.0)})
    assert not computed(refresh(ledger))
    assert not entries(ledger)


def counted(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Count a file's values: the target is not among what is read."""
    return [{"file_id": key, "n_values": len(parents["files"][0]["values"])}]


def test_a_unit_follows_its_target_though_it_reads_nothing_of_it(tmp_path: Path) -> None:
    counts = Table(
        "toy/counts",
        Schema((Column("file_id", "string", "Name."), Column("n_values", "int32", "Number of values."))),
        counted,
        (Parent(toy.FILES, ("values",)),),
        key="file_id",
    )
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=1), (toy.FILES, counts))
    put_files(ledger, toy.file_row("f", "SIM 1", [1.0]))
    refresh(ledger)
    put_files(ledger, toy.file_row("f", "SIM 2", [1.0]))
    assert stale(ledger).entries.select("key", "target", "status", "cause").rows() == [
        ("f", "SIM 2", "stale", "target")
    ]
    refresh(ledger)
    assert units(ledger, "counts", "target")["target"].to_list() == ["SIM 2"]
    assert stale(ledger).entries.is_empty()
