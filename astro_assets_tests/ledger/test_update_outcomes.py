"""Failures, empty results and broken machines: what is recorded, tried again, or stops an update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.plan import PlanError
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.update import SweepFailedError, put_units, update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import computed, contents, entries, put_files, refresh, toy_ledger, units
from astro_assets_tests.ledger.places import array_path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i]) for i in range(9)))
    return ledger


def _with_compute(ledger: Ledger, name: str, compute: Callable[..., Any]) -> Ledger:
    """Return the ledger with another computation of one table, seen by the tables that read it."""
    table = ledger.table(name)
    return open_ledger(ledger.home, [replace(t, compute=compute) if t is table else t for t in ledger.tables])


# ---- failures of the data


def test_a_failed_unit_is_recorded_and_sinks_no_other(ledger: Ledger) -> None:
    put_files(ledger, toy.file_row("f3", "SIM 3", []))
    reports = refresh(ledger)
    assert (reports["curves"].total("failed"), reports["curves"].total("rows")) == (1, 8)
    assert units(ledger, "curves", "outcome", "reason", "n_rows").filter(key="f3").row(0) == (
        "f3", "failed", "ValueError: f3 holds no values", 0,
    )  # fmt: skip
    assert "SIM 3" not in contents(ledger)["stars"]
    assert entries(ledger) == {("curves", "f3", "failed")}


_BATCHES: list[int] = []


def curves_together(
    keys: Sequence[str], parents: Sequence[Parents], config: toy.CurveConfig
) -> list[list[dict[str, Any]]]:
    """Make several curves with one call."""
    _BATCHES.append(len(keys))
    return [toy.curve(key, of_key, config) for key, of_key in zip(keys, parents, strict=True)]


def _batched(ledger: Ledger) -> Ledger:
    """Return the ledger with curves that are computed together, seen by the tables that read them."""
    curves = replace(ledger.table("toy/curves"), compute=curves_together, is_batched=True)
    return open_ledger(ledger.home, [curves if t.name == curves.name else t for t in ledger.tables])


def test_units_computed_together_are_those_computed_one_by_one(ledger: Ledger, tmp_path: Path) -> None:
    refresh(ledger)
    other = toy_ledger(tmp_path / "other")
    put_files(other, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i]) for i in range(9)))
    _BATCHES.clear()
    update(_batched(other), _batched(other).table("toy/curves"))
    assert max(_BATCHES) > 1
    assert sum(_BATCHES) == 9
    columns = ("shard", "target", "outcome", "output_hash", "row_hash", "column_digests")
    assert units(_batched(other), "curves", *columns).equals(units(ledger, "curves", *columns))


def test_of_units_computed_together_only_the_one_at_fault_fails(ledger: Ledger) -> None:
    put_files(ledger, toy.file_row("f3", "SIM 3", []))
    batched = _batched(ledger)
    report = update(batched, batched.table("toy/curves"))
    assert (report.total("failed"), report.total("rows")) == (1, 8)
    assert units(batched, "curves", "outcome", "reason").filter(key="f3").row(0)[1:] == (
        "failed",
        "ValueError: f3 holds no values",
    )


def test_a_failed_unit_is_tried_again_when_asked_or_when_its_recipe_changes(ledger: Ledger) -> None:
    put_files(ledger, toy.file_row("f3", "SIM 3", []))
    refresh(ledger)
    assert not computed(refresh(ledger))
    assert computed(refresh(ledger, retry_failed=True)) == {"curves": ["f3"]}
    put_files(ledger, toy.file_row("f3", "SIM 3", [0.9]))
    reports = computed(refresh(ledger))
    assert reports == {"curves": ["f3"], "stars": ["SIM 3"], "signals": ["SIM 3"], "views": ["SIM 3.01"]}


def test_a_unit_that_fails_later_takes_its_rows_and_descendants_along(ledger: Ledger) -> None:
    refresh(ledger)
    put_files(ledger, toy.file_row("f8", "SIM 8", []))
    refresh(ledger)
    assert contents(ledger)["curves"]["f8"][2] == "failed"
    assert "SIM 8" not in contents(ledger)["stars"]
    assert "SIM 8.01" not in contents(ledger)["views"]


def test_an_empty_outcome_is_kept(ledger: Ledger) -> None:
    reports = refresh(ledger)
    assert reports["signals"].total("empty") == 6
    outcome = dict(units(ledger, "signals", "outcome").iter_rows())
    assert (outcome["SIM 0"], outcome["SIM 8"]) == ("empty", "rows")
    again = refresh(ledger)
    assert not computed(again)
    assert again["signals"].total("reused") == 9


def rows_with_other_columns(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Return a row that does not fit its table."""
    return [{"target_id": key, "level": 1.0, "magnitude": 3.0}]


def rows_of_another_target(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Return a row that belongs elsewhere."""
    return [{**row, "target_id": "SIM 99"} for row in toy.star(key, parents, config)]


def rows_of_another_dtype(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Return a row with text where a number belongs."""
    return [{**row, "level": "high"} for row in toy.star(key, parents, config)]


@pytest.mark.parametrize(
    ("compute", "reason"),
    [
        (rows_with_other_columns, "row lacks ['curve'] and has unknown ['magnitude']"),
        (rows_of_another_target, "row of 'SIM 99' in the unit of 'SIM "),
        (rows_of_another_dtype, "level = 'high' does not fit float64"),
    ],
)
def test_rows_that_do_not_fit_their_schema_are_not_written(
    ledger: Ledger, compute: Callable[..., Any], reason: str
) -> None:
    changed = _with_compute(ledger, "stars", compute)
    refresh(changed, ["curves"])
    assert update(changed, changed.table("stars")).total("failed") == 9
    assert all(reason in text for text in units(changed, "stars", "reason")["reason"])


# ---- a sweep in which everything fails


@pytest.mark.parametrize(("n_files", "raises"), [(9, False), (10, True)])
def test_a_sweep_in_which_all_fail_raises_after_recording(tmp_path: Path, n_files: int, raises: bool) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, *(toy.file_row(f"f{i}", "SIM 1", []) for i in range(n_files)))
    if raises:
        with pytest.raises(
            SweepFailedError, match=r"toy/curves: all 10 units failed; the first: ValueError: f\d"
        ):
            refresh(ledger)
    else:
        refresh(ledger)
    assert set(units(ledger, "curves", "outcome")["outcome"]) == {"failed"}
    assert units(ledger, "curves").height == n_files
    assert not computed(refresh(ledger)), "recorded: a second run has nothing to do"


# ---- failures of the machine


def without_disk(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Fail as a full disk does, for one star in the middle."""
    if key == "SIM 4":
        raise OSError(28, "No space left on device")
    return list(toy.star(key, parents, config))


def test_a_failing_machine_stops_the_update_with_nothing_committed(ledger: Ledger) -> None:
    changed = _with_compute(ledger, "stars", without_disk)
    refresh(changed, ["curves"])
    with pytest.raises(OSError, match="No space left"):
        refresh(changed, ["stars"])
    assert changed.open(changed.table("stars")).version == -1
    assert len(computed(refresh(ledger))["stars"]) == 9


@pytest.mark.parametrize("damage", ["removed", "overwritten"])
def test_a_lost_object_stops_the_update_and_is_named(ledger: Ledger, damage: str) -> None:
    refresh(ledger, ["curves"])
    digest = ledger.open(ledger.table("curves")).rows(["curve"]).filter(key="f4").collect()["curve"][0]
    path = array_path(ledger.objects, digest)
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(b"something else")
    with pytest.raises(CorruptStoreError, match=str(path)):
        refresh(ledger, ["stars"])
    assert ledger.open(ledger.table("stars")).version == -1


# ---- tables whose target is not known, and choices among rows


def header(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Read a header."""
    (file,) = parents["files"]
    return [{"target_id": file["target_id"], "file_id": key, "n_values": len(file["values"])}]


def longest(rows: Any) -> Any:
    """Choose the file with most values of each target; the first by name among equals."""
    return rows.sort("n_values", "file_id", descending=[True, False]).unique(
        "target_id", keep="first", maintain_order=True
    )


def name_longest(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Name the chosen file."""
    (chosen,) = parents["headers"]
    return [{"target_id": key, "file_id": chosen["file_id"]}]


def _choosing(root: Path) -> Ledger:
    n_values = Column("n_values", "int32", "Number of values.")
    headers = Table(
        "toy/headers",
        Schema((toy.TARGET, Column("file_id", "string", "Name."), n_values)),
        header,
        (Parent(toy.FILES, ("file_id", "target_id", "values")),),
        key="file_id",
        target=None,
    )
    chosen = Table(
        "toy/chosen",
        Schema((toy.TARGET, Column("file_id", "string", "Name."))),
        name_longest,
        (Parent(headers, ("file_id", "target_id", "n_values")),),
        choose=longest,
    )
    return open_ledger(open_home(root, n_shards=4), [toy.FILES, headers, chosen])


def test_a_choice_among_rows_changes_with_them(tmp_path: Path) -> None:
    ledger = _choosing(tmp_path / "home")
    put_files(
        ledger,
        toy.file_row("a", "SIM 1", [1]),
        toy.file_row("b", "SIM 1", [1, 2]),
        toy.file_row("c", "SIM 2", []),
    )
    refresh(ledger)
    chosen = ledger.table("chosen")
    rows = ledger.open(chosen).rows(["target_id", "file_id"]).collect()
    assert dict(rows.select("target_id", "file_id").iter_rows()) == {"SIM 1": "b", "SIM 2": "c"}
    put_files(ledger, toy.file_row("d", "SIM 2", []), toy.file_row("e", "SIM 1", [1, 2, 3]))
    found = entries(ledger)
    assert {("headers", "d", "new"), ("headers", "e", "new"), ("chosen", None, "unsettled")} <= found
    assert computed(refresh(ledger)) == {"headers": ["d", "e"], "chosen": ["SIM 1"]}
    put_files(ledger, remove=["e", "b"])
    assert computed(refresh(ledger)) == {"chosen": ["SIM 1"]}
    assert not entries(ledger)


def test_rows_of_one_key_that_name_two_targets_are_refused(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_units(ledger, toy.FILES, {"x": [toy.file_row("f", "SIM 1", [1]), toy.file_row("f", "SIM 2", [1])]})
    with pytest.raises(PlanError, match=r"toy/curves: the rows of 'f' name no key or target, or differ"):
        refresh(ledger)
