"""A target is found in files of all kinds, however they are packed; where nobody can tell, that is said."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.trace import Trace
from astro_assets.observations.spellings import spellings
from astro_assets.orchestration import mentions
from astro_assets.orchestration.mentions import Mention, mention_in

TRACE = Trace("TIC 1005", spellings("TIC 1005"), file_names=("its curve.fits",), files=("ab" * 32,))
ITS, OTHER = b"a note\non tic-1005, then", b"a note\non tic-10055, then"


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", data)
    return stream.getvalue()


def tarred(data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("inner")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def parquet(data: bytes) -> bytes:
    stream = io.BytesIO()
    frame = pl.DataFrame({"texts": [["nothing"], [data.decode()]], "of": [{"a": 1}, {"a": 2}]})
    frame.write_parquet(stream, compression="zstd")
    return stream.getvalue()


def arrow(data: bytes) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame({"of": [{"text": data.decode()}]}).write_ipc(stream, compression="lz4")
    return stream.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstandard.compress,
    "zip": zipped,
    "tar": tarred,
    "tar.zst with gzip": lambda data: zstandard.compress(tarred(gzip.compress(data))),
    "Parquet": parquet,
    "Parquet in zip": lambda data: zipped(parquet(data)),
    "Arrow": arrow,
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_name_is_found_in_what_is_packed(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "file"
    for data, found in ((ITS, Mention.FOUND), (OTHER, Mention.NONE)):
        path.write_bytes(PACKINGS[packing](data))
        assert mention_in(path, TRACE) is found
    path.write_bytes(PACKINGS[packing](f"see {'ab' * 32}".encode()))
    assert mention_in(path, TRACE) is Mention.FOUND, "hashes of its files name it, too"


def test_names_of_files_count(tmp_path: Path) -> None:
    for name in ("notes on TIC 1005.txt", "its curve.fits"):
        (tmp_path / name).write_text("nothing")
        assert mention_in(tmp_path / name, TRACE) is Mention.FOUND


def test_a_database_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE t AS SELECT 'of TIC 1005' AS text")
    assert mention_in(path, TRACE) is Mention.FOUND


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(OTHER * 100)[:-20],
        zipped(OTHER)[:-30],
        parquet(OTHER)[:60],
        b"%PDF-1.7 packed",
        b"\x89PNG\r\n\x1a\n drawn",
        b"\x89HDF\r\n\x1a\n packed",
    ],
    ids=["half a gzip", "half a zip", "half a Parquet", "PDF", "PNG", "HDF5"],
)
def test_what_cannot_be_looked_into_is_not_taken_for_silent(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert mention_in(path, TRACE) is Mention.UNSURE


def test_a_closed_file_in_an_archive_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.pdf", b"%PDF-1.7")
        archive.writestr("b.txt", OTHER)
    assert mention_in(path, TRACE) is Mention.UNSURE
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("c.txt", ITS)
    assert mention_in(path, TRACE) is Mention.FOUND


def test_what_is_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "_MOST_BYTES", 10_000)
    path = tmp_path / "file"
    for data in (b"0" * 10_001, gzip.compress(b"0" * 10_001), zstandard.compress(b"0" * 10_001)):
        path.write_bytes(data)
        assert mention_in(path, TRACE) is Mention.UNSURE
    path.write_bytes(gzip.compress(b"0" * 9_000))
    assert mention_in(path, TRACE) is Mention.NONE


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("TIC_ID", Mention.UNSURE),
        ("tid", Mention.UNSURE),
        ("target", Mention.UNSURE),
        ("star_number", Mention.UNSURE),
        ("kic", Mention.NONE),
        ("epic_number", Mention.NONE),
        ("n_points", Mention.NONE),
    ],
)
def test_its_number_among_those_of_stars_may_be_it(tmp_path: Path, column: str, found: Mention) -> None:
    path, frame = tmp_path / "file", pl.DataFrame({"depth": [0.1, 0.2], column: [1004, 1005]})
    frame.write_parquet(path)
    assert mention_in(path, TRACE) is found
    path.write_text("# written\n" + frame.write_csv())
    assert mention_in(path, TRACE) is found
    for write in (frame.head(1).write_parquet, frame.head(1).write_csv):
        write(path)
        assert mention_in(path, TRACE) is Mention.NONE


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"ARROW1", b"BZh"])
)
def test_no_bytes_are_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes, magic: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(magic + data)
    assert mention_in(path, TRACE) in Mention
