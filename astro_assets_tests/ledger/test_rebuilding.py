"""A version is made again, to the bit, without tables and models; where it differs the cause is named."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.circumstances import THREADS_VARIABLE, as_then
from astro_assets.ledger.enacting import Enactor, unpacked
from astro_assets.ledger.enactment import EnactmentError
from astro_assets.ledger.explanation import Explanation, explain
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.rebuilding import Rebuilt, rebuild
from astro_assets.ledger.records import Record, RecordError, find_record, read_record
from astro_assets.ledger.sources import package_source_zip
from astro_assets.ledger.worlds import World, world_of_unit
from astro_assets_tests.ledger import rebuilt

ROOT = Path(__file__).parents[2]
TABLES_FROM = "astro_assets_tests.ledger.rebuilt"


def make(root: Path, *, seed: int = 0, **variables: str) -> Home:
    """Fill a home and fit its model in a process of its own."""
    paths = os.pathsep.join(filter(None, (variables.pop("PYTHONPATH", ""), str(ROOT))))
    code = f"import sys; from {TABLES_FROM} import fill; fill(*sys.argv[1:])"
    command = [sys.executable, "-c", code, str(root), str(seed)]
    environment = {**os.environ, **variables, "PYTHONPATH": paths}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return open_home(root)


def distance_of(home: Home) -> tuple[World, float]:
    """Return what a star's distance is made of, and its value."""
    ledger = open_ledger(home, rebuilt.TABLES)
    rows = ledger.open(rebuilt.DISTANCES).rows(["distance"]).filter(key="SIM 1").collect()
    found = ancestry(ledger, rows.select(pl.lit("toy/distances").alias("table"), "key", "row_hash"))
    return world_of_unit(ledger, found, "toy/distances", "SIM 1"), float(rows["distance"][0])


def library(folder: Path, version: str, factor: float) -> str:
    """Plant a library of a version, and return the folder to import it from."""
    info = folder / f"planted_library-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: planted-library\nVersion: {version}\n")
    (folder / "planted_library.py").write_text(f"FACTOR = {factor}\n")
    return str(folder)


def record_of(home: Home) -> Record:
    return find_record(open_ledger(home, rebuilt.TABLES), "groups")


def again(home: Home, into: Path, record: Record | None = None, **variables: str) -> Rebuilt:
    enactor = Enactor(home, tables_from=TABLES_FROM, variables=variables)
    return rebuild(record or record_of(home), enactor, into)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make(tmp_path_factory.mktemp("rebuilt") / "home")


def only_what_is_kept(home: Home, root: Path) -> Home:
    """Copy of a home what a rebuild may read: records, raw files, code, versions; no tables, no models."""
    record = record_of(home)
    shutil.copytree(home.root, root)
    for place in ("tables", "objects", "configs", "trainings", "mlflow_artifacts"):
        shutil.rmtree(root / place, ignore_errors=True)
    (root / "files" / record.expected.artefact[:2] / record.expected.artefact).unlink()
    return open_home(root)


def test_it_comes_out_the_same_without_tables_and_model_files(home: Home, tmp_path: Path) -> None:
    bare = only_what_is_kept(home, tmp_path / "bare")
    found = again(bare, tmp_path / "into")
    assert found.is_same, found
    assert found.causes == []
    assert {of.name for of in found.compared} == {"toy/groups", "toy/curves", "toy/stars"}
    assert found.artefact.read_bytes() == home_artefact(home).read_bytes()


def home_artefact(home: Home) -> Path:
    sha256 = record_of(home).expected.artefact
    return home.root / "files" / sha256[:2] / sha256


def test_other_threads_are_named_as_the_cause(home: Home, tmp_path: Path) -> None:
    found = again(home, tmp_path / "into", **{THREADS_VARIABLE: "2"})
    assert not found.is_same
    assert [of.name for of in found.compared if not of.is_same] == ["toy/groups"]
    assert found.causes[0] == "pinned threads: 1 then, 2 now"


def test_a_library_is_named_as_the_cause(tmp_path: Path) -> None:
    home = make(tmp_path / "home", PYTHONPATH=library(tmp_path / "old", "1.0", 1.0))
    newer = library(tmp_path / "new", "2.0", 1.5)
    assert again(home, tmp_path / "same", PYTHONPATH=f"{tmp_path / 'old'}:{ROOT}").is_same
    found = again(home, tmp_path / "into", PYTHONPATH=f"{newer}:{ROOT}")
    assert found.causes == ["library planted-library: 1.0 then, 2.0 now"]


def test_a_seed_is_named_as_the_cause(home: Home, tmp_path: Path) -> None:
    record = record_of(home)
    other = replace(record, world=replace(record.world, config={"seed": 4}))
    found = again(home, tmp_path / "into", other)
    assert found.causes[0] == "setting seed: 0 then, 4 now"


def test_a_change_of_a_library_is_told_apart_where_that_library_is_here(tmp_path: Path) -> None:
    """Both worlds are made by processes of their own; where only one library is here the rest is told."""
    old, new = (f"{library(tmp_path / n, n, factor)}:{ROOT}" for n, factor in (("1.0", 1.0), ("2.0", 1.5)))
    home = make(tmp_path / "home", PYTHONPATH=old)
    before, was = distance_of(home)
    make(tmp_path / "home", seed=1, PYTHONPATH=new)
    after, now = distance_of(home)
    assert before.installed != after.installed
    of = {before.installed: old, after.installed: new}

    def explained(here: tuple[str, ...]) -> Explanation:
        def value_of(world: World) -> float:
            enactor = Enactor(home, tables_from=TABLES_FROM, variables={"PYTHONPATH": of[world.installed]})
            (row,) = enactor.make(world, tmp_path / "made" / world.installed[:8]).enacted.rows
            return float(row["distance"])

        return explain(before, after, (was, now), value_of, ("toy/catalogue",), here=here)

    both, one = explained(tuple(of)), explained((after.installed,))
    assert set(both.parts) == {"seed", "environment"}
    assert set(one.parts) == {"seed", "environment (not re-executed)"}
    for found in (both, one):
        assert sum(found.parts.values()) == pytest.approx(now - was, abs=1e-12)
        assert all(abs(part) > 1e-6 for part in found.parts.values())


def test_what_was_put_in_and_changed_since_does_not_matter(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "home"
    shutil.copytree(home.root, copy)
    make(copy, seed=5)
    ledger = open_ledger(open_home(copy), rebuilt.TABLES)
    first = record_of(home).version
    found = again(open_home(copy), tmp_path / "into", find_record(ledger, f"groups@{first[:6]}"))
    assert found.is_same


def test_a_version_that_was_not_pinned_says_so(tmp_path: Path) -> None:
    """Made again all the same it is given the threads of then."""
    home = make(tmp_path / "home", **{THREADS_VARIABLE: "2"})
    assert record_of(home).why_not_reproducible[0] == "it was fitted on 2 threads, not pinned to one"
    assert again(home, tmp_path / "into").is_same


def test_instructions_of_then_are_used_again(tmp_path: Path) -> None:
    """A home of a lesser machine: this one holds back what that lacked."""
    lesser = as_then({"threads": 1, "instruction_set": "x86-64-v3"})
    record = record_of(make(tmp_path / "home", **lesser))
    pins = {**record.circumstances["pins"], "environment": {}}
    moved = replace(record, circumstances={**record.circumstances, "pins": pins})
    home = open_home(tmp_path / "home")
    assert again(home, tmp_path / "into", moved).is_same


def test_missing_code_and_damaged_records_are_errors_that_say_so(home: Home, tmp_path: Path) -> None:
    record = record_of(home)
    shutil.copytree(home.root, tmp_path / "home")
    copy = open_home(tmp_path / "home")
    (path,) = (copy.root / "records").glob("*.json")
    other = replace(record, world=replace(record.world, code="00" * 32))
    with pytest.raises(CorruptStoreError, match=r"sources/00.*\.zip is missing"):
        again(copy, tmp_path / "into", other)
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps({**told, "format": "another"}))
    with pytest.raises(RecordError, match="is not a record of this form"):
        read_record(copy.storage, f"records/{path.name}")
    path.write_text(json.dumps({name: value for name, value in told.items() if name != "world"}))
    with pytest.raises(RecordError, match="is damaged"):
        read_record(copy.storage, f"records/{path.name}")


def test_a_world_that_does_not_come_about_says_why(home: Home, tmp_path: Path) -> None:
    record = record_of(home)
    other = replace(record, world=replace(record.world, wanted=("toy/nothing", "x")))
    with pytest.raises(EnactmentError, match="the code of then makes no model 'toy/nothing'"):
        again(home, tmp_path / "into", other)


def test_code_of_then_is_unpacked_where_other_code_runs(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zip is this very package with one comment more: another source of the same meaning."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    record = record_of(home)
    copy = shutil.copytree(home.root, tmp_path / "home")
    archive = copy / "sources" / f"{record.world.code}.zip"
    with zipfile.ZipFile(archive, "a") as entries:
        entries.writestr("astro_assets/added.txt", "nothing")
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    other = archive.rename(archive.with_name(f"{sha256}.zip"))
    folder = unpacked(other, sha256)
    assert folder.is_relative_to(tmp_path / "cache")
    assert (folder / "astro_assets" / "added.txt").read_text() == "nothing"
    assert unpacked(other, sha256) == folder


def test_code_of_then_runs_though_it_calls_things_otherwise(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code of then knew fewer fields of a world, and had other hashes of one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package = shutil.copytree(ROOT / "astro_assets", tmp_path / "then" / "astro_assets")
    worlds = package / "ledger" / "worlds.py"
    text = worlds.read_text()
    assert "    versions: dict[str, str] = field(default_factory=dict)" in text
    text = text.replace("    versions: dict[str, str] = field(default_factory=dict)", "    versions = {}")
    told = '        versions={**dict(last.select("table", "code_version").iter_rows()), **versions},\n'
    assert told in text
    text = text.replace(told, "")
    worlds.write_text(text.replace('{"code": self.code, **', '{"then": self.code, **'))
    copy = open_home(shutil.copytree(home.root, tmp_path / "home"))
    code = ObjectStore(copy).put_source(package_source_zip(package))
    record = record_of(home)
    then = replace(record, world=replace(record.world, code=code, versions={}))
    found = again(copy, tmp_path / "into", then, PYTHONPATH=str(ROOT))
    assert found.is_same, found
    assert (tmp_path / "cache" / "astro_assets" / "sources" / code).is_dir()


def test_an_archive_that_leads_elsewhere_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as entries:
        entries.writestr("../../outside.py", "")
    with pytest.raises(EnactmentError, match="lies outside"):
        unpacked(tmp_path / "evil.zip", "ee" * 32)
