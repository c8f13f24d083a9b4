"""Freeing history takes what nothing needs, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.as_of import AsOfError, open_as_of
from astro_assets.ledger.audit import audit, member_rows
from astro_assets.ledger.bundles import write_bundle
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.lineage import UnknownUnitError, _ancestor, lineage
from astro_assets.ledger.models import fit_model, promote
from astro_assets.ledger.pruning import Freed, prunable, prune
from astro_assets.ledger.rebuilding import rebuild
from astro_assets.ledger.store import open_table
from astro_assets.ledger.unbundling import unpack
from astro_assets.ledger.worlds import LostHistoryError, world_of_model
from astro_assets_tests.ledger import rebuilt, toy
from astro_assets_tests.ledger.homes import CHAIN, contents, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.test_rebuilding import TABLES_FROM, make, record_of

NOW = datetime(2100, 1, 1, tzinfo=UTC)
_STARS = range(1, 6)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Five stars, changed twice; a model of the first values, one of the second, the latter promoted."""
    return made(tmp_path / "home")


def made(root: Path) -> Ledger:
    ledger = toy_ledger(root, with_models=True)
    for i in range(3):
        put_files(ledger, *(toy.file_row(f"f{n}", f"SIM {n}", [0.6 + n + i / 8, 0.3]) for n in _STARS))
        refresh(ledger, CHAIN)
        if i < 2:
            version = fit_model(ledger, toy.level_spec(ledger.table("stars")))
            promote(ledger, "toy/level", version, why="a test")
    refresh(ledger)
    return ledger


def _found(ledger: Ledger, before: datetime = NOW) -> list[Freed]:
    return prunable(ledger, before, margin_s=-1)


def _versions(ledger: Ledger) -> list[str]:
    rows = ledger.open(ledger.table("models")).rows(["model_version"])
    return rows.collect()["model_version"].to_list()


def _promoted(ledger: Ledger) -> str:
    rows = ledger.open(ledger.table("promoted_models")).rows(["model_version"]).collect()
    return str(rows["model_version"][0])


def test_what_a_promoted_model_was_made_of_stays(ledger: Ledger) -> None:
    champion = _promoted(ledger)
    (other,) = set(_versions(ledger)) - {champion}
    before = audit(ledger, "toy/level", champion).to_json()
    held = contents(ledger)
    trees = [lineage(ledger, ledger.table(name), key) for name in CHAIN for key in held[name]]
    freed = _found(ledger)
    prune(freed)
    assert sum(part.n_bytes for part in freed) > 0
    assert audit(ledger, "toy/level", champion).to_json() == before
    assert contents(ledger) == held
    assert [lineage(ledger, ledger.table(name), key) for name in CHAIN for key in held[name]] == trees
    for node in (node for tree in trees for _, node in tree.walk() if node.table == "toy/curves"):
        assert node.outcome == "rows"
    rows = member_rows(ledger, "toy/level", champion).select("table", "key", "row_hash")
    digests = ledger.open(ledger.table("curves")).rows(["curve"]).collect()["curve"]
    assert all(ledger.objects.get_arrays(digest) for digest in digests)
    assert ancestry(ledger, rows).missing.is_empty()
    lost = ancestry(ledger, member_rows(ledger, "toy/level", other).select("table", "key", "row_hash"))
    assert lost.missing.height == len(_STARS)
    assert not [part for part in _found(ledger) if part.keys]


def test_a_rebuild_of_a_promoted_model_has_all_that_it_needs(ledger: Ledger) -> None:
    champion = _promoted(ledger)
    before = world_of_model(ledger, "toy/level", champion)
    prune(_found(ledger))
    assert world_of_model(ledger, "toy/level", champion) == before
    (other,) = set(_versions(ledger)) - {champion}
    with pytest.raises(LostHistoryError, match="history is gone"):
        world_of_model(ledger, "toy/level", other)


def test_a_promoted_model_is_bundled_and_made_again_after_its_history_was_freed(tmp_path: Path) -> None:
    """In processes of their own, with what the home still holds, and from the bundle alone."""
    home = make(tmp_path / "home")
    ledger = open_ledger(home, rebuilt.TABLES)
    for more in (0.1, 0.2):  # what it was trained on is history, and so is what came after that
        put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.3 * i + more, 0.7]) for i in range(8)))
        refresh(ledger, ["curves", "stars"])
    freed = _found(ledger)
    prune(freed)
    assert {part.kind for part in freed if part.keys} >= {"toy/files", "toy/stars", "objects"}
    record = record_of(home)
    bundle = write_bundle(ledger, record, tmp_path / "groups.tar.zst")
    assert rebuild(record, Enactor(home, tables_from=TABLES_FROM), tmp_path / "again").is_same
    shutil.rmtree(home.root)
    unpacked, place = unpack(bundle.path, tmp_path / "unpacked")
    assert rebuild(unpacked, Enactor(place, tables_from=TABLES_FROM), tmp_path / "elsewhere").is_same


def test_arrays_of_old_members_stay_with_them(ledger: Ledger) -> None:
    rows = member_rows(ledger, "toy/level", _promoted(ledger)).select("table", "key", "row_hash")
    units = ancestry(ledger, rows).units
    versions = dict(units.filter(pl.col("table") == "toy/curves").select("table", "version").iter_rows())
    then = open_table(ledger.home, ledger.table("curves"), version=versions["toy/curves"])
    digests = then.rows(["curve"]).collect()["curve"].to_list()
    prune(_found(ledger))
    assert all(ledger.objects.get_arrays(digest) for digest in digests)


def test_a_version_that_was_pruned_is_told(ledger: Ledger) -> None:
    stars = ledger.table("stars")
    first = open_table(ledger.home, stars, version=1).units(["key", "recipe_hash"]).collect().row(0)
    prune(_found(ledger))
    with pytest.raises(AsOfError, match="was pruned"):
        open_as_of(ledger.home, stars, "1")
    with pytest.raises(UnknownUnitError, match="which was pruned"):
        _ancestor(ledger, "stars", "toy/stars", *first, (), datetime.now(UTC), {})


def test_nothing_younger_is_touched(ledger: Ledger) -> None:
    assert not [part for part in _found(ledger, datetime.now(UTC) - timedelta(days=1)) if part.keys]
    assert not [part for part in prunable(ledger, NOW) if part.keys], "it was written just now"
    partial = ledger.home.root / "objects" / ".partial-abc"
    partial.write_bytes(b"half of it")
    os.utime(partial, (time.time() - 3 * 86400,) * 2)
    (leftover,) = [part for part in prunable(ledger, NOW) if part.keys]
    assert leftover.keys == ("objects/.partial-abc",)


def test_sources_that_a_record_names_stay(ledger: Ledger) -> None:
    root = ledger.home.root
    for name in ("a" * 64, "b" * 64):
        (root / "sources" / f"{name}.zip").write_bytes(b"PK")
    (root / "records").mkdir(exist_ok=True)
    (root / "records" / "x.json").write_text(json.dumps({"source": "a" * 64, "installed": "c" * 64}))
    (part,) = [part for part in _found(ledger) if part.kind == "sources"]
    assert part.keys == (f"sources/{'b' * 64}.zip",)


def test_a_kill_in_the_middle_leaves_a_home_that_works(tmp_path: Path) -> None:
    ledger = made(tmp_path / "home")
    champion, held = _promoted(ledger), contents(ledger)
    before = audit(ledger, "toy/level", champion).to_json()
    freed = _found(ledger)
    n_all = sum(len(part.keys) for part in freed)
    for n in range(1, n_all, max(1, n_all // 6)):
        code = (
            "import os, signal\nfrom pathlib import Path\n"
            "from astro_assets.ledger.pruning import prune\n"
            "from astro_assets_tests.ledger.test_pruning import _found, toy_ledger\n"
            "real, done = Path.unlink, [0]\n"
            "def unlink(path, **how):\n"
            f"    if done[0] == {max(1, n_all // 6)}: os.kill(os.getpid(), signal.SIGKILL)\n"
            "    done[0] += 1\n    real(path, **how)\n"
            "Path.unlink = unlink\n"
            f"prune(_found(toy_ledger(Path({str(tmp_path / 'home')!r}), with_models=True)))\n"
        )
        killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
        assert killed.returncode in (0, -signal.SIGKILL), (n, killed.stderr)
        assert contents(ledger) == held
        assert audit(ledger, "toy/level", champion).to_json() == before
    prune(_found(ledger))
    assert not [part for part in _found(ledger) if part.keys]
    assert audit(ledger, "toy/level", champion).to_json() == before
