"""A unit that needs more memory than a worker may have fails alone, and says by which setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.memory import LEAST, VARIABLE, memory_bound, memory_named
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.update import update
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files

_BOUND = 800 * 10**6
_MEGABYTE = 10**6


def held(keys: Sequence[str], parents: Sequence[Parents], config: Config) -> list[list[dict[str, Any]]]:
    """Hold so many megabytes for each unit as its file says, all at once."""
    del config
    arrays = [np.empty(int(of["files"][0]["values"][0]) * _MEGABYTE, np.uint8) for of in parents]
    return [
        [{"file_id": key, "target_id": of["files"][0]["target_id"], "n_bytes": array.size}]
        for key, of, array in zip(keys, parents, arrays, strict=True)
    ]


def held_alone(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Hold as many megabytes as the unit's file says."""
    (rows,) = held([key], [parents], config)
    return rows


def table(*, is_batched: bool) -> Table:
    columns = (
        Column("file_id", "string", "Name."),
        toy.TARGET,
        Column("n_bytes", "int64", "What was held.", unit="byte"),
    )
    return Table(
        "toy/held",
        Schema(columns),
        held if is_batched else held_alone,
        (Parent(toy.FILES, ("file_id", "target_id", "values")),),
        key="file_id",
        is_batched=is_batched,
    )


def ledger_of(root: Path, of: Table, *megabytes: int) -> Ledger:
    ledger = open_ledger(open_home(root, n_shards=2), [toy.FILES, of])
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [size]) for i, size in enumerate(megabytes)))
    return ledger


@pytest.fixture
def bounded() -> Iterator[LocalProcesses]:
    engine = LocalProcesses(2, worker_memory=_BOUND)
    yield engine
    engine.close()


@pytest.mark.parametrize("is_batched", [False, True])
def test_a_unit_that_needs_too_much_fails_alone_and_names_the_setting(
    tmp_path: Path, bounded: LocalProcesses, is_batched: bool
) -> None:
    of = table(is_batched=is_batched)
    ledger = ledger_of(tmp_path, of, 1, 2, 50_000, 3, 4, 5, 6)
    report = update(ledger, of, compute=bounded)
    assert (report.total("rows"), report.total("failed")) == (6, 1)
    units = ledger.open(of).units(["key", "outcome", "reason"]).collect()
    reasons = {key: reason for key, outcome, reason in units.iter_rows() if outcome == "failed"}
    assert list(reasons) == ["f2"]
    assert VARIABLE in reasons["f2"]
    assert "800 MB" in reasons["f2"]
    assert "--retry-failed" in reasons["f2"]


def test_units_that_need_too_much_together_are_computed_one_by_one(
    tmp_path: Path, bounded: LocalProcesses
) -> None:
    # What the four together held is given back first: beside it there would be no room for one.
    of = table(is_batched=True)
    ledger = ledger_of(tmp_path, of, *([190] * 8))
    report = update(ledger, of, compute=bounded)
    assert (report.total("rows"), report.total("failed")) == (8, 0)


def test_what_failed_for_memory_is_computed_where_more_is_allowed(
    tmp_path: Path, bounded: LocalProcesses
) -> None:
    of = table(is_batched=False)
    ledger = ledger_of(tmp_path, of, 1, 1_000)
    assert update(ledger, of, compute=bounded).total("failed") == 1
    again = update(ledger, of, compute=LocalProcesses(1), retry_failed=True)
    assert (again.computed, again.total("rows")) == (("f1",), 1)


def test_a_machine_without_memory_still_stops_the_run(tmp_path: Path) -> None:
    of = table(is_batched=False)
    ledger = ledger_of(tmp_path, of, 2**40)
    assert memory_bound() is None
    with pytest.raises(MemoryError):
        update(ledger, of)


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [("", None), ("512", LEAST), ("512MB", LEAST), ("1.5 GB", 1_500 * 10**6), ("2GiB", 2 * 2**30)],
)
def test_a_size_is_read(monkeypatch: pytest.MonkeyPatch, text: str, n_bytes: int | None) -> None:
    monkeypatch.setenv(VARIABLE, text)
    assert memory_named() == n_bytes


@pytest.mark.parametrize("text", ["much", "511MB", "-1GB", "0", "1e9", "2 TB"])
def test_what_is_no_size_or_too_little_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ValueError, match=f"{VARIABLE} = '{text}'"):
        memory_named()
