"""A home with its tables in an object store holds the same, row hash by row hash, and loses nothing."""

from __future__ import annotations

import multiprocessing
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger import bucket
from astro_assets.ledger.as_of import AsOfError, open_as_of
from astro_assets.ledger.bucket import Bucket
from astro_assets.ledger.forgetting_log import rewrite_log
from astro_assets.ledger.forgetting_tables import rewrite_table, table_names
from astro_assets.ledger.home_verification import verify_home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.mending import mend
from astro_assets.ledger.models import fit_model
from astro_assets.ledger.pruning import prunable, prune
from astro_assets.ledger.records import find_record, record_key
from astro_assets.ledger.storage import StoreError
from astro_assets.ledger.store import ConflictError, open_table
from astro_assets.ledger.trace import trace_of
from astro_assets.ledger.update import update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import (
    CHAIN,
    contents,
    entries,
    put_entries,
    put_files,
    refresh,
    toy_ledger,
)
from astro_assets_tests.ledger.processes import N_SHARDS, PATIENCE, put_one_by_one
from astro_assets_tests.ledger.test_verification import verified
from astro_assets_tests.object_store import KEY, SECRET, ObjectStoreServer, Wire, new_url, refusing

_SPAWN = multiprocessing.get_context("spawn")
_FILES = [toy.file_row(f"f{i}", f"SIM {i}", [0.6 + i, 0.3]) for i in (1, 2, 20, 4)]


def _filled(root: Path) -> Ledger:
    """Stars of one file each, changed once, and a model of all."""
    ledger = toy_ledger(root, with_models=True)
    put_files(ledger, *_FILES)
    put_entries(ledger, {"e": ("SIM 2", 2.0)})
    refresh(ledger, CHAIN)
    put_files(ledger, toy.file_row("f1", "SIM 1", [5.0, 0.25]))
    refresh(ledger, CHAIN)
    fit_model(ledger, toy.level_spec(ledger.table("stars")))
    return ledger


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, object_store: ObjectStoreServer) -> Bucket:
    """Fill a home that has its tables in an object store."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**object_store.variables(), "ASTRO_ASSETS_STORE": new_url()}.items():
            patch.setenv(name, value)
        return _bucket(_filled(tmp_path_factory.mktemp("filled")))


@pytest.fixture
def ledger(tmp_path: Path, in_store: ObjectStoreServer, filled: Bucket) -> Ledger:
    """Open a copy of it."""
    place = Bucket(os.environ["ASTRO_ASSETS_STORE"], tmp_path)
    for entry in filled.entries(""):
        place.write(entry.key, filled.read(entry.key))
    return toy_ledger(tmp_path / "home", with_models=True)


def _bucket(ledger: Ledger) -> Bucket:
    assert isinstance(ledger.home.storage, Bucket)
    return ledger.home.storage


def test_both_places_hold_the_same_and_nothing_of_the_store_lies_in_the_home(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASTRO_ASSETS_STORE")
    local = _filled(tmp_path / "local")
    assert local.home.store is None
    assert contents(ledger, ("files", "catalogue", *CHAIN)) == contents(local, ("files", "catalogue", *CHAIN))
    models = [of.open(of.table("models")).rows(["model_version"]).collect() for of in (ledger, local)]
    assert models[0]["model_version"].to_list() == models[1]["model_version"].to_list()
    assert entries(ledger) == entries(local)
    names = {entry.key for entry in ledger.home.storage.entries("") if not entry.key.startswith("tables/")}
    there = {entry.key for entry in local.home.storage.entries("") if not entry.key.startswith("tables/")}
    assert names - {"store.toml"} == there - {"home.toml"}
    assert {path.name for path in ledger.home.root.iterdir()} == {"home.toml", "inbox", "cache"}


@pytest.mark.parametrize("table", ["files", "stars"])
@pytest.mark.parametrize("part", ["data", "log"])
def test_damage_in_the_store_is_told_and_named(ledger: Ledger, table: str, part: str) -> None:
    assert verify_home(ledger)[1] == []
    storage, key = ledger.home.storage, f"tables/toy/{table}/"
    ending = ".parquet" if part == "data" else "1.json"
    entry = max((of for of in storage.entries(key) if of.name.endswith(ending)), key=lambda of: of.n_bytes)
    whole = storage.read(entry.key)
    changed = [whole.replace(b"SIM", b"SIN")] if part == "data" else []
    for damaged in (whole[: len(whole) // 2], b"", *changed):
        storage.rewrite(entry.key, damaged)
        findings = verify_home(ledger)[1]
        storage.rewrite(entry.key, whole)
        if part == "data" or damaged == b"":
            assert [of.place for of in findings] == [storage.place(entry.key)]
        else:
            assert findings
            assert all(of.place.startswith(storage.place(key)) for of in findings)
        assert all(("backup" in of.remedy) == (table == "files") for of in findings)


def test_a_damaged_table_in_the_store_is_made_again_as_its_finding_says(ledger: Ledger) -> None:
    before, storage = contents(ledger), ledger.home.storage
    for entry in storage.entries("tables/toy/stars/"):
        if entry.name.endswith(".parquet"):
            storage.rewrite(entry.key, b"PAR1")
    finding = verify_home(ledger)[1][0]
    place = storage.place("tables/toy/stars/")
    assert finding.remedy == f"remove all below {place}, then astro-assets run --recompute toy/stars"
    for entry in storage.entries("tables/toy/stars/"):
        storage.remove(entry.key)
    mend(ledger, ledger.table("stars"))
    update(ledger, ledger.table("stars"), recompute=True)
    assert contents(ledger) == before


def test_a_copy_that_is_damaged_is_fetched_again(ledger: Ledger) -> None:
    before = contents(ledger)
    for path in (ledger.home.root / "cache").rglob("*.parquet"):
        path.write_bytes(path.read_bytes().replace(b"SIM", b"SIN"))
    bucket._copies.cache_clear()  # as in another process
    assert contents(ledger) == before


def test_another_home_that_names_the_store_sees_what_is_in_it(ledger: Ledger, tmp_path: Path) -> None:
    """Whatever shards it wants: the store has some already."""
    other = toy_ledger(tmp_path / "other", n_shards=N_SHARDS + 3, with_models=True)
    assert other.home.n_shards == ledger.home.n_shards
    assert contents(other) == contents(ledger)
    assert entries(other) == entries(ledger)


def test_a_unit_is_followed_to_what_it_was_made_of_then(ledger: Ledger) -> None:
    stars = ledger.table("stars")
    put_files(ledger, toy.file_row("f2", "SIM 2", [9.0]))
    refresh(ledger, ["curves"])
    node = lineage(ledger, stars, "SIM 2")
    assert [(parent.table, parent.is_current) for parent in node.parents] == [
        ("toy/curves", False), ("toy/catalogue", True),
    ]  # fmt: skip
    assert entries(ledger) >= {("stars", "SIM 2", "stale")}


def test_a_table_is_read_as_it_was_until_that_is_pruned(ledger: Ledger) -> None:
    before = open_as_of(ledger.home, ledger.table("stars"), "1")
    then = before.rows(["level"]).filter(pl.col("key") == "SIM 1").collect()["level"].to_list()
    assert then == [pytest.approx(0.95)]
    held = contents(ledger)
    freed = prunable(ledger, datetime(2100, 1, 1, tzinfo=UTC), margin_s=-1)
    assert {part.kind for part in freed if part.keys} >= {"toy/files", "toy/stars", "objects"}
    prune(freed)
    assert contents(ledger) == held
    ledger.home.storage.clear_copies()
    assert contents(ledger) == held
    assert not verified(ledger).mismatches
    with pytest.raises(AsOfError, match="was pruned"):
        open_as_of(ledger.home, ledger.table("stars"), "1")


def test_a_forgotten_star_is_in_no_version_whoever_has_copies(ledger: Ledger, tmp_path: Path) -> None:
    other = toy_ledger(tmp_path / "other", with_models=True)
    table = ledger.table("stars")
    assert "SIM 2" in open_table(other.home, table, version=1).units(["key"]).collect()["key"].to_list()
    storage, trace = ledger.home.storage, trace_of(ledger, "SIM 2", r"(?<![\w.-])SIM 2(?![\w-])")
    for name in table_names(storage):
        rewrite_table(storage, name, ledger.table(name), trace, "forgotten-1")
        rewrite_log(storage, f"tables/{name}", trace)
    for of in (ledger, other):
        for version in (1, 2):
            handle = open_table(of.home, table, version=version)
            assert sorted(handle.units(["key"]).collect()["key"]) == ["SIM 1", "SIM 20", "SIM 4"]
    assert lineage(other, table, "SIM 4").is_current
    assert not any(
        b'"SIM 2"' in storage.read(entry.key)
        for entry in storage.entries("tables/")
        if entry.key.endswith(".json")
    )
    put_files(ledger, toy.file_row("f9", "SIM 9", [0.9]))
    refresh(ledger, CHAIN)
    assert "SIM 9" in contents(other)["stars"]


def test_what_is_damaged_in_the_store_is_found_and_named_whatever_copies_say(ledger: Ledger) -> None:
    storage = _bucket(ledger)
    digest = ledger.open(ledger.table("stars")).rows(["curve"]).collect()["curve"][0]
    model = ledger.open(ledger.table("models")).rows(["artefact"]).collect()["artefact"][0]
    assert ledger.objects.get_file(model).is_file()
    assert not verified(ledger).mismatches
    keys = {ledger.objects.array_key(digest), ledger.objects.file_key(model)}
    for key in keys:
        storage.write(key, storage.read(key)[:-1] + b"?")
    problems = [mismatch.problem for mismatch in verified(ledger).mismatches]
    assert len(problems) == 2
    assert [f"{storage.url}/{part}/" in "".join(problems) for part in ("objects", "files")] == [True, True]
    _, findings = verify_home(ledger)
    assert {finding.place for finding in findings} == {storage.place(key) for key in keys}


def test_a_damaged_copy_is_fetched_again(ledger: Ledger) -> None:
    model = ledger.open(ledger.table("models")).rows(["artefact"]).collect()["artefact"][0]
    copy = ledger.objects.get_file(model)
    whole = copy.read_bytes()
    copy.chmod(0o644)
    copy.write_bytes(b"damaged")
    assert ledger.objects.get_file(model).read_bytes() == whole


def test_who_writes_the_same_shards_second_is_told(ledger: Ledger) -> None:
    first, second = (ledger.open(ledger.table("stars")) for _ in range(2))
    units = first.units().collect()
    assert first.commit(units, [0, 1, 2, 3]) == second.version + 1
    with pytest.raises(ConflictError):
        second.commit(units, [0, 1, 2, 3])


def test_two_processes_that_make_and_write_one_table_lose_no_commit(
    tmp_path: Path, in_store: ObjectStoreServer
) -> None:
    """They have homes of their own; the store is one."""
    barrier, names = _SPAWN.Barrier(2), [f"f{i}" for i in range(8)]
    given = [(tmp_path / f"home {i}", names[i::2], barrier) for i in range(2)]
    processes = [_SPAWN.Process(target=put_one_by_one, args=args, daemon=True) for args in given]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0, 0]
    ledger = toy_ledger(tmp_path / "home 0", n_shards=N_SHARDS)
    assert sorted(ledger.open(toy.FILES).units(["key"]).collect()["key"]) == sorted(names)
    assert ledger.open(toy.FILES).version == len(names)


@pytest.mark.parametrize("lets_pass", [False, True], ids=["not arrived", "arrived, not answered"])
def test_a_commit_during_which_the_wire_is_cut_is_there_or_is_not(
    ledger: Ledger, in_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch, *, lets_pass: bool
) -> None:
    """What is tried again afterwards leaves the same as if nothing had happened."""
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.75]))
    before = contents(ledger, ["curves"])

    def commits(data: bytes) -> bool:
        return data.startswith(b"PUT") and b"/toy/curves/_delta_log/" in data.partition(b"\r\n")[0]

    with Wire(in_store.port, commits, lets_pass=lets_pass) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.address)
        monkeypatch.setattr("astro_assets.ledger.bucket._PATIENCE_S", 1)
        version = ledger.open(ledger.table("curves")).version
        with pytest.raises(StoreError, match=f"{_bucket(ledger).url} cannot be used: it does not answer"):
            refresh(ledger, ["curves"])
        with pytest.raises(StoreError):
            entries(ledger)
        wire.mend()
        assert ledger.open(ledger.table("curves")).version == version + lets_pass
        assert (contents(ledger, ["curves"]) == before) is not lets_pass
        refresh(ledger, CHAIN)
        assert ledger.open(ledger.table("curves")).version == version + 1
        assert not entries(ledger)


def test_a_store_that_comes_back_soon_is_waited_for(
    ledger: Ledger, in_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes away in the middle of a file and is back a little later: nobody notices."""
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.75]))
    with Wire(in_store.port, lambda data: b"/objects/" in data.partition(b"\r\n")[0]) as wire:
        mending = threading.Thread(target=lambda: wire.is_cut.wait(PATIENCE) and wire.mend())
        mending.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.address)
        refresh(ledger, CHAIN)
        mending.join()
        assert not entries(ledger)


#: Settings that are empty say nothing: this is Amazon's store.
EMPTY = dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP", "AWS_REGION", "AWS_SESSION_TOKEN"), "")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "it does not answer: see that it runs"),
        (EMPTY | {"HTTPS_PROXY": "http://127.0.0.1:9"}, "it does not answer: see that it runs"),
        ({"AWS_ALLOW_HTTP": "false"}, "set AWS_ALLOW_HTTP=true where that is meant"),
        ({"ASTRO_ASSETS_STORE": "s3://not-there/x"}, "there is no such bucket"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_line_that_says_what_to_do(
    tmp_path: Path,
    in_store: ObjectStoreServer,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    message: str,
) -> None:
    monkeypatch.setattr("astro_assets.ledger.bucket._PATIENCE_S", 1)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match=message) as raised:
        toy_ledger(tmp_path / "home")
    told_so = str(raised.value)
    assert "\n" not in told_so
    assert SECRET not in told_so
    assert os.environ["ASTRO_ASSETS_STORE"] in told_so
    assert not (tmp_path / "home").exists()


def test_a_model_has_its_record_in_the_store(ledger: Ledger) -> None:
    record = find_record(ledger, "toy/level")
    assert record.why_not_reproducible == []
    assert ledger.home.storage.size(record_key("toy/level", record.version)) is not None


def test_a_store_that_refuses_is_one_line_without_what_was_sent(
    tmp_path: Path, in_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one with other keys does."""
    with refusing() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(StoreError, match="it refuses: see AWS_ACCESS_KEY_ID") as raised:
            toy_ledger(tmp_path / "home")
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None
