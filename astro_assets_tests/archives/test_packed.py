"""What comes out of an archive's zip file: FITS files by our names, within bounds, or nothing at all."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from astro_assets.archives.errors import (
    ArchiveError,
    CutOffError,
    DamagedError,
    NotDataError,
    NothingFoundError,
)
from astro_assets.archives.packed import MOST_MEMBERS, unpack
from astro_assets.archives.sessions import polite_session
from astro_assets.archives.settings import MAST, ArchiveSettings
from astro_assets_tests.archives.held_stars import tess_bytes
from astro_assets_tests.archives.mast_observations import zipped

URL = "https://mast.example/tesscut"


def unpacked(folder: Path, content: bytes, *, largest_mb: float = 1.0) -> list[Path]:
    packed = folder / "in" / "packed.zip"
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(content)
    session = polite_session(MAST, ArchiveSettings(largest_file_mb=largest_mb))
    return unpack(session, URL, packed, "cut")


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_members_get_our_names_wherever_theirs_lead(tmp_path: Path) -> None:
    star = tess_bytes(tmp_path, 1)
    names = ("../../up.fits", "/etc/passwd", "C:\\there", "", "x" * 4000, ".hidden")
    paths = unpacked(tmp_path, zipped([(name, star) for name in names if name]))
    assert [path.name for path in paths] == [f"cut-{number:02d}.fits" for number in range(1, 6)]
    assert {path.parent for path in paths} == {tmp_path / "in"}
    assert everything(tmp_path) == ["1-7.fits", *(f"in/{path.name}" for path in paths), "in/packed.zip"]
    assert all(path.read_bytes() == star for path in paths)
    (alone,) = unpacked(tmp_path, zipped([("one.fits", star)]))
    assert alone.name == "cut.fits"


def test_a_bomb_does_not_burst(tmp_path: Path) -> None:
    bomb = zipped([("a.fits", tess_bytes(tmp_path, 1)), ("b.fits", b"\0" * 3_000_000)])
    assert len(bomb) < 100_000
    with pytest.raises(CutOffError, match="more than 1 MB are packed together"):
        unpacked(tmp_path, bomb)
    assert everything(tmp_path / "in") == ["packed.zip"]


def test_a_member_that_lies_about_its_size_is_stopped_or_damaged(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.fits", b"\0" * 3_000_000)]))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + place, 2880)
    with pytest.raises((CutOffError, DamagedError)):
        unpacked(tmp_path, bytes(content))
    assert everything(tmp_path / "in") == ["packed.zip"]


@pytest.mark.parametrize("n_members", [0, MOST_MEMBERS + 1])
def test_too_many_members_or_none(tmp_path: Path, n_members: int) -> None:
    with pytest.raises(CutOffError, match=f"{n_members} files are packed"):
        unpacked(tmp_path, zipped([(f"{n}.fits", b"SIMPLE") for n in range(n_members)]))


def test_a_member_that_is_no_whole_fits_file_spoils_all(tmp_path: Path) -> None:
    star = tess_bytes(tmp_path, 1)
    for other, why in ((star[:-2880], "ends before"), (b"<html>", "not FITS")):
        with pytest.raises(DamagedError, match=why):
            unpacked(tmp_path, zipped([("a.fits", star), ("b.fits", other)]))
        assert everything(tmp_path / "in") == ["packed.zip"]


@pytest.mark.parametrize("cut", [10, 200, 2000])
def test_a_damaged_zip_file_leaves_nothing(tmp_path: Path, cut: int) -> None:
    whole = zipped([("a.fits", tess_bytes(tmp_path, 1))])
    with pytest.raises(ArchiveError) as raised:
        unpacked(tmp_path, whole[:cut] + b"\xff" * 20 + whole[cut + 20 :])
    assert "MAST (mast.example)" in str(raised.value)
    assert everything(tmp_path / "in") == ["packed.zip"]


def test_a_message_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(NothingFoundError, match="No images were found there"):
        unpacked(tmp_path, b'{"msg": "No images\\nwere found there.", "results": []}')
    for content in (b"<html>", b"[1, 2]", b"", b'{"results": 1}'):
        with pytest.raises(NotDataError, match="no zip file came"):
            unpacked(tmp_path, content)
