"""Damaged and hostile files are refused by name of what is wrong, before anything big is read."""

from __future__ import annotations

import contextlib
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.observations.fits_columns import column_names, read_columns
from astro_assets.observations.fits_structure import FitsError, read_structure, whole_number
from astro_assets_tests.observations.made_files import light_curve_file


def _replace_card(path: Path, keyword: str, value: str, within: int = 20000) -> None:
    """Overwrite a card in place, so that the header says what astropy would not write."""
    with path.open("r+b") as file:
        head = file.read(within)
        starts = [
            start for start in range(0, len(head), 80) if head[start : start + 8] == keyword.ljust(8).encode()
        ]
        file.seek(starts[-1])
        file.write(f"{keyword:<8}= {value:>20}".ljust(80).encode())


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "absent.fits": "cannot be read: No such file",
        "pipe": "not a regular file",
        ".": "not a regular file",
    }.items():
        with pytest.raises(FitsError, match=reason):
            read_structure(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"time,flux\n1,2\n", "not FITS: does not begin with SIMPLE"),
        (b"\x1f\x8b\x08rest", "gzip-compressed"),
        (b"SIMPLE  =                    T", "ends within the header of HDU 0"),
        (b"SIMPLE  =                    T".ljust(2880), "ends within the header of HDU 0"),
        (b"SIMPLE  =                    T".ljust(361 * 2880), "no END within"),
        (b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800), "BITPIX is missing"),
    ],
)
def test_what_is_not_fits(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(content)
    with pytest.raises(FitsError, match=reason):
        read_structure(path)


@pytest.mark.parametrize(
    ("keyword", "value", "reason"),
    [
        ("NAXIS2", "999999999999999999999", "truncated: HDU 1 needs"),
        ("NAXIS2", "-1", "NAXIS2 is -1"),
        ("NAXIS2", "'many'", "NAXIS2 is missing or not a whole number"),
        ("PCOUNT", "-5", "PCOUNT or GCOUNT is negative"),
        ("BITPIX", "7", "BITPIX is 7"),
        ("NAXIS", "10", "NAXIS is 10"),
        ("XTENSION", "'IMAGE'", None),
    ],
)
def test_absurd_sizes_are_refused_before_reading(
    tmp_path: Path, keyword: str, value: str, reason: str | None
) -> None:
    path = light_curve_file(tmp_path / "a.fits")
    _replace_card(path, keyword, value)
    tracemalloc.start()
    try:
        if reason is None:
            with pytest.raises(FitsError, match="is not a table"):
                column_names(read_structure(path)[1])
        else:
            with pytest.raises(FitsError, match=reason):
                read_structure(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("keyword", "value", "reason"),
    [
        ("TFORM1", "'999999999D'", "the columns fill .* bytes a row, NAXIS1 says"),
        ("TFORM1", "'Z'", "TFORM1 is 'Z'"),
        ("TFIELDS", "100000", "TFIELDS is 100000"),
        ("NAXIS", "1", "60 rows of 48 bytes do not fit the 48 bytes of data"),
        ("TFIELDS", "3", "the columns fill .* bytes a row, NAXIS1 says"),
    ],
)
def test_contradictory_columns_are_refused(tmp_path: Path, keyword: str, value: str, reason: str) -> None:
    path = light_curve_file(tmp_path / "a.fits")
    size = path.stat().st_size
    _replace_card(path, keyword, value)
    if keyword == "NAXIS":  # then one row is all the data, and the rest is cut off
        os.truncate(path, size - 60 * 48 + 48 - (-60 * 48 % 2880) + (-48 % 2880))
    table = read_structure(path)[1]
    with pytest.raises(FitsError, match=reason):
        read_columns(path, table, ["TIME"])


def test_too_big_a_table_is_not_read(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits")
    table = read_structure(path)[1]
    n_rows = 2**24
    size = table.offset + -(-n_rows * whole_number(table.header, "NAXIS1") // 2880) * 2880
    os.truncate(path, size)  # sparse: the file has all the bytes it claims, the disk does not
    _replace_card(path, "NAXIS2", str(n_rows), within=table.offset)
    table = read_structure(path)[1]
    with pytest.raises(FitsError, match="the table has 805306368 bytes"):
        read_columns(path, table, ["TIME"])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(tmp_path: Path, share: float) -> None:
    content = light_curve_file(tmp_path / "a.fits", n=2000).read_bytes()
    path = tmp_path / "b.fits"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FitsError, match="truncated"):
        read_structure(path)


@pytest.mark.parametrize("after", [None, b"\n", b"X", bytes(2880), bytes(5760), bytes(100)], ids=range(6))
def test_what_follows_a_complete_table_does_not_count(tmp_path: Path, after: bytes | None) -> None:
    path = light_curve_file(tmp_path / "a.fits", n=61)
    table = read_structure(path)[1]
    content = path.read_bytes()
    assert table.end > table.offset + table.size
    path.write_bytes(content[: table.offset + table.size] if after is None else content + after)
    if after == b"X":
        with pytest.raises(FitsError, match="ends within the header of HDU 2"):
            read_structure(path)
    else:
        assert len(read_structure(path)) == 2


def test_a_file_that_shrinks_after_the_check_is_refused(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", n=2000)
    hdus = read_structure(path)
    os.truncate(path, 3 * 2880)
    with pytest.raises(FitsError, match="ends before its last row"):
        read_columns(path, hdus[1], ["TIME"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 8639), st.integers(0, 255)), min_size=1, max_size=30))
def test_flipped_header_bytes_never_raise_anything_else(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    good = tmp_path / "good.fits"
    if not good.exists():
        light_curve_file(good)
    content = bytearray(good.read_bytes())
    for place, value in flips:
        content[place] = value
    path = tmp_path / "flipped.fits"
    path.write_bytes(content)
    with contextlib.suppress(FitsError):
        for hdu in read_structure(path)[1:]:
            read_columns(path, hdu, column_names(hdu))
