"""A bundle is enough to make a version again; what was changed in it, or does not belong, is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from astro_assets.ledger import bundles
from astro_assets.ledger.bundles import Bundle, BundleError, is_bundle, write_bundle
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.rebuilding import rebuild
from astro_assets.ledger.unbundling import unpack
from astro_assets_tests.ledger import rebuilt
from astro_assets_tests.ledger.test_rebuilding import TABLES_FROM, make, record_of

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make(tmp_path_factory.mktemp("bundled") / "home")


@pytest.fixture(scope="module")
def bundle(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(home, tmp_path_factory.mktemp("bundles") / "groups.tar.zst").path


def bundled(home: Home, path: Path) -> Bundle:
    return write_bundle(open_ledger(home, rebuilt.TABLES), record_of(home), path)


def files_in(path: Path) -> Files:
    """Read a bundle with nothing of this package."""
    with path.open("rb") as stream:
        plain = zstandard.ZstdDecompressor().stream_reader(stream).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        members = archive.getmembers()
        return {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]


def packed(path: Path, files: Mapping[str, bytes | tarfile.TarInfo]) -> Path:
    """Pack files, or members that are none, in their order."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name) if isinstance(data, bytes) else data
            if isinstance(data, bytes):
                member.size = len(data)
            archive.addfile(member, io.BytesIO(data) if isinstance(data, bytes) else None)
    path.write_bytes(zstandard.compress(plain.getvalue()))
    return path


def with_manifest(files: Files) -> Files:
    """Make a manifest that tells the truth of files, whatever they are."""
    told = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "n_bytes": len(data)}
        for name, data in files.items()
    }
    told.pop("MANIFEST.json", None)
    return {**files, "MANIFEST.json": json.dumps({"format": bundles.FORMAT, "files": told}).encode()}


def test_it_is_made_again_from_the_bundle_alone(home: Home, bundle: Path, tmp_path: Path) -> None:
    moved = shutil.move(home.root, tmp_path / "elsewhere")
    try:
        record, place = unpack(bundle, tmp_path / "bundle")
        found = rebuild(record, Enactor(place, tables_from=TABLES_FROM), tmp_path / "into")
    finally:
        shutil.move(moved, home.root)
    assert found.is_same, found
    assert record == record_of(home)
    model = tmp_path / "bundle" / "model" / record.expected.artefact
    assert found.artefact.read_bytes() == model.read_bytes()


def test_it_holds_what_was_put_in_and_nothing_else(home: Home, bundle: Path) -> None:
    (home.root / "keys").mkdir(exist_ok=True)
    (home.root / "keys" / "private.pem").write_text("secret")
    files, record = files_in(bundle), record_of(home)
    assert next(iter(files)) == "MANIFEST.json"
    told = json.loads(files["MANIFEST.json"])["files"]
    assert set(told) == set(files) - {"MANIFEST.json"}
    assert all(hashlib.sha256(files[name]).hexdigest() == of["sha256"] for name, of in told.items())
    folders = {name.rpartition("/")[0].partition("/")[0] for name in files}
    assert folders == {"", "files", "sources", "environments", "model"}
    sha256s = {row["sha256"] for rows in record.world.sources["toy/scales"].values() for row in rows}
    assert {name.rpartition("/")[2] for name in files if name.startswith("files/")} == sha256s
    assert f"model/{record.expected.artefact}" in files
    constraints = files["constraints.txt"].decode().splitlines()
    assert f"numpy=={record.environment['numpy']}" in constraints
    assert not any(line.startswith(("python==", "astro-assets==")) for line in constraints)
    readme = files["README.txt"].decode()
    assert record.version in readme
    assert record.world.code in readme


def test_the_same_version_gives_the_same_bytes(home: Home, bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(home.root, tmp_path / "home")
    again = bundled(open_home(copy), tmp_path / "again.tar.zst")
    assert again.path.read_bytes() == bundle.read_bytes()
    assert again.sha256 == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert again.n_files == len(files_in(bundle)) - 1


@pytest.mark.parametrize("is_there", [False, True], ids=["missing", "damaged"])
def test_a_file_that_is_not_what_it_was_is_named_and_nothing_is_left(
    home: Home, tmp_path: Path, *, is_there: bool
) -> None:
    copy = open_home(shutil.copytree(home.root, tmp_path / "home"))
    (sha256, *_) = [
        row["sha256"] for rows in record_of(home).world.sources["toy/scales"].values() for row in rows
    ]
    path = copy.root / "files" / sha256[:2] / sha256
    path.unlink()
    if is_there:
        path.write_bytes(b"something else")
    with pytest.raises(CorruptStoreError, match=sha256):
        bundled(copy, tmp_path / "out" / "groups.tar.zst")
    assert not (tmp_path / "out").exists()


def test_a_table_that_is_gone_is_named(home: Home, tmp_path: Path) -> None:
    record = record_of(home)
    sources = {**record.world.sources, "toy/gone": {"k": [{"origin": "real"}]}}
    other = dataclasses.replace(record, world=dataclasses.replace(record.world, sources=sources))
    with pytest.raises(BundleError, match="there is no table toy/gone any more"):
        write_bundle(open_ledger(home, rebuilt.TABLES), other, tmp_path / "x.tar.zst")


def changed_file(files: Files) -> tuple[Files, str]:
    name = next(name for name in files if name.startswith("files/"))
    return {**files, name: files[name][:-1] + b"\0"}, name


def changed_with_its_manifest(files: Files) -> tuple[Files, str]:
    """Whoever changes a file can change the manifest; not the names of what is named by its contents."""
    name = next(name for name in files if name.startswith("sources/"))
    return with_manifest({**files, name: files[name] + b"\0"}), name


def changed_record(files: Files) -> tuple[Files, str]:
    return {**files, "record.json": files["record.json"].replace(b'"seed": 0', b'"seed": 1')}, "record.json"


def longer_file(files: Files) -> tuple[Files, str]:
    return {**files, "README.txt": files["README.txt"] + b"!"}, "README.txt"


def lacking_file(files: Files) -> tuple[Files, str]:
    return {name: data for name, data in files.items() if name != "constraints.txt"}, "constraints.txt"


def added_file(files: Files) -> tuple[Files, str]:
    return {**files, "sitecustomize.py": b"print('here')"}, "sitecustomize.py"


@pytest.mark.parametrize(
    "change",
    [changed_file, changed_with_its_manifest, changed_record, longer_file, lacking_file, added_file],
)
def test_a_bundle_that_was_changed_is_refused_by_the_name_of_the_file(
    bundle: Path, tmp_path: Path, change: Callable[[Files], tuple[Files, str]]
) -> None:
    files, name = change(files_in(bundle))
    with pytest.raises(BundleError, match=name):
        unpack(packed(tmp_path / "changed.tar.zst", files), tmp_path / "into")
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("name", ["../outside", "/outside", "files/../../outside", "a/b", "files/aa/../x"])
def test_a_file_that_leads_elsewhere_is_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    files = with_manifest({"MANIFEST.json": b"", **files_in(bundle), name: b"x"})
    with pytest.raises(BundleError, match="no plain file within it"):
        unpack(packed(tmp_path / "evil.tar.zst", files), tmp_path / "a" / "into")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "evil.tar.zst"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_link_or_a_pipe_is_refused(bundle: Path, tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("README.txt")
    member.type, member.linkname = kind, "constraints.txt"
    with pytest.raises(BundleError, match=r"'README\.txt', which is no plain file"):
        unpack(
            packed(tmp_path / "evil.tar.zst", {**files_in(bundle), "README.txt": member}), tmp_path / "into"
        )


def test_an_archive_made_to_fill_the_disk_is_refused(bundle: Path, tmp_path: Path) -> None:
    files = files_in(bundle)
    told = json.loads(files["MANIFEST.json"])
    told["files"]["README.txt"]["n_bytes"] = 1 << 50
    large = {**files, "MANIFEST.json": json.dumps(told).encode()}
    with pytest.raises(BundleError, match="would unpack to"):
        unpack(packed(tmp_path / "large.tar.zst", large), tmp_path / "into")
    told["files"]["record.json"]["n_bytes"] = -(1 << 50)
    less = {**files, "MANIFEST.json": json.dumps(told).encode()}
    with pytest.raises(BundleError, match="less than nothing"):
        unpack(packed(tmp_path / "less.tar.zst", less), tmp_path / "into")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_an_archive_that_was_cut_off_is_refused(bundle: Path, tmp_path: Path, share: float) -> None:
    data = bundle.read_bytes()
    (tmp_path / "cut.tar.zst").write_bytes(data[: int(share * len(data))])
    with pytest.raises(BundleError, match=r"cut\.tar\.zst"):
        unpack(tmp_path / "cut.tar.zst", tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(zstandard.compress(b"x" * 2000))
    (tmp_path / "text").write_text("x")
    assert is_bundle(str(tmp_path / "other"))
    assert not is_bundle(str(tmp_path / "text"))
    assert not is_bundle("transit_scorer@3f")
    with pytest.raises(BundleError, match="damaged, or no bundle"):
        unpack(tmp_path / "other", tmp_path / "into")
    files = {"MANIFEST.json": b'{"format": "another"}'}
    with pytest.raises(BundleError, match="not a bundle of this form"):
        unpack(packed(tmp_path / "later.tar.zst", files), tmp_path / "into")
    with pytest.raises(BundleError, match="there is no bundle"):
        unpack(tmp_path / "none.tar.zst", tmp_path / "into")
