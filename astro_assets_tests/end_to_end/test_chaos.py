"""Faults at random moments, in short: `make chaos` lets 200 kills and other faults happen."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def chaos(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the harness, whose modules are scripts beside each other."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return import_module("chaos")


def expect_all_well(chaos: ModuleType, kinds: list[tuple[str, int]]) -> None:
    seed = time.time_ns()
    told: list[tuple[str, Any]] = []
    chaos.run(kinds, seed, lambda kind, trial: told.append((kind, trial)))
    assert [(kind, trial) for kind, trial in told if not trial.is_good] == [], f"seed {seed}"
    missing = dict(kinds)
    for kind, _ in told:
        missing[kind] -= 1
    assert not any(number for kind, number in missing.items() if not kind.startswith("full"))
    if any(missing.values()):
        pytest.skip("no small disk can be mounted here: all but full disks came out well")


@pytest.mark.slow
def test_some_faults_come_out_well(chaos: ModuleType) -> None:
    expect_all_well(chaos, [("forked-toy", 3), ("worker-toy", 1), ("full-toy", 1), ("damage-toy", 4)])


@pytest.mark.deploy
@pytest.mark.parametrize(
    "kind", ["run", "dask-scheduler-toy", "dask-worker-toy", "read-only-toy", "network-toy"]
)
def test_faults_of_each_kind_come_out_well(chaos: ModuleType, kind: str) -> None:
    expect_all_well(chaos, [(kind, 2)])


@pytest.mark.deploy
def test_what_serves_a_home_may_be_killed(chaos: ModuleType) -> None:
    expect_all_well(chaos, [("served-run", 1), ("daemon", 1), ("postgres", 1)])


@pytest.mark.deploy
def test_damage_in_a_real_home_is_found_and_restored(chaos: ModuleType) -> None:
    expect_all_well(chaos, [("damage", 6), ("catalogue", 1), ("full", 1)])


def test_the_shares_of_kills_add_up(chaos: ModuleType) -> None:
    kinds = dict(chaos.chosen(200, []))
    assert sum(kinds[kind] for kind in chaos.KILLS) == 200
    real = [kind for kind in chaos.KILLS if not kind.endswith("-toy")]
    assert sum(kinds[kind] for kind in real) >= 60
    assert dict(chaos.chosen(20, ["run"])) == {"run": 2}
