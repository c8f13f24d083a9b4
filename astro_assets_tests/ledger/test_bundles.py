"""A bundle holds all that a version was made of, in the same bytes each time; its hashes are checked."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.ledger.bundles import BundleError, read_bundle, write_bundle
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.needs import needs_of
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.rebuilding import rebuild
from astro_assets.ledger.records import Record, find_record
from astro_assets_tests.ledger import bundled

ROOT = Path(__file__).parents[2]
FILES = {"first.fits": b"a" * 100, "second.fits": b"b" * 23}
Member = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return bundled.fill(tmp_path_factory.mktemp("bundled") / "home", FILES).home


@pytest.fixture(scope="module")
def bundle(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "total.tar.zst"
    write_bundle(home, record_of(home), bundled.TABLES, out)
    return out


def record_of(home: Home) -> Record:
    return find_record(open_ledger(home, bundled.TABLES), "total")


def copy_of(home: Home, root: Path) -> Home:
    shutil.copytree(home.root, root)
    return open_home(root)


def raw_file(home: Home, name: str) -> Path:
    files = needs_of(record_of(home).world, bundled.TABLES).files
    (sha256,) = (sha256 for sha256, known in files.items() if known == name)
    return home.root / "files" / sha256[:2] / sha256


def members_of(bundle: Path) -> list[Member]:
    with tarfile.open(fileobj=io.BytesIO(unpacked(bundle))) as archive:
        return [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]


def unpacked(bundle: Path) -> bytes:
    with bundle.open("rb") as stream:
        return zstandard.ZstdDecompressor().stream_reader(stream).read()


def packed(members: list[Member], out: Path) -> Path:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for member, data in members:
            member.size = 0 if member.issym() else len(data)
            archive.addfile(member, io.BytesIO(data))
    out.write_bytes(zstandard.compress(written.getvalue()))
    return out


def test_it_rebuilds_in_another_place_with_the_network_off(bundle: Path, tmp_path: Path) -> None:
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = []  # no namespaces here: the test's own guard of the network is all there is
    moved = shutil.copy(bundle, tmp_path / "moved.tar.zst")
    command = [*alone, sys.executable, "-m", bundled.__name__, str(moved), str(tmp_path / "into")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"same": {"toy/total": True, "toy/lengths": True}, "model": "123"}


def test_the_same_version_gives_the_same_bytes(home: Home, bundle: Path, tmp_path: Path) -> None:
    copy = copy_of(home, tmp_path / "home")
    for path in copy.root.rglob("*"):
        os.utime(path, (1, 1))
    again = write_bundle(copy, record_of(copy), bundled.TABLES, tmp_path / "again.tar.zst")
    assert again.path.read_bytes() == bundle.read_bytes()
    assert (again.n_files, again.n_bytes) == (2, bundle.stat().st_size)


def test_it_tells_people_and_pip_what_they_need(home: Home, bundle: Path) -> None:
    texts = {member.name: data for member, data in members_of(bundle)}
    record = record_of(home)
    readme = texts["README.md"].decode()
    assert f"toy/total@{record.version}" in readme
    assert record.expected.artefact in readme
    lines = texts["constraints.txt"].decode().splitlines()
    assert f"polars=={record.environment['polars']}" in lines
    assert f"# python {record.environment['python']}" in lines
    assert not [line for line in lines if line.startswith("astro-assets==")], "no index has it"


def test_nothing_is_overwritten(home: Home, bundle: Path) -> None:
    with pytest.raises(BundleError, match="is there already"):
        write_bundle(home, record_of(home), bundled.TABLES, bundle)


def test_a_missing_raw_file_is_named(home: Home, tmp_path: Path) -> None:
    copy = copy_of(home, tmp_path / "home")
    raw_file(copy, "second.fits").unlink()
    with pytest.raises(
        CorruptStoreError, match=r"a raw file is missing in .*files: second\.fits \([0-9a-f]{12}\)"
    ):
        write_bundle(copy, record_of(copy), bundled.TABLES, tmp_path / "out.tar.zst")
    with pytest.raises(CorruptStoreError, match=r"second\.fits"):
        rebuild(record_of(copy), bundled.enactor(copy), tmp_path / "into")
    assert not (tmp_path / "out.tar.zst").exists()


def test_a_damaged_raw_file_is_named(home: Home, tmp_path: Path) -> None:
    copy = copy_of(home, tmp_path / "home")
    damaged = raw_file(copy, "first.fits")
    damaged.chmod(0o644)
    damaged.write_bytes(b"c" * 100)
    with pytest.raises(CorruptStoreError, match="is damaged"):
        write_bundle(copy, record_of(copy), bundled.TABLES, tmp_path / "out.tar.zst")
    with pytest.raises(RuntimeError, match=r"is damaged.*: it is first\.fits"):
        rebuild(record_of(copy), bundled.enactor(copy), tmp_path / "into")


def added(name: str, **kind: object) -> Callable[[list[Member]], list[Member]]:
    def change(members: list[Member]) -> list[Member]:
        member = tarfile.TarInfo(name)
        for attribute, value in kind.items():
            setattr(member, attribute, value)
        return [*members, (member, b"")]

    return change


def listed(name: str) -> Callable[[list[Member]], list[Member]]:
    """Return what adds an empty file that the list of the bundle knows."""

    def change(members: list[Member]) -> list[Member]:
        (first, data), *others = members
        manifest = json.loads(data)
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        manifest["entries"][name] = {"sha256": empty, "n_bytes": 0}
        return [(first, json.dumps(manifest).encode()), *others, (tarfile.TarInfo(name), b"")]

    return change


def swapped(members: list[Member]) -> list[Member]:
    """Give two raw files each other's content."""
    (first, a), (second, b) = ((m, d) for m, d in members if m.name.startswith("files/"))
    others = [(m, d) for m, d in members if not m.name.startswith("files/")]
    return [*others, (first, b), (second, a)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (added("files/aa/more"), "holds 'files/aa/more'"),
        (added("README.md"), r"holds 'README\.md'"),
        (listed("../outside"), "holds '../outside'"),
        (listed("/outside"), "holds '/outside'"),
        (listed("files/../../outside"), "holds 'files/../../outside'"),
        (added("files/link", type=tarfile.SYMTYPE, linkname="/"), "holds 'files/link'"),
        (swapped, "is damaged"),
        (lambda members: members[:-1], "it lacks sources/"),
        (lambda members: members[1:], r"does not begin with a manifest\.json"),
        (lambda members: [(members[0][0], b"{}"), *members[1:]], r"its manifest\.json cannot be read"),
        (lambda members: [], "does not begin with"),
    ],
)
def test_what_no_bundle_holds_is_refused(
    bundle: Path, tmp_path: Path, change: Callable[[list[Member]], list[Member]], said: str
) -> None:
    evil = packed(change(members_of(bundle)), tmp_path / "evil.tar.zst")
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    with pytest.raises(BundleError, match=said):
        read_bundle(evil, into)
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("data", [b"", b"no archive", zstandard.compress(b"no tar")])
def test_what_is_no_bundle_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tar.zst").write_bytes(data)
    (tmp_path / "into").mkdir()
    with pytest.raises(BundleError):
        read_bundle(tmp_path / "x.tar.zst", tmp_path / "into")


@given(st.data())
@settings(max_examples=25)
def test_a_changed_byte_is_noticed_or_changes_nothing(
    bundle: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    packed_bytes = bytearray(bundle.read_bytes())
    at = data.draw(st.integers(0, len(packed_bytes) - 1))
    packed_bytes[at] ^= 1 << data.draw(st.integers(0, 7))
    folder = tmp_path_factory.mktemp("changed")
    (folder / "x.tar.zst").write_bytes(packed_bytes)
    (folder / "into").mkdir()
    try:
        _, record = read_bundle(folder / "x.tar.zst", folder / "into")
    except BundleError:
        return
    assert record.to_json() == read_bundle(bundle, folder)[1].to_json()
