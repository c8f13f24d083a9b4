"""Random changes: statuses, refreshes and values agree with a naive recomputation after each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.staleness import stale
from astro_assets_tests.ledger.homes import contents
from astro_assets_tests.ledger.mutations import KINDS, N_SHARDS, REACH, Mutated
from astro_assets_tests.ledger.naive import TABLES, File, Store, World, shard

_MUTATIONS = 100
_CHANGING = ("new", "stale", "unsettled")
#: Table, key, target and status.
_Entry = tuple[str, str | None, str | None, str]


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(1, 6))]
)
def test_random_changes(tmp_path: Path, seed: int) -> None:
    home = Mutated(tmp_path / "home", seed)
    home.refresh()
    for step in range(1, _MUTATIONS + 1):
        before = _expected_entries(home)
        kind = home.mutate()
        where = f"seed {seed}, change {step}: {kind}"
        after = _expected_entries(home)
        assert {entry[0] for entry in before ^ after} <= REACH.get(kind, set(TABLES)), where
        _check_staleness(home, where)
        if home.random.random() < 0.3:
            names = [name for name in TABLES if home.random.random() < 0.6]
            shards = [i for i in range(N_SHARDS) if home.random.random() < 0.5]
            done, expected = home.refresh(names, shards)
            assert done == expected, where
            home.figures["partial refreshes"] += 1
        if step % 10 == 0:
            before = _expected_entries(home)
            done, expected = home.refresh()
            assert done == expected, where
            _check_within(done, before, where)
            assert _held(home.ledger) == _expected(home.store), where
            _check_staleness(home, where + ", after a refresh")
            assert {status for *_, status in _expected_entries(home)} <= {"failed"}, where
            home.figures["full refreshes"] += 1
    home.refresh()
    scratch = home.from_scratch(tmp_path / "scratch")
    assert contents(home.ledger) == contents(scratch)
    assert sum(home.figures[kind] for kind in KINDS) == _MUTATIONS
    print(f"seed {seed}:", dict(home.figures))  # noqa: T201  the figures, with pytest -rP


def _expected_entries(home: Mutated) -> set[_Entry]:
    """Return what is not current by the naive recomputation; a key lies in one shard or two, if it moves."""
    decided = set()
    for name in TABLES:
        lines = {**home.store.lines[name], **home.store.desired(home.world, name)}
        for (at, key), status in home.store.statuses(home.world, name).items():
            if status != "current":
                decided.add((name, f"{key} in {at}", lines[at, key].target, status))
    return decided | {(*waiting, "unsettled") for waiting in home.store.unsettled(home.world)}


def _check_staleness(home: Mutated, where: str) -> None:
    """Compare every status with the naive one."""
    found = stale(home.ledger)
    entries = found.entries.with_columns(pl.col("table").str.strip_prefix("toy/"))
    decided = entries.filter(pl.col("status") != "unsettled").select("table", "key", "status")
    statuses = {name: home.store.statuses(home.world, name) for name in TABLES}
    expected = Counter(
        (name, key, status)
        for name in TABLES
        for (_, key), status in statuses[name].items()
        if status != "current"
    )
    assert Counter(decided.iter_rows()) == expected, where
    waiting = entries.filter(pl.col("status") == "unsettled").select("table", "key", "target")
    unsettled = home.store.unsettled(home.world)
    assert Counter(waiting.iter_rows()) == Counter(unsettled), where
    for name in TABLES:
        waits = {key for table, key, _ in unsettled if table == name}
        current = [key for (_, key), status in statuses[name].items() if status == "current"]
        assert found.current[f"toy/{name}"] == sum(key not in waits for key in current), where


def _check_within(done: dict[str, set[str]], before: set[_Entry], where: str) -> None:
    """Whatever was computed had been announced: as a unit, or as one that may appear at its target."""
    for name, keys in done.items():
        own = [entry[1:] for entry in before if entry[0] == name and entry[3] in _CHANGING]
        by_key = {(key or "").partition(" in ")[0] for key, _, _ in own}
        by_target = {target for _, target, _ in own}
        assert {
            key for key in keys if key not in by_key and key.partition(".")[0] not in by_target
        } == set(), where


def _held(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Read everything a home holds, arrays included."""
    held = {}
    for name in TABLES:
        table = ledger.table(name)
        columns = [column for column in table.schema.names if column not in ("file_id", "note")]
        arrays = [column.name for column in table.schema if column.dtype == "arrays"]
        held[name] = {}
        units = ledger.open(table).units(["key", "target", "origin", "outcome", "n_rows", *columns]).collect()
        for unit in units.iter_rows(named=True):
            rows = [{column: unit[column][i] for column in columns} for i in range(unit["n_rows"])]
            for row in rows:
                row.update(
                    {column: ledger.objects.get_arrays(row[column])["flux"].tolist() for column in arrays}
                )
                if "level" in row:
                    row["level"] = pytest.approx(row["level"], rel=1e-14)
            held[name][unit["key"]] = (unit["target"], unit["origin"], unit["outcome"], rows)
    return held


def _expected(store: Store) -> dict[str, dict[str, Any]]:
    expected = {}
    for name in TABLES:
        expected[name] = {
            key: (
                line.target,
                line.origin,
                "failed" if line.failed else "rows" if line.rows else "empty",
                line.rows,
            )
            for (_, key), line in store.lines[name].items()
        }
    return expected


def test_the_naive_store_notices_what_it_should() -> None:
    """The yardstick itself: one changed value is stale at the curve and unsettled below."""
    home = Store(N_SHARDS)
    assert home.statuses(_world(1.0), "curves") == {(_shard(), "f"): "new"}
    for name in TABLES:
        home.refresh(_world(1.0), name)
    assert not home.unsettled(_world(1.0))
    assert home.statuses(_world(0.5), "curves") == {(_shard(), "f"): "stale"}
    assert home.unsettled(_world(0.5)) == {
        ("stars", "SIM 1", "SIM 1"), ("signals", "SIM 1", "SIM 1"), ("views", "SIM 1.01", "SIM 1"),
        ("judged", "SIM 1", "SIM 1"),
    }  # fmt: skip


def _world(value: float) -> World:
    return World(files={"f": File("SIM 1", (value,))})


def _shard() -> int:
    return shard("SIM 1", N_SHARDS)
