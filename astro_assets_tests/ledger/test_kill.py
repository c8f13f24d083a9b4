"""SIGKILL at any moment: readers see before or after, and the next run completes with the same results."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import contents, entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import array_path
from astro_assets_tests.ledger.processes import HALVED, N_SHARDS, PATIENCE, refresh_in_halves

_TARGETS = [f"SIM {i}" for i in range(24)]
_HALVES = ((0, 1), (2, 3))
#: Forks from a clean process that has imported everything, so that the time until a kill is spent on the run.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([refresh_in_halves.__module__])


def _prepared(root: Path) -> Ledger:
    """Make a home whose every target has changed since its last refresh."""
    ledger = toy_ledger(root, n_shards=N_SHARDS)
    put_files(ledger, *(toy.file_row(f"f{i}", name, [0.6, i / 64]) for i, name in enumerate(_TARGETS)))
    refresh(ledger, HALVED)
    changed = [toy.file_row(f"f{i}", name, [0.9, 0.8, i / 64]) for i, name in enumerate(_TARGETS)]
    put_files(ledger, *changed[1:], toy.file_row("more", _TARGETS[5], [0.75]), remove=["f0"])
    return ledger


def _ran(root: Path, limit: float) -> tuple[bool, float]:
    """Let a process work for some seconds, kill it; return whether it was not done, and how long it ran."""
    started = time.monotonic()
    process = _CONTEXT.Process(target=refresh_in_halves, args=(root,))
    process.start()
    process.join(limit)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0, time.monotonic() - started


def _parts(ledger: Ledger) -> list[dict[str, Any]]:
    """Return what each commit of the run writes, in the order of the run."""
    found = contents(ledger, HALVED)
    return [
        {key: unit for key, unit in found[name].items() if unit[0] in half}
        for name in HALVED
        for half in _HALVES
    ]


@pytest.mark.slow
@pytest.mark.parametrize("n_kills", [15, pytest.param(50, marks=pytest.mark.exhaustive)])
def test_kills_at_random_moments(tmp_path: Path, n_kills: int) -> None:
    prepared = _prepared(tmp_path / "prepared")
    undisturbed = shutil.copytree(prepared.home.root, tmp_path / "undisturbed")
    is_killed, duration = _ran(undisturbed, PATIENCE)
    assert not is_killed
    before, after = _parts(prepared), _parts(toy_ledger(undisturbed))
    assert all(old != new for old, new in zip(before, after, strict=True)), "each commit changes something"

    generator = random.Random(17)  # noqa: S311  not for secrets
    seen: Counter[int] = Counter()
    while seen.total() < n_kills:
        root = shutil.copytree(prepared.home.root, tmp_path / "killed")
        is_killed, ran = _ran(root, generator.uniform(duration / 4, duration))
        if is_killed:
            seen[_check(root, before, after)] += 1
        else:
            duration = ran  # too late: this machine has become faster
        shutil.rmtree(root)
    assert len(seen) >= 3, f"the kills hit few different moments: {seen}"
    print(f"{n_kills} kills within {duration:.2f} s; by commits made: {sorted(seen.items())}")  # noqa: T201


def _check(root: Path, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> int:
    """Check a home whose writer was killed, let the next run complete, return the commits that were made."""
    ledger = toy_ledger(root)
    now = _parts(ledger)
    n_done = sum(part == new for part, new in zip(now, after, strict=True))
    assert now == after[:n_done] + before[n_done:], "a reader sees before or after"
    _check_objects(ledger)
    refresh_in_halves(root)
    assert _parts(toy_ledger(root)) == after
    assert not {table for table, *_ in entries(toy_ledger(root))} & set(HALVED)
    _check_objects(ledger)
    return n_done


def _check_objects(ledger: Ledger) -> None:
    """Whatever has the name of an object is one, whole; remains of a killed writer have another name."""
    for path in (ledger.home.root / "objects").rglob("*"):
        if path.is_file() and not path.name.startswith(".partial-"):
            assert array_path(ledger.objects, path.stem) == path
            assert ledger.objects.get_arrays(path.stem)
