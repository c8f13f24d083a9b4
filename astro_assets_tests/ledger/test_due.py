"""What is due is all that a run has to do, and no more: of tables, of shards, of units."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.due import due
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.staleness import stale
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import CHAIN, computed, put_entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.mutations import N_SHARDS, Mutated

N_STARS = 6


def put_stars(ledger, numbers=range(N_STARS), level=1.0):
    names = [f"star {n}" for n in numbers]
    put_files(
        ledger,
        *(
            {"file_id": f"{name}.f", "target_id": name, "values": [level, 2.0], "header": "", "remark": None}
            for name in names
        ),
    )


@pytest.fixture
def ledger(tmp_path: Path):
    ledger = toy_ledger(tmp_path / "home")
    put_stars(ledger)
    refresh(ledger)
    return ledger


@pytest.mark.parametrize("seed", [70, 71])
def test_bringing_it_up_to_date_leaves_nothing_out_of_date(tmp_path: Path, seed: int) -> None:
    home = Mutated(tmp_path / "home", seed)
    home.refresh()
    for step in range(10):
        kind = home.mutate()
        found = due(home.ledger, most=3)
        changing = stale(home.ledger).entries.filter(pl.col("status").is_in(["new", "stale", "removed"]))
        assert bool(found.units) == bool(changing.height), kind
        for _ in range(N_SHARDS):
            if not (found := due(home.ledger, most=3)).units:
                break
            names = [name.partition("/")[2] for name in found.tables]
            home.refresh(names, list(range(N_SHARDS)) if found.shards is None else sorted(found.shards))
        left = stale(home.ledger).entries.filter(pl.col("status") != "failed")
        assert left.is_empty(), f"seed {seed}, change {step}: {kind}"


def test_nothing_is_due_where_everything_is_up_to_date(ledger):
    assert due(ledger).tables == ()
    assert due(ledger).shards == frozenset()


def test_a_star_whose_catalogue_entry_changes_is_due_with_what_is_made_of_it(ledger):
    put_entries(ledger, {"e": ("star 2", 3.0)})
    found = due(ledger)
    assert found.units == {"toy/stars": 1}
    assert found.tables == ("toy/stars", "toy/signals", "toy/views")
    assert found.shards == {shard_of("star 2", 4)}
    assert computed(refresh(ledger, ["stars"], shards=found.shards)) == {"stars": ["star 2"]}


def test_what_is_desired_has_another_name_whenever_anything_of_it_changes(tmp_path: Path, ledger):
    names = []
    for scale in (2.0, 3.0, 2.0):
        ledger = toy_ledger(tmp_path / "home", config={"stars": toy.StarConfig(scale=scale)})
        names += [due(ledger).desired, due(ledger).desired]
        if scale == 3.0:
            refresh(ledger)
    assert names[0] == names[1], "nothing has changed"
    assert len(set(names)) == 3, "to go back is another wish after something else was done"


def test_units_in_further_shards_are_left_to_later_runs(tmp_path: Path, ledger):
    ledger = toy_ledger(tmp_path / "home", config={"stars": toy.StarConfig(scale=2.0)})
    shards = sorted({shard_of(f"star {n}", 4) for n in range(N_STARS)})
    assert len(shards) > 1
    found = due(ledger, most=1)
    assert found.shards == {shards[0]}
    assert sum(found.units.values()) + found.left == N_STARS
    for _ in shards:
        found = due(ledger, most=1)
        refresh(ledger, shards=found.shards)
    assert due(ledger).units == {}


def test_what_waits_keeps_what_is_below_it_waiting(ledger):
    put_stars(ledger, [0], level=5.0)
    assert due(ledger).tables == tuple(f"toy/{name}" for name in CHAIN)
    assert due(ledger, waiting=["toy/stars"]).tables == ("toy/curves",)
    assert due(ledger, waiting=["toy/curves"]).units == {}


def test_a_table_whose_checks_are_to_be_made_again_is_due_with_what_is_below_it(ledger):
    found = due(ledger, again=["toy/signals"])
    assert found.tables == ("toy/signals", "toy/views")
    assert found.units == {}


def test_when_time_is_up_what_depends_on_the_tables_seen_is_taken_along(ledger, monkeypatch):
    put_stars(ledger, [0], level=5.0)
    moments = iter([0.0, *[2.0] * 20])
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    found = due(ledger, until=1.0)
    assert found.tables == tuple(f"toy/{name}" for name in CHAIN)
    assert found.units == {"toy/curves": 1}
