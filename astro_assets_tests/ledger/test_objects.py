"""Objects under their content hash: what comes back is what was put, or an error that names the file."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from astro_assets.ledger.atomic import Flushing, replacing, write_bytes
from astro_assets.ledger.hashing import hash_arrays, sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.schema import SchemaError
from astro_assets_tests.ledger.places import array_path, file_path

_CURVE = {"time": np.arange(5.0), "flux": np.array([1, np.nan, 3, 4, 5], "f4"), "good": np.arange(5) > 2}


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(open_home(tmp_path / "home"))


#: Puts arrays into a store and takes them out where Pandas is not installed: it comes with tests only.
WITHOUT_PANDAS = """
import sys
from pathlib import Path

import numpy as np


class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Missing())

from astro_assets.ledger.home import open_home
from astro_assets.ledger.objects import ObjectStore

store = ObjectStore(open_home(Path(sys.argv[1])))
arrays = {"time": np.arange(5.0), "flux": np.ones(5, "f4"), "number": np.arange(5), "good": np.arange(5) > 2}
found = store.get_arrays(store.put_arrays(arrays)[0])
assert all(found[name].tolist() == values.tolist() for name, values in arrays.items())
"""


def _files(store: ObjectStore) -> list[Path]:
    return sorted(path for path in store.home.root.rglob("*") if path.is_file() and path.name != "home.toml")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_arrays_need_nothing_that_comes_with_tests(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(tmp_path / "home")]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@given(
    st.sampled_from(["?", "i1", "u1", "i2", "u4", "i8", "u8", "f2", "f4", "f8", ">f8", ">i4"]).flatmap(
        lambda dtype: npst.arrays(dtype, npst.array_shapes(max_dims=1, min_side=0, max_side=9))
    )
)
def test_arrays_come_back_bit_by_bit(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    store = ObjectStore(open_home(tmp_path_factory.getbasetemp() / "arrays"))
    digest, _ = store.put_arrays({"b": array[::-1], "a": array})
    found = store.get_arrays(digest)
    assert list(found) == ["a", "b"]
    assert found["a"].dtype == array.dtype.newbyteorder("=")
    assert hash_arrays(found) == digest == hash_arrays({"a": array, "b": array[::-1]})
    np.testing.assert_array_equal(found["a"], array)


def test_equal_arrays_are_stored_once_and_anybody_can_read_them(store: ObjectStore) -> None:
    digest, written = store.put_arrays(_CURVE)
    path = array_path(store, digest)
    assert written == path.stat().st_size
    assert store.put_arrays({name: array.copy() for name, array in reversed(_CURVE.items())}) == (digest, 0)
    assert _files(store) == [path]
    frame = pl.read_ipc(path.read_bytes())
    assert frame["time"].to_list() == [0, 1, 2, 3, 4]
    assert frame.schema == {"flux": pl.Float32, "good": pl.Boolean, "time": pl.Float64}


@pytest.mark.parametrize(
    "arrays",
    [{}, {"a": np.zeros(3), "b": np.zeros(4)}, {"a": np.zeros((2, 2))}, {"a": np.array(1.0)}],
)
def test_arrays_kept_together_are_of_one_length(store: ObjectStore, arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(SchemaError, match="1-D and of one length"):
        store.put_arrays(arrays)
    assert not _files(store)


def test_missing_cut_and_changed_arrays_are_named(store: ObjectStore) -> None:
    digest, _ = store.put_arrays(_CURVE)
    path, whole = array_path(store, digest), array_path(store, digest).read_bytes()
    other = array_path(store, store.put_arrays({"time": np.arange(5.0)})[0]).read_bytes()
    for damaged in (whole[:-20], whole[: len(whole) // 2], b"", b"not Arrow", other):
        path.write_bytes(damaged)
        with pytest.raises(CorruptStoreError, match=str(path)):
            store.get_arrays(digest)
    path.unlink()
    with pytest.raises(CorruptStoreError, match=f"{path} is missing"):
        store.get_arrays(digest)


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_through(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    store = ObjectStore(open_home(tmp_path_factory.getbasetemp() / "flipped"))
    digest, _ = store.put_arrays(_CURVE)
    whole = bytearray(array_path(store, digest).read_bytes())
    whole[at % len(whole)] ^= 1 << bit
    array_path(store, digest).write_bytes(whole)
    with suppress(CorruptStoreError):
        # No error: the bit was padding of the format.
        assert hash_arrays(store.get_arrays(digest)) == digest
    array_path(store, digest).unlink()


def test_a_file_is_kept_once_read_only_and_verified(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "curve.fits"
    source.write_bytes(b"SIMPLE" * 1000)
    digest = _sha256(source.read_bytes())
    assert sha256_of(source) == digest
    assert store.put_file(source, digest) == 6000
    assert store.put_file(source, digest) == 0
    path = store.get_file(digest)
    assert path.read_bytes() == source.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o444
    path.chmod(0o644)
    path.write_bytes(b"SIMPLE")
    with pytest.raises(CorruptStoreError, match=f"{path} is damaged"):
        store.get_file(digest)
    path.unlink()
    with pytest.raises(CorruptStoreError, match=f"{path} is missing"):
        store.get_file(digest)


def test_a_file_that_changes_while_it_is_copied_is_refused(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "growing.fits"
    source.write_bytes(b"first half")
    digest = sha256_of(source)
    source.write_bytes(b"first half, second half")
    with pytest.raises(CorruptStoreError, match=f"{source} changed while"):
        store.put_file(source, digest)
    assert not _files(store)


def test_files_that_may_reach_the_disk_later_are_there_at_once(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raw").write_bytes(b"raw")
    may_go_on, flushed = threading.Event(), []

    def slow(handle: int) -> None:
        may_go_on.wait()
        flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    monkeypatch.setattr(os, "fsync", slow)
    with Flushing(first=False) as flushing:
        replace(store, flushing=flushing).put_file(tmp_path / "raw", _sha256(b"raw"))
        assert store.get_file(_sha256(b"raw")).read_bytes() == b"raw"
        may_go_on.set()
    assert flushed == [str(file_path(store, _sha256(b"raw")))]
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(_FullDiskError), Flushing(first=False) as flushing:
        replace(store, flushing=flushing).put_arrays(_CURVE)


class _FullDiskError(OSError):
    """No space left."""


def _full(_handle: int) -> None:
    raise _FullDiskError


def test_a_write_that_fails_leaves_nothing(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(_FullDiskError):
        store.put_arrays(_CURVE)
    with pytest.raises(_FullDiskError), Flushing() as flushing:
        replace(store, flushing=flushing).put_arrays(_CURVE)
    assert not _files(store)


def test_files_flushed_in_the_background_are_all_there_at_the_end(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, fsync, may_go_on = [], os.fsync, threading.Event()

    def slow(handle: int) -> None:
        may_go_on.wait()
        fsync(handle)
        flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    monkeypatch.setattr(os, "fsync", slow)
    with Flushing() as flushing:
        later = replace(store, flushing=flushing)
        digests = [later.put_arrays({"time": np.arange(5.0) + n})[0] for n in range(20)]
        (tmp_path / "raw").write_bytes(b"raw")
        later.put_file(tmp_path / "raw", _sha256(b"raw"))
        assert not flushed
        assert not any(array_path(store, digest).exists() for digest in digests)
        may_go_on.set()
    assert len(flushed) == 21
    assert all(".partial-" in name for name in flushed)
    assert [store.get_arrays(digest)["time"][0] for digest in digests] == list(range(20))
    assert store.get_file(_sha256(b"raw")).read_bytes() == b"raw"
    assert len(_files(store)) == 21


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_bytes(path, b"old")
    with replacing(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    write_bytes(path, b"third", replace=False)
    assert path.read_bytes() == b"new", "the first writer wins"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_sources_and_environments_are_stored_under_their_hash(store: ObjectStore) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("module.py", "ANSWER = 42\n")
    digest = store.put_source(buffer.getvalue())
    assert digest == _sha256(buffer.getvalue()) == store.put_source(buffer.getvalue())
    with zipfile.ZipFile(store.home.root / "sources" / f"{digest}.zip") as archive:
        assert archive.read("module.py") == b"ANSWER = 42\n"
    environment = store.put_environment({"numpy": "2.3", "astropy": "7.1"})
    assert environment == store.put_environment({"astropy": "7.1", "numpy": "2.3"})
    assert environment != store.put_environment({"astropy": "7.1", "numpy": "2.4"})
    kept = json.loads((store.home.root / "environments" / f"{environment}.json").read_text())
    assert kept == {"numpy": "2.3", "astropy": "7.1"}
