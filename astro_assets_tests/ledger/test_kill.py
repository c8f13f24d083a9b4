"""SIGKILL at any moment: readers see before or after, and the next run completes as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets_tests.ledger import processes, toy
from astro_assets_tests.ledger.homes import CHAIN, contents, entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.processes import N_SHARDS, PATIENCE, refresh_in_halves

_KILLS = 50
_TARGETS = [f"SIM {i}" for i in range(24)]
_HALVES = ((0, 1), (2, 3))


def _prepared(root: Path) -> Ledger:
    """Make a home whose every target has changed since its last refresh."""
    ledger = toy_ledger(root, n_shards=N_SHARDS)
    put_files(ledger, *(toy.file_row(f"f{i}", name, [0.6, i / 64]) for i, name in enumerate(_TARGETS)))
    refresh(ledger)
    changed = [toy.file_row(f"f{i}", name, [0.9, 0.8, i / 64]) for i, name in enumerate(_TARGETS)]
    put_files(ledger, *changed[1:], toy.file_row("more", _TARGETS[5], [0.75]), remove=["f0"])
    return ledger


def _started(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", processes.__name__, str(root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def _killed_after(process: subprocess.Popen[str], delay: float) -> bool:
    """Let a process run for some seconds, kill it, and return whether it was still running."""
    with process:
        _go(process)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode == -9


def _parts(ledger: Ledger) -> list[dict[str, Any]]:
    """Return what each commit of the run writes, in the order of the run."""
    found = contents(ledger)
    return [
        {key: unit for key, unit in found[name].items() if unit[0] in half}
        for name in CHAIN
        for half in _HALVES
    ]


@pytest.mark.slow
def test_kills_at_random_moments(tmp_path: Path) -> None:
    prepared = _prepared(tmp_path / "prepared")
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(prepared.home.root, undisturbed)
    with _started(undisturbed) as process:
        _go(process)
        started = time.monotonic()
        assert process.wait(PATIENCE) == 0
        duration = time.monotonic() - started
    before, after = _parts(prepared), _parts(toy_ledger(undisturbed))
    assert all(old != new for old, new in zip(before, after, strict=True)), "each commit changes something"

    generator = random.Random(17)  # noqa: S311  not for secrets
    delays = [(i + generator.random()) / _KILLS * 1.05 * duration for i in range(_KILLS)]
    roots = [tmp_path / f"killed{i}" for i in range(_KILLS)]
    for root in roots:
        shutil.copytree(prepared.home.root, root)
    n_killed, seen = 0, set()
    following = _started(roots[0])
    for i, (root, delay) in enumerate(zip(roots, delays, strict=True)):
        process = following
        n_killed += _killed_after(process, delay)
        if i + 1 < _KILLS:
            following = _started(roots[i + 1])  # imports while this home is looked at
        seen.add(_check(root, before, after))
        shutil.rmtree(root)
    assert n_killed >= 0.6 * _KILLS, "the kills hit running processes"
    assert len(seen) >= 5, f"the kills hit different moments, not only after {seen} commits"
    print(f"{n_killed} of {_KILLS} killed within {duration:.2f} s, after {sorted(seen)} commits")  # noqa: T201


def _check(root: Path, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> int:
    """Check a home whose writer was killed, let the next run complete, and return the commits that had been made."""
    ledger = toy_ledger(root)
    now = _parts(ledger)
    n_done = sum(part == new for part, new in zip(now, after, strict=True))
    assert now == after[:n_done] + before[n_done:], "a reader sees before or after"
    _check_objects(ledger)
    refresh_in_halves(root)
    assert _parts(toy_ledger(root)) == after
    assert not entries(toy_ledger(root))
    _check_objects(ledger)
    return n_done


def _check_objects(ledger: Ledger) -> None:
    """Whatever has the name of an object is one, whole; remains of a killed writer have another name."""
    for path in (ledger.home.root / "objects").rglob("*"):
        if path.is_file() and not path.name.startswith(".partial-"):
            assert ledger.objects.array_path(path.stem) == path
            assert ledger.objects.get_arrays(path.stem)
