"""Processes are started before they are needed where files wait, and not where none do."""

import os
from pathlib import Path

import pytest

from astro_assets.cli.preparation import awaits_files
from astro_assets.ledger.home import open_home
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.inbox import Inbox, seen
from astro_assets.tables import TABLES


def test_files_wait_until_they_are_taken_in(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    assert awaits_files(home), "a home without a file gets a survey"
    first, second = home.inbox / "first.fits", home.inbox / "second.fits"
    first.write_bytes(b"one")
    os.utime(first, (1e9, 1e9))  # what was written just now may be written again
    assert awaits_files(home)
    Inbox(home).remember({first: seen(first)})
    assert not awaits_files(home)
    second.write_bytes(b"two")
    assert awaits_files(home)


def test_a_state_that_cannot_be_read_is_no_error_here(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    (home.root / "inbox.sqlite").mkdir()
    assert not awaits_files(home)


@pytest.mark.parametrize("has_work", [True, False])
def test_tables_are_computed_ahead_whether_or_not_processes_start_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_work: bool
) -> None:
    started: list[int] = []
    monkeypatch.setattr(LocalProcesses, "start", lambda processes: started.append(processes.workers))
    monkeypatch.setenv("ASTRO_ASSETS_WORKERS", "2")
    engine = Engine(open_home(tmp_path / "home"), TABLES)
    engine.begin(has_work=has_work)
    assert started == [2] * has_work
    assert engine.compute is not None
    engine.close()
