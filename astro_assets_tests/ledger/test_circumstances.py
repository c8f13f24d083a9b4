"""A fit is held to one thread, and how it was is told."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from astro_assets.ledger.circumstances import THREADS_VARIABLE, ThreadsError, as_then, pinned
from astro_assets.ledger.sources import instruction_set


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


def test_what_is_loaded_is_held_to_one_thread_and_let_go() -> None:
    assert np.dot(np.ones(2), np.ones(2)) == 2, "its OpenBLAS is a pool"

    before, environment = threads(), dict(os.environ)
    with pinned() as told:
        assert threads() == {1}
    assert threads() == before
    assert told["is_reproducible"]
    assert told["pins"]["threads"] == 1
    assert dict(os.environ) == environment


def test_what_is_loaded_within_is_held_too() -> None:
    """In a process of its own: what is loaded once stays loaded."""
    code = """
from astro_assets.ledger.circumstances import pinned
with pinned() as told:
    import scipy.linalg, sklearn.cluster
assert told["is_reproducible"], told
assert {text.split()[0] for text in told["hardware"]["threads"].values()} == {"1"}, told
assert len(told["hardware"]["threads"]) >= 2
"""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_more_threads_are_no_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS_VARIABLE, "2")
    with pinned() as told:
        pass
    assert not told["is_reproducible"]
    assert told["why_not"][0] == "it was fitted on 2 threads, not pinned to one"


@pytest.mark.parametrize("text", ["0", "many", "-1", "9999"])
def test_a_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(THREADS_VARIABLE, text)
    with pytest.raises(ThreadsError, match=THREADS_VARIABLE), pinned():
        pass


def test_the_machine_is_told() -> None:
    with pinned() as told:
        pass
    assert told["hardware"]["n_processors"] >= 1
    assert told["hardware"]["memory_bytes"] > 10**8
    assert set(told) >= {"git_commit", "is_dirty"}


def test_what_decided_then_decides_again() -> None:
    pins = {
        "threads": 2,
        "instruction_set": instruction_set(),
        "environment": {"OPENBLAS_CORETYPE": "Haswell"},
    }
    assert as_then(pins) == {THREADS_VARIABLE: "2", "OPENBLAS_CORETYPE": "Haswell"}
    assert as_then({}) == {}


@pytest.mark.parametrize("level", ["x86-64-v3", "x86-64-v2"])
def test_instructions_that_were_lacking_are_held_back(level: str) -> None:
    told = as_then({"threads": 1, "instruction_set": level})
    code = "from astro_assets.ledger.sources import instruction_set; print(instruction_set())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == min(level, instruction_set())
