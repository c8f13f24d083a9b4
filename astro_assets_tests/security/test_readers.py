"""Every reader takes bounded memory and time, whatever a file says; none of them ends its process."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard
from astropy.io import fits

from astro_assets.ledger.bundles import FORMAT, MANIFEST
from astro_assets.observations.fits_structure import MAX_TABLE_BYTES, read_structure, whole_number
from astro_assets_tests.observations.described import entry
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.observations.test_hostile_files import WAYS
from astro_assets_tests.security.parquet_footers import deep_file, lying_file, wide_file
from astro_assets_tests.security.reading import Reading, Taken, taken_by
from astro_assets_tests.xray.made_files import srctool_file

#: Of one file, beyond what the imported modules take, all processors together; docs/security.md tells these.
MOST_MEGABYTES = {
    "fits": 500, "parquet": 1200, "text": 1200, "lists": 100, "catalogs": 2500, "bundles": 1000,
    "scorers": 500, "xray": 1200,
}  # fmt: skip
MOST_CPU_S = 20
MB = 2**20
ENTRY = entry(target_id="TIC 42", mission="TESS", time_format="btjd", time="0", flux="1", flux_err="1")
NAMED = entry(
    target_id="TIC 42", mission="TESS", time_format="btjd", time="time", flux="flux", flux_err="error"
)
PARQUET = entry(target_id="TIC 42", mission="TESS", time_format="btjd", time="0", flux="0")


def _card(keyword: str, value: object) -> bytes:
    return f"{keyword:8}= {value!s:>20}".ljust(80).encode()


def _with_card(content: bytes, keyword: str, value: object) -> bytes:
    start = content.rfind(f"{keyword:8}= ".encode())
    return content[:start] + _card(keyword, value) + content[start + 80 :]


def _headers(good: bytes, cards: Callable[[int], bytes]) -> bytes:
    """Return a file of 63 extensions without data, each with 13,000 cards."""
    first = [b"XTENSION= 'BINTABLE'".ljust(80), _card("BITPIX", 8), _card("NAXIS", 0)]
    n = 360 * 36 - 1
    header = b"".join([*first, *(cards(i).ljust(80) for i in range(n - 3)), b"END".ljust(80)])
    return good[: good.find(b"XTENSION")] + header * 63


def _largest_table(path: Path) -> Path:
    """Write the largest table that is read, as a sparse file."""
    content = light_curve_file(path).read_bytes()
    table = read_structure(path)[1]
    width = whole_number(table.header, "NAXIS1")
    n_rows = MAX_TABLE_BYTES // width
    path.write_bytes(_with_card(content, "NAXIS2", n_rows))
    os.truncate(path, table.offset + -(-n_rows * width // 2880) * 2880)
    return path


def _fits(folder: Path) -> list[Reading]:
    good = light_curve_file(folder / "good.fits").read_bytes()
    files = {
        "rows.fits": _with_card(good, "NAXIS2", 10**12),
        "axes.fits": _with_card(good, "NAXIS", 999),
        "heap.fits": _with_card(good, "PCOUNT", 10**15),
        "digits.fits": _with_card(good, "GCOUNT", "9" * 70),
        "hierarch.fits": _headers(good, lambda i: b"HIERARCH abc def%06d = 'x'" % i),
        "lower.fits": _headers(good, lambda i: b"key%04d = 1.D5" % (i % 9999)),
        "continued.fits": _headers(good, lambda i: b"CONTINUE  'abcdefgh&'" if i else b"LONG    = 'abc&'"),
        "extensions.fits": good + (good[good.find(b"XTENSION") :] * 500),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    _largest_table(folder / "largest.fits")
    return [Reading("observation", folder / name) for name in (*files, "largest.fits")]


def _parquet(folder: Path) -> list[Reading]:
    zeros = pl.DataFrame({"time": np.zeros(9_000_000), "flux": np.ones(9_000_000)})
    zeros.write_parquet(folder / "zeros.parquet")
    (folder / "footer.parquet").write_bytes(
        b"PAR1" + bytes(9 * MB) + (9 * MB).to_bytes(4, "little") + b"PAR1"
    )
    files = [
        deep_file(folder / "deep.parquet", 100_000),
        wide_file(folder / "wide.parquet", 900_000),
        lying_file(folder / "lying.parquet", 36_000_000),
        folder / "zeros.parquet",
        folder / "footer.parquet",
    ]
    return [Reading("observation", path, PARQUET) for path in files]


def _text(folder: Path) -> list[Reading]:
    rows = b"1500,1,1\n" * 10
    files = {
        "columns.csv": b"1500,1," + b" " * 66_000 + b"," * (100 * MB) + b"\n1501,1,1\n",
        "line.csv": rows + b"1" * (100 * MB),
        "commas.csv": rows * 1000 + b"," * (100 * MB),
        "blanks.csv": rows.replace(b",", b" ") + b"1 " * (50 * MB),
        "cells.csv": (b"1 " * 900 + b"\n") * 25_000,
        "quote.csv": rows + b'"' + b"1500,1,1\n" * (4 * MB),
        "rows.csv": b"15,1\n" * (11 * MB),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [Reading("observation", folder / name, ENTRY) for name in files]


def _lists(folder: Path) -> list[Reading]:
    files = {
        "lines": b"file,a\n" + b"a\n" * 1_300_000,
        "columns": b"file" + b",x" * 500_000 + b"\n" + b"a\n" * 300_000,
        "cell": b'file,a\nb,"' + b"x\n" * (20 * MB),
    }
    for name, content in files.items():
        (folder / name).mkdir()
        (folder / name / "targets.csv").write_bytes(content)
    return [Reading("list", folder / name / "targets.csv") for name in files]


def _catalogs(folder: Path) -> list[Reading]:
    files = {
        "comment.csv": b"# COLUMN a:" + b"[" * MB + b"\na,b\n1,2\n",
        "names.csv": b"a" + b",a" * MB + b"\n1,2\n",
        "values.csv": b",".join(b"a%d" % i for i in range(1000)) + b"\n" + (b"1," * 999 + b"1\n") * 25_000,
        "cell.csv": b'a,b\n1,"' + b"x" * (20 * MB),
        "large.csv": b"a,b\n" + b"1,2\n" * (33 * MB),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [Reading("catalog", folder / name) for name in files]


def _packed(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(zstandard.ZstdCompressor(level=1).compress(content.getvalue()))
    return path


def _bundles(folder: Path) -> list[Reading]:
    manifest = {"format": FORMAT, "files": {"record.json": {"sha256": "0", "n_bytes": 10**15}}}
    long = tarfile.TarInfo(MANIFEST)
    long.pax_headers = {"comment": "x" * (200 * MB)}
    deep = b'{"format": ' + b"[" * (4 * MB)
    files = [
        _packed(folder / "header.tar.zst", (long, b"{}")),
        _packed(folder / "deep.tar.zst", (tarfile.TarInfo(MANIFEST), deep)),
        _packed(folder / "claims.tar.zst", (tarfile.TarInfo(MANIFEST), json.dumps(manifest).encode())),
        _packed(folder / "manifest.tar.zst", (tarfile.TarInfo(MANIFEST), b" " * (100 * MB))),
        _packed(folder / "pieces.tar.zst", (tarfile.TarInfo(MANIFEST), b"[" + b"{}," * (10 * MB) + b"{}]")),
    ]
    return [Reading("bundle", path) for path in files]


def _scorers(folder: Path) -> list[Reading]:
    bomb = folder / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"[" * (200 * MB), compresslevel=1)
    return [Reading("scorer", bomb)]


def _xray(folder: Path) -> list[Reading]:
    good = srctool_file(folder / "good.fits").read_bytes()
    long = _with_card(good, "NAXIS2", 5 * 10**9)
    rows = b"Time T_+ve T_-ve Rate Ratepos Rateneg\n" + b"1 1 1 1 1 1\n" * (1300 * 1024)
    files = {
        "rows.fits": long,
        "wide.fits": good.replace(b"'3J      '", b"'900000J '", 1),
        "bomb.fits.gz": gzip.compress(good + bytes(300 * MB), 1),
        "deep.json": b'{"Time": ' + b"[" * (15 * MB),
        "many.json": b'{"Time":{' + b",".join(b'"%d":1' % n for n in range(1_400_000)) + b"}}",
        "lines.txt": rows,
        "line.txt": b"Time T_+ve T_-ve" + b" " * (15 * MB),
        "large.txt": rows * 2,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [Reading("xray", folder / name) for name in files]


#: How files of each kind are made, and what their readers say of some of them.
MADE: dict[str, tuple[Callable[[Path], list[Reading]], dict[str, str]]] = {
    "fits": (
        _fits,
        {
            "rows.fits": "truncated",
            "axes.fits": "damaged",
            "heap.fits": "truncated",
            "digits.fits": "truncated",
            "hierarch.fits": "damaged",
            "lower.fits": "damaged",
            "continued.fits": "damaged",
        },
    ),
    "parquet": (
        _parquet,
        {
            "deep.parquet": "damaged",
            "wide.parquet": "damaged",
            "lying.parquet": "too_large",
            "footer.parquet": "too_large",
        },
    ),
    "text": (
        _text,
        {
            "columns.csv": "too_large",
            "line.csv": "too_large",
            "commas.csv": "too_large",
            "blanks.csv": "too_large",
            "quote.csv": "damaged",
            "rows.csv": "too_large",
        },
    ),
    "lists": (_lists, {}),
    "catalogs": (
        _catalogs,
        {
            "names.csv": "line 1 names 1048577 columns; at most 2000 are read",
            "values.csv": "there are more than 20000000 values",
            "large.csv": f"the file has {128 * MB + 1} bytes; at most {128 * MB} are read",
        },
    ),
    "xray": (
        _xray,
        {
            "rows.fits": "too_large",
            "bomb.fits.gz": "too_large",
            "deep.json": "damaged",
            "many.json": "no_column",
            "lines.txt": "width_unknown",
            "line.txt": "too_large",
            "large.txt": "too_large",
        },
    ),
    "bundles": (_bundles, {}),
    "scorers": (_scorers, {}),
}


def _check(taken: dict[str, Taken], most_megabytes: int) -> None:
    for name, one in taken.items():
        assert one.ended_by == 0, f"{name} ended the process"
        assert "got out" not in one.came_to, f"{name}: {one.came_to}"
        assert one.megabytes < most_megabytes, f"{name} took {one.megabytes:.0f} MB"
        assert one.cpu_s < MOST_CPU_S, f"{name} took {one.cpu_s:.0f} s"


@pytest.mark.parametrize("kind", MADE)
def test_hostile_files_are_read_in_bounded_memory_and_time(tmp_path: Path, kind: str) -> None:
    make, expected = MADE[kind]
    readings = make(tmp_path)
    taken = taken_by(readings)
    _check(taken, MOST_MEGABYTES[kind])
    assert {name: taken[name].came_to for name in expected} == expected
    assert {"accepted", "unpacked", "read"}.isdisjoint(one.came_to for one in taken.values())


def test_mutated_files_are_read_in_bounded_memory_and_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(20261127)
    good = light_curve_file(tmp_path / "good.fits").read_bytes()
    table = pl.DataFrame({"time": 1500 + np.arange(500) / 48, "flux": np.ones(500), "error": np.ones(500)})
    table.write_parquet(tmp_path / "good.parquet")
    table.write_csv(tmp_path / "good.csv")
    named = entry(target_id="TIC 42", mission="TESS", time_format="btjd", time="time", flux="flux")
    originals = [good, (tmp_path / "good.parquet").read_bytes(), (tmp_path / "good.csv").read_bytes()]
    readings = []
    for number in range(45):
        content = originals[number % 3]
        for _ in range(int(rng.integers(1, 4))):
            content = WAYS[int(rng.integers(0, len(WAYS)))](content, rng)
        path = tmp_path / f"mutated{number}"
        path.write_bytes(content)
        readings.append(Reading("observation", path, named if number % 3 else None))
    taken = taken_by(readings)
    _check(taken, 100)
    assert sum(one.cpu_s < 2 for one in taken.values()) == len(readings)


def _largest_fits(folder: Path) -> Reading:
    path = _largest_table(folder / "largest.fits")
    good = fits.getdata(light_curve_file(folder / "good.fits"), 1)
    table = read_structure(path)[1]
    n_rows = MAX_TABLE_BYTES // good.dtype.itemsize
    rows = np.memmap(path, good.dtype, "r+", table.offset, (n_rows,))
    rows[:] = np.resize(np.asarray(good), n_rows)
    rows["TIME"] = 1500 + np.arange(n_rows) / 43200
    rows.flush()
    return Reading("observation", path)


def _largest_xray(folder: Path) -> Reading:
    """Write a table of srctool with as many bins of three bands as fit."""
    path = srctool_file(folder / "largest.fits")
    with fits.open(path) as hdus:
        table = hdus[1]
        n_rows = min(1_333_000, 127 * MB // table.header["NAXIS1"])
        rows = np.resize(np.asarray(table.data), n_rows)
        rows["TIME"] = 10.0 * np.arange(n_rows)
        fits.BinTableHDU(rows, table.header).writeto(path, overwrite=True)
    return Reading("xray", path)


def _largest_of(folder: Path, kind: str) -> Reading:
    """Write the largest file of a kind that is taken in."""
    if kind == "fits":
        return _largest_fits(folder)
    if kind == "xray":
        return _largest_xray(folder)
    n_rows = 10_000_000
    if kind == "text":  # rows of 14 bytes: no more are allowed
        times = 1400 + np.arange(128 * MB // 14) / 10_000
        table = pl.DataFrame({"time": times}).with_columns(flux=1, error=1)
        table.write_csv(folder / "largest.csv", float_precision=4, include_header=False)
        return Reading("observation", folder / "largest.csv", ENTRY)
    table = pl.DataFrame({"time": 1500 + np.arange(n_rows) / 43200, "flux": np.ones(n_rows)})
    path = folder / "largest.parquet"
    table.with_columns(error=pl.col("flux")).write_parquet(path, compression="uncompressed")
    return Reading("observation", path, NAMED)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["fits", "parquet", "text", "xray"])
def test_the_largest_file_that_is_taken_in_stays_within_the_bounds(tmp_path: Path, kind: str) -> None:
    taken = taken_by([_largest_of(tmp_path, kind)])
    (one,) = taken.values()
    assert one.came_to == "accepted"
    _check(taken, MOST_MEGABYTES[kind])
    assert one.megabytes > MOST_MEGABYTES[kind] / 2, f"the page promises {one.megabytes / 1000:.1f} GB"
