"""A unit's rows do not depend on the company in which it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.ledger import computing
from astro_assets.ledger.ledger import Ledger
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import contents, put_entries, put_files, refresh, toy_ledger

_N_FILES = 60


def _files() -> list[dict[str, Any]]:
    values = np.random.default_rng(3).normal(size=(_N_FILES, 7))
    return [toy.file_row(f"f{i}", f"SIM {i % 23}", row.tolist()) for i, row in enumerate(values)]


def _entries() -> dict[str, tuple[str, float]]:
    """Give every other star three factors, whose sum depends on their order in the last bit."""
    factors = {"a": 0.1, "b": 0.7, "c": 0.2}
    return {f"{name} {i}": (f"SIM {i}", factor) for i in range(0, 23, 2) for name, factor in factors.items()}


def _put_all(root: Path) -> Ledger:
    ledger = toy_ledger(root, n_shards=4)
    put_files(ledger, *_files())
    put_entries(ledger, _entries())
    return ledger


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything computed at once in this process."""
    ledger = _put_all(tmp_path_factory.mktemp("alone"))
    refresh(ledger)
    return contents(ledger)


@pytest.fixture(scope="module")
def two_processes() -> Iterator[LocalProcesses]:
    compute = LocalProcesses(2)
    yield compute
    compute.close()


def test_shards_one_by_one_in_any_order(tmp_path: Path, alone: dict[str, Any]) -> None:
    ledger = _put_all(tmp_path / "home")
    for shard in (2, 0, 3, 1):
        refresh(ledger, shards=[shard])
    refresh(ledger)  # nothing is left
    assert contents(ledger) == alone


def test_files_and_entries_in_another_order(tmp_path: Path, alone: dict[str, Any]) -> None:
    """Last first, each in a commit of its own, so that the tables' own files lie in another order too."""
    ledger = toy_ledger(tmp_path / "home", n_shards=4)
    for row in reversed(_files()):
        put_files(ledger, row)
    for name, entry in reversed(_entries().items()):
        put_entries(ledger, {name: entry})
    refresh(ledger)
    assert contents(ledger) == alone


def test_files_one_by_one_with_refreshes_in_between(tmp_path: Path, alone: dict[str, Any]) -> None:
    ledger = toy_ledger(tmp_path / "home", n_shards=4)
    for start in range(0, _N_FILES, 12):
        put_files(ledger, *_files()[start : start + 12])
        refresh(ledger)
    put_entries(ledger, _entries())
    refresh(ledger)
    assert contents(ledger) == alone


@pytest.mark.parametrize("chunk", [1, 7])
def test_chunks_of_another_size(
    tmp_path: Path, alone: dict[str, Any], monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(computing, "CHUNK", chunk)
    ledger = _put_all(tmp_path / "home")
    sizes: list[int] = []
    refresh(ledger, compute=_Watched(sizes))
    assert max(sizes) == chunk
    assert contents(ledger) == alone


class _Watched:
    """Computes here, last call first, and notes the sizes of the chunks."""

    workers = 1

    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def run(self, function: Any, calls: Any) -> Iterator[Any]:
        for arguments in reversed(list(calls)):
            self._sizes.append(len(arguments[-1]))
            yield function(*arguments)


def test_several_processes(tmp_path: Path, alone: dict[str, Any], two_processes: LocalProcesses) -> None:
    ledger = _put_all(tmp_path / "home")
    reports = refresh(ledger, compute=two_processes)
    assert len(reports["curves"].computed) == _N_FILES
    assert contents(ledger) == alone


def test_the_comparison_notices_a_changed_bit(tmp_path: Path, alone: dict[str, Any]) -> None:
    ledger = _put_all(tmp_path / "home")
    row = _files()[31]
    values = [float(np.nextafter(row["values"][0], np.inf)), *row["values"][1:]]
    put_files(ledger, toy.file_row(row["file_id"], row["target_id"], values))
    refresh(ledger)
    found = contents(ledger)
    assert {key for key in alone["stars"] if found["stars"][key] != alone["stars"][key]} == {row["target_id"]}
