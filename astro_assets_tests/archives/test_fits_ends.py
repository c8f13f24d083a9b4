"""Whether a file is FITS and all of it, whatever its headers claim."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from astro_assets.archives.fits_ends import fault_of_fits
from astro_assets_tests.archives.faults import absurd_header
from astro_assets_tests.archives.held_stars import tess_bytes


def fault_of(folder: Path, content: bytes) -> str:
    path = folder / "some.fits"
    path.write_bytes(content)
    return fault_of_fits(path)


def header(**cards: int) -> bytes:
    text = "".join(f"{name:8}= {value:20}".ljust(80) for name, value in cards.items())
    return f"{'SIMPLE  =                    T':80}{text}{'END':80}".ljust(2880).encode()


def test_a_whole_file_has_no_fault(tmp_path: Path) -> None:
    star = tess_bytes(tmp_path, 1)
    assert fault_of(tmp_path, star) == ""
    assert fault_of(tmp_path, star[:-1]) == "it ends before the end of its FITS data"


def test_no_claim_of_a_header_is_gone_to(tmp_path: Path) -> None:
    most = 10**15 - 1
    cut = "it ends before the end of its FITS data"
    assert fault_of(tmp_path, absurd_header(tess_bytes(tmp_path, 1))) == cut
    assert fault_of(tmp_path, header(BITPIX=64, NAXIS=2, NAXIS1=most, NAXIS2=most)) == cut
    axes = {f"NAXIS{n}": most for n in range(1, 30)}
    assert fault_of(tmp_path, header(BITPIX=8, NAXIS=29, **axes)) == cut
    assert fault_of(tmp_path, header(BITPIX=8, NAXIS=1, NAXIS1=1, PCOUNT=most, GCOUNT=most)) == cut
    assert "impossible" in fault_of(tmp_path, header(BITPIX=8, NAXIS=1, NAXIS1=1, GCOUNT=-1))


@pytest.mark.parametrize("content", [b"", b"SIMPLE", b"<html>", b"\x1f\x8b", bytes(9000)])
def test_other_files_are_not_fits(tmp_path: Path, content: bytes) -> None:
    assert fault_of(tmp_path, content) == "it is not FITS"


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(header(BITPIX=8, NAXIS=0) + bytes(10_000_000))
    assert fault_of(tmp_path, bomb) == "it is not FITS"
