"""What a rebuild reads besides the record is known before it begins, and named as people know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.needs import Needs, needs_of
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.running import source_version
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Table
from astro_assets.ledger.worlds import Applied, World
from astro_assets_tests.ledger.places import file_path

FILES = Table(
    "toy/raw",
    Schema((Column("sha256", "file", "The file."), Column("file_name", "string", "Name.", context=True))),
)
CODE = source_version()


def world(files: dict[str, str], code: str = CODE, **applied: World) -> World:
    rows = {sha256: [{"sha256": sha256, "file_name": name}] for sha256, name in files.items()}
    models = {alias: Applied({}, of) for alias, of in applied.items()}
    return World(1, ("toy/model", "v"), {"toy/raw": rows}, {}, code, "0" * 64, models)


def put(home: Home, sha256: str) -> None:
    path = file_path(ObjectStore(home), sha256)
    path.parent.mkdir(parents=True)
    path.touch()


def test_those_of_applied_models_are_among_them() -> None:
    needs = needs_of(world({"ab" * 32: "a.fits"}, champion=world({"cd" * 32: "c.fits"}, "00" * 32)), [FILES])
    assert needs == Needs({"ab" * 32: "a.fits", "cd" * 32: "c.fits"}, tuple(sorted(("00" * 32, CODE))))


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (1, r"a raw file is missing in .*files: star00\.fits \(00000000"),
        (2, r"2 raw files are missing in .*star00\.fits .*star01\.fits"),
        (7, r"7 raw files are missing in .*star04\.fits \(0404[0-9]*\) and 2 more$"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, n: int, said: str) -> None:
    home = open_home(tmp_path / "home")
    put(home, "ff" * 32)
    gone = {f"{number:02d}" * 32: f"star{number:02d}.fits" for number in range(n)}
    with pytest.raises(CorruptStoreError, match=said):
        needs_of(world({**gone, "ff" * 32: "there.fits"}), [FILES]).require(home)


def test_nothing_is_said_where_all_is_there(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    put(home, "ff" * 32)
    needs = needs_of(world({"ff" * 32: "there.fits"}), [FILES])
    needs.require(home)
    assert needs.named_in(f"{'ff' * 32} is damaged") == "there.fits"
    assert needs.named_in("the disk is full") == ""


def test_code_that_does_not_run_here_has_to_be_kept(tmp_path: Path) -> None:
    with pytest.raises(CorruptStoreError, match=r"00\.zip is missing"):
        needs_of(world({}, "00" * 32), [FILES]).require(open_home(tmp_path / "home"))
