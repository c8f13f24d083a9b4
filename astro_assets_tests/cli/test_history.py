"""`show`, `retract` and `forget`: the past stays, a star is left out, or nothing of it remains."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.store import open_table
from astro_assets.observations.spellings import spellings
from astro_assets.orchestration.run_marks import journal_path
from astro_assets_tests.cli.commands import astro_assets, kill_session, started, wait_for_end
from astro_assets_tests.ledger.home_bytes import contents
from astro_assets_tests.orchestration import homes

_TABLE = "transits/transit_candidates"


def _json(*arguments: str, home: Home) -> list[dict[str, object]]:
    result = astro_assets(*arguments, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def _stars(home: Home, *arguments: str) -> set[object]:
    return {row["target_id"] for row in _json("show", _TABLE, *arguments, home=home)}


def test_a_star_is_left_out_and_the_past_keeps_it(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    last = homes.versions(home)[_TABLE]
    before = homes.contents(home)
    result = astro_assets("retract", "kic101", "--why", "blended [b]", home=home)
    assert result.returncode == 0, result.stderr
    assert f"{_TABLE}: 1 rows of KIC 101 are out" in result.stdout
    assert _stars(home) == {"KIC 100", "KIC 102"}
    assert _stars(home, "--as-of", str(last), "--target", "KIC 0101") == {"KIC 101"}
    assert {row["why"] for row in _json("retractions", home=home)} == {"blended [b]"}
    homes.star_file(home.inbox / "again.fits", 101, CAMPAIGN="another")
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert "again.fits is of KIC 101, which is retracted: it is kept, and not searched" in result.stdout
    told = json.loads(astro_assets("targets", "find", "KIC 101", "--format", "json", home=home).stdout)
    assert told["retracted"]["why"] == "blended [b]"
    assert len(told["files"]) == 2
    (home.inbox / "again.fits").unlink()
    result = astro_assets("retract", "KIC 101", "--undo", "--why", "not blended", home=home)
    assert result.returncode == 0, result.stderr
    assert _stars(home) == {"KIC 100", "KIC 101", "KIC 102"}
    for name in ("KIC 100", "KIC 102"):
        assert homes.contents(home)[_TABLE][name] == before[_TABLE][name]
    result = astro_assets("retract", "KIC 101", "--undo", "--why", "x", home=home)
    assert result.returncode == 1
    assert "KIC 101 is not retracted" in result.stderr


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("99", r"has no version 99: there are 0 to \d"),
        ("2001-01-01", "did not exist on 2001-01-01: it was made at 20"),
        ("yesterday", "'yesterday' is no version, date or time"),
    ],
)
def test_a_time_that_there_was_not_is_told(searched_home: Home, when: str, said: str) -> None:
    result = astro_assets("show", _TABLE, "--as-of", when, home=searched_home)
    assert result.returncode == 2
    assert re.search(said, result.stderr)


def test_rows_are_shown_as_csv_and_limited(searched_home: Home) -> None:
    result = astro_assets("show", _TABLE, "--limit", "2", "--format", "csv", home=searched_home)
    assert result.returncode == 0, result.stderr
    assert pl.read_csv(result.stdout.encode())["target_id"].to_list() == ["KIC 100", "KIC 101"]
    shown = astro_assets("show", _TABLE, "--key", "KIC 102", home=searched_home)
    assert "1 rows of transits/transit_candidates, version" in shown.stdout


def _mentions(home: Home, *words: str) -> set[str]:
    wanted = re.compile("|".join([spellings("KIC 101"), *map(re.escape, words)]).encode())
    found = {name for name, data in contents(home.root) if wanted.search(data)}
    return {name for name in found if not name.startswith("sources/")}  # our own code may name any star


def _words(home: Home) -> list[str]:
    """Return what the star's file is known by: its name, its hash, those of its curves, some of its flux."""
    path = home.inbox / "star101.fits"
    arrays = homes.units(home, "observations/light_curves", "target", "light_curve")
    digests = arrays.filter(pl.col("target") == "KIC 101")["light_curve"].explode().to_list()
    assert digests
    return ["star101.fits", sha256_of(path), *digests]


def _check_forgotten(home: Home, words: list[str], before: dict[str, dict[str, tuple[object, ...]]]) -> None:
    assert not _mentions(home, *words)
    after = homes.contents(home)
    for name, units in before.items():
        others = {key: unit for key, unit in units.items() if "KIC 101" not in (key, unit[0], str(key)[:7])}
        assert {key: after[name].get(key) for key in others} == others or name.endswith("files"), name
    told = json.loads(astro_assets("targets", "find", "KIC 101", "--format", "json", home=home).stdout)
    assert told["forgotten"]["why"] == "its owner asked"
    assert told["files"] == []


def test_nothing_of_a_forgotten_star_remains(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    words, before = _words(home), homes.contents(home)
    flux = homes.star_file(tmp_path / "same.fits", 101).read_bytes()[-20_000:-10_000]
    assert len(_mentions(home, *words)) > 20
    assert any(flux in data for _, data in contents(home.root))
    refused = astro_assets("forget", "KIC 101", "--why", "kic-101 asked", home=home)
    assert refused.returncode == 2
    assert "names the star" in refused.stderr
    result = astro_assets("forget", "KIC 101", "--why", "its owner asked", home=home)
    assert result.returncode == 0, result.stderr
    _check_forgotten(home, words, before)
    assert not any(flux in data for _, data in contents(home.root))
    state = json.loads(astro_assets("stale", "--format", "json", home=home).stdout)
    assert state["entries"] == []
    homes.star_file(home.inbox / "back.fits", 101)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert "back.fits is of KIC 101, which was forgotten" in result.stdout
    assert _stars(home) == {"KIC 100", "KIC 102"}


@pytest.mark.slow
def test_forgetting_goes_on_after_a_kill(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    words, before = _words(home), homes.contents(home)
    for delay in (0.02, 0.1, 0.3, 0.6):
        process = started("forget", "KIC 101", "--why", "its owner asked", home=home)
        try:
            while not journal_path(home).exists() and process.poll() is None:
                time.sleep(0.005)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        finally:
            kill_session(process.pid)
            process.wait()
            wait_for_end(process.pid)
        if journal_path(home).exists():
            other = astro_assets("forget", "KIC 100", "--why", "its owner asked", home=home)
            assert other.returncode == 2
            assert "was interrupted" in other.stderr
            for name in homes.CHAIN:
                for version in range(homes.versions(home)[name] + 1):
                    _readable(home, name, version)
    result = astro_assets("forget", "KIC 101", "--why", "its owner asked", home=home)
    assert result.returncode == 0, result.stderr
    assert not journal_path(home).exists()
    _check_forgotten(home, words, before)


def _readable(home: Home, name: str, version: int) -> None:
    ledger = homes.ledger_of(home)
    assert open_table(home, ledger.table(name), version=version).units().collect().height >= 0


def test_history_is_freed_on_purpose(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    result = astro_assets("retract", "KIC 101", "--why", "blended", home=home)
    assert result.returncode == 0, result.stderr
    hours_ago = time.time() - 7200
    for path in [*(home.root / "tables").rglob("*.parquet"), *(home.root / "objects").rglob("*.arrow")]:
        os.utime(path, (hours_ago, hours_ago))
    before = homes.contents(home)
    wrong = astro_assets("prune", "--older-than", "soon", home=home)
    assert wrong.returncode == 2
    assert "write days or hours, as 90d or 36h" in wrong.stderr
    prune = ("prune", "--format", "json", "--older-than")
    assert json.loads(astro_assets(*prune, "1d", home=home).stdout)["bytes"] == 0
    n_bytes = _size(home)
    told = json.loads(astro_assets(*prune, "0d", "--dry-run", home=home).stdout)
    assert told["bytes"] > 0
    assert _size(home) == n_bytes
    assert json.loads(astro_assets(*prune, "0d", home=home).stdout)["parts"] == told["parts"]
    assert _size(home) == n_bytes - told["bytes"]
    assert homes.contents(home) == before
    gone = astro_assets("show", _TABLE, "--as-of", "1", home=home)
    assert gone.returncode == 2
    assert "was pruned" in gone.stderr
    assert astro_assets("lineage", _TABLE, "KIC 100", home=home).returncode == 0


def _size(home: Home) -> int:
    folders = (home.root / name for name in ("tables", "objects", "files", "sources", "environments"))
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    # Checksums tell of fewer files then, or are fewer; that is not counted.
    return sum(path.stat().st_size for path in files if "_checksums" not in path.parts)
