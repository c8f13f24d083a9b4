"""Several writers at once: whoever works on other shards is not disturbed, whoever meets loses nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import contents, entries, put_files, refresh, toy_ledger, units
from astro_assets_tests.ledger.naive import shard
from astro_assets_tests.ledger.processes import N_SHARDS, PATIENCE, put_one_by_one, update_and_meet

_SPAWN = multiprocessing.get_context("spawn")


def _start(function: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    process = _SPAWN.Process(target=function, args=arguments, daemon=True)
    process.start()
    return process


def _end(*processes: multiprocessing.process.BaseProcess) -> None:
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _targets(at: int, n: int) -> list[str]:
    """Return targets of one shard."""
    return [name for name in (f"SIM {i}" for i in range(200)) if shard(name, N_SHARDS) == at][:n]


def _reference(root: Path, ledger: Ledger) -> Ledger:
    """Return a home of the same files that nobody disturbed."""
    undisturbed = toy_ledger(root, n_shards=N_SHARDS)
    names = toy.FILES.schema.names
    rows = ledger.open(toy.FILES).rows(names).select(names).collect()
    put_files(undisturbed, *rows.iter_rows(named=True))
    refresh(undisturbed)
    return undisturbed


def test_two_processes_on_different_shards_both_succeed(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home", n_shards=N_SHARDS)
    names = {at: _targets(at, 3) for at in (0, 1)}
    put_files(ledger, *(toy.file_row(f"f {name}", name, [0.7]) for of in names.values() for name in of))
    barrier, has_read = _SPAWN.Barrier(2), _SPAWN.Event()
    _end(*[_start(update_and_meet, tmp_path / "home", [at], has_read, barrier) for at in names])
    found = units(ledger, "curves", "shard")
    assert dict(found.iter_rows()) == {f"f {name}": at for at, of in names.items() for name in of}
    assert ledger.open(ledger.table("curves")).version == 2, "one commit each after the table was made"
    refresh(ledger)
    assert contents(ledger) == contents(_reference(tmp_path / "undisturbed", ledger))


@pytest.mark.parametrize("state", ["never written", "empty shard", "filled shard"])
def test_two_processes_on_one_shard_lose_nothing(tmp_path: Path, state: str) -> None:
    """Both have read before either commits, and the second has read a file that the first did not know."""
    ledger = toy_ledger(tmp_path / "home", n_shards=N_SHARDS)
    old, first, second = _targets(2, 3)
    if state != "never written":
        put_files(ledger, toy.file_row("old", old if state == "filled shard" else _targets(3, 1)[0], [0.6]))
        refresh(ledger, ["curves"])
    barrier, reads = _SPAWN.Barrier(2), [_SPAWN.Event(), _SPAWN.Event()]
    put_files(ledger, toy.file_row("first", first, [0.7]))
    one = _start(update_and_meet, tmp_path / "home", None, reads[0], barrier)
    assert reads[0].wait(PATIENCE)
    put_files(ledger, toy.file_row("second", second, [0.8]))
    other = _start(update_and_meet, tmp_path / "home", None, reads[1], barrier)
    _end(one, other)
    expected = {"first", "second"} if state == "never written" else {"old", "first", "second"}
    assert set(units(ledger, "curves")["key"]) == expected
    refresh(ledger)
    assert not entries(ledger)
    assert contents(ledger) == contents(_reference(tmp_path / "undisturbed", ledger))


@pytest.mark.parametrize("is_there", [True, False])
def test_files_put_by_two_processes_at_once_are_all_there(tmp_path: Path, is_there: bool) -> None:
    ledger = toy_ledger(tmp_path / "home", n_shards=N_SHARDS)
    if is_there:
        put_files(ledger, toy.file_row("before", "SIM 1", [0.7]))
    barrier = _SPAWN.Barrier(2)
    names = [[f"{side}{i}" for i in range(15)] for side in "ab"]
    _end(*[_start(put_one_by_one, tmp_path / "home", of, barrier) for of in names])
    assert set(units(ledger, "files")["key"]) == {*names[0], *names[1], *(["before"] if is_there else [])}
