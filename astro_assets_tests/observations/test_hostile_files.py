"""Five hundred spoilt files: each is described in bounded time, none crashes, nothing is written anywhere."""

from __future__ import annotations

import gzip
import lzma
import os
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from astro_assets.observations.fits_structure import read_structure, whole_number
from astro_assets.observations.identification import describe_file
from astro_assets.observations.light_curves import LightCurveError, read_light_curve
from astro_assets.observations.refusals import REASONS
from astro_assets_tests.observations.described import entry
from astro_assets_tests.observations.made_files import light_curve_file, text_file

N_FILES = 500
#: Of one file. Ten seconds are allowed; on a slow machine under load a tenth of that is ample.
MOST_SECONDS = 5.0
ENTRY = entry(
    target_id="TIC 42", mission="TESS", time_format="btjd", time="time", flux="flux", flux_err="error"
)
NAMES = (
    "../../../etc/passwd",
    "/etc/passwd",
    "TIC 42/../../x",
    "TIC\x00 42",
    "..",
    "~/.ssh/id",
    "C:\\x",
    "TIC 42\n",
)
HUGE = (
    "99999999999999999999",
    "9223372036854775807",
    "4294967296",
    "2147483647",
    "-1",
    "1e300",
    "'many'",
    "T",
    "",
)


def _made(folder: Path) -> list[bytes]:
    """Return good files of every kind that can be made here: FITS of the missions, and tables."""
    made = [light_curve_file(folder / f"{m}.fits", m).read_bytes() for m in ("TESS", "Kepler", "K2")]
    exported = {"CREATOR": "lightkurve.LightCurve.to_fits()"}
    cards = {"TUNIT1": "btjd"}
    fluxes = {"FLUX": np.arange(60.0) + 100, "FLUX_ERR": np.ones(60)}
    eleanor = {"RAW_FLUX": np.ones(60), "CORR_FLUX": np.ones(60), "FLUX_ERR": np.ones(60)}
    made.append(
        light_curve_file(folder / "e.fits", primary=exported, table=cards, columns=fluxes).read_bytes()
    )
    made.append(light_curve_file(folder / "f.fits", columns=eleanor).read_bytes())
    made.append(text_file(folder / "g.fits", folder / "TESS.fits").read_bytes())
    table = pl.DataFrame({"time": 1500 + np.arange(500) / 48, "flux": np.ones(500), "error": np.ones(500)})
    table.write_parquet(folder / "a.parquet")
    table.write_csv(folder / "a.csv")
    return [*made, (folder / "a.parquet").read_bytes(), (folder / "a.csv").read_bytes()]


def _real(shared_data: Path) -> list[bytes]:
    """Return real files of every kind."""
    names = (
        "exohunt_cache_KIC11401755.fits",
        "hlsp_k2varcat_k2_lightcurve_211121743-c04_kepler_v2_llc.fits",
        "hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits",
        "kplr005899262-2009131105131_llc.fits",
    )
    return [(shared_data / "kepler_lc" / name).read_bytes() for name in names]


@pytest.fixture(params=["made", "real"])
def originals(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    if request.param == "real":
        return _real(request.getfixturevalue("shared_data"))
    return _made(tmp_path_factory.mktemp("originals"))


def _truncated(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(0, len(content)))]


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    spoilt = bytearray(content)
    most = len(spoilt) if rng.random() < 0.5 else min(len(spoilt), 8640)  # half of them in the headers
    for place in rng.integers(0, most, int(rng.integers(1, 60))):
        spoilt[place] ^= 1 << int(rng.integers(0, 8))
    return bytes(spoilt)


def _replaced(
    content: bytes, keywords: tuple[str, ...], values: tuple[str, ...], rng: np.random.Generator
) -> bytes:
    """Put another value into a card that is there, wherever it first is."""
    present = [key for key in keywords if content.find(f"{key:8}= ".encode()) >= 0]
    if not present:
        return content
    key = present[int(rng.integers(0, len(present)))]
    start = content.find(f"{key:8}= ".encode())
    if rng.random() < 0.5:
        start = max(start, content.rfind(f"{key:8}= ".encode()))
    value = values[int(rng.integers(0, len(values)))]
    card = f"{key:8}= {value:>20}"[:80].ljust(80).encode("latin-1")
    return content[:start] + card + content[start + 80 :]


def _huge(content: bytes, rng: np.random.Generator) -> bytes:
    keywords = ("NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS", "BITPIX")
    return _replaced(content, keywords, HUGE, rng)


def _other_types(content: bytes, rng: np.random.Generator) -> bytes:
    forms = (
        "'20A'",
        "'PD(9)'",
        "'999999999D'",
        "'X'",
        "'L'",
        "'1E'",
        "'M'",
        "'0D'",
        "''",
        "12",
        "'QQ'",
        "'I999999999'",
    )
    cards = tuple(f"{key}{n}" for key in ("TFORM", "TTYPE", "TSCAL", "TBCOL") for n in range(1, 8))
    return _replaced(content, cards, forms, rng)


def _named(content: bytes, rng: np.random.Generator) -> bytes:
    quoted = tuple("'" + name.replace("'", "''") + "'" for name in NAMES)
    return _replaced(content, ("OBJECT", "KEPLERID", "TICID", "CREATOR", "TELESCOP", "MISSION"), quoted, rng)


def _of_other_times(content: bytes, rng: np.random.Generator) -> bytes:
    keywords = (
        "BJDREFI",
        "BJDREFF",
        "TIMEDEL",
        "TSTART",
        "TSTOP",
        "TIMESYS",
        "TIMEUNIT",
        "TUNIT1",
        "QUARTER",
    )
    return _replaced(content, keywords, ("1e308", "-1e308", "0", "T", "'UTC'", "'s'", "", "'NaN'"), rng)


def _shuffled(content: bytes, rng: np.random.Generator) -> bytes:
    blocks = [content[i : i + 2880] for i in range(0, len(content), 2880)]
    i, j = rng.integers(0, min(len(blocks), 12), 2)
    blocks[i], blocks[j] = blocks[j], blocks[i]
    return b"".join(blocks * int(rng.integers(1, 3)))


def _without_sums(content: bytes) -> bytes:
    """Blank the checksums, so that what lies behind them is looked at."""
    return content.replace(b"CHECKSUM=", b"OLDSUM  =")


WAYS = (_truncated, _flipped, _huge, _other_types, _named, _of_other_times, _shuffled)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_five_hundred_mutations(
    originals: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = tmp_path / "a" / "b" / "c" / "d"
    sandbox.mkdir(parents=True)
    monkeypatch.chdir(sandbox)
    path = sandbox / "file.fits"
    rng = np.random.default_rng(20261120)
    slowest, codes, accepted = 0.0, set(), 0
    for number in range(N_FILES):
        content = originals[number % len(originals)]
        description = None if content.startswith(b"SIMPLE") else ENTRY
        if rng.random() < 0.8:
            content = _without_sums(content)
        for _ in range(int(rng.integers(1, 4))):
            content = WAYS[int(rng.integers(0, len(WAYS)))](content, rng)
        path.write_bytes(content)
        began = time.monotonic()
        row = describe_file(path, "0" * 64, path.name, description)
        with suppress(LightCurveError):
            read_light_curve(path, description=description, tess_bitmask=1, kepler_bitmask=1)
        slowest = max(slowest, time.monotonic() - began)
        # A light curve that was damaged may be an image still, which another wing reads.
        is_refused = row["status"] not in {"accepted", "passed_on"}
        assert is_refused == (row["reason_code"] is not None), number
        assert not is_refused or row["reason_code"] in REASONS, number
        for value in row.values():
            assert value is None or str(value).isprintable(), number
        accepted += row["status"] == "accepted"
        codes.add(row["reason_code"])
        assert _files(tmp_path) == {"a", "a/b", "a/b/c", "a/b/c/d", "a/b/c/d/file.fits"}, number
    assert slowest < MOST_SECONDS
    assert codes >= {"truncated", "damaged", "not_fits", "identity_unclear", "no_column"}
    assert ("checksum_mismatch" in codes) == any(b"CHECKSUM=" in content for content in originals)
    assert 20 < accepted < 250


@pytest.mark.parametrize("inner", ["zeros", "fits", "text"])
@pytest.mark.parametrize("form", ["gzip", "zlib", "zlib of level 1", "xz"])
def test_bombs_stay_packed(tmp_path: Path, inner: str, form: str) -> None:
    first = {
        "zeros": b"",
        "text": b"1500,1,1\n",
        "fits": light_curve_file(tmp_path / "a.fits").read_bytes(),
    }[inner]
    content = first + (b"1500,1,1\n" * 7_500_000 if inner == "text" else bytes(64 * 2**20))
    packed = {
        "gzip": gzip.compress,
        "zlib": zlib.compress,
        "zlib of level 1": lambda text: zlib.compress(text, 1),
        "xz": lambda text: lzma.compress(text, preset=0),
    }[form](content)
    bomb = tmp_path / "bomb.csv"
    bomb.write_bytes(packed)
    assert len(packed) < 500_000
    began = time.monotonic()
    row = describe_file(bomb, "0" * 64, "bomb.csv", ENTRY)
    assert row["reason_code"] == ("compressed" if form == "gzip" else "not_fits")
    assert time.monotonic() - began < MOST_SECONDS


def test_what_polars_would_unpack_is_no_table_of_text(tmp_path: Path) -> None:
    text = b"1,2\n" * 1000
    packed = zlib.compressobj(0)
    path = tmp_path / "a.csv"
    path.write_bytes(packed.compress(text) + packed.flush())
    assert pl.read_csv(path, has_header=False).height == 1000
    assert describe_file(path, "0" * 64, "a.csv", ENTRY)["reason_code"] == "not_fits"


def test_a_parquet_file_of_repeated_texts_is_not_unpacked(tmp_path: Path) -> None:
    n = 5_000_000
    letters = pa.array(["x" * 1000])
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), letters)
    path = tmp_path / "bomb.parquet"
    table = pa.table({"time": texts, "flux": texts, "error": np.ones(n)})
    parquet.write_table(table, path, store_schema=False)
    assert path.stat().st_size < 2_000_000
    began = time.monotonic()
    assert describe_file(path, "0" * 64, path.name)["reason_code"] == "not_described"
    assert describe_file(path, "0" * 64, path.name, ENTRY)["reason_code"] == "no_finite_cadence"
    assert time.monotonic() - began < MOST_SECONDS


def test_a_sparse_file_of_many_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits")
    content = path.read_bytes()
    start = content.rfind(b"NAXIS2  = ")
    table = read_structure(path)[1]
    n_rows = 2**33 // whole_number(table.header, "NAXIS1")
    path.write_bytes(content[:start] + f"NAXIS2  = {n_rows:>20}".ljust(80).encode() + content[start + 80 :])
    os.truncate(path, table.offset + -(-n_rows * whole_number(table.header, "NAXIS1") // 2880) * 2880)
    began = time.monotonic()
    assert describe_file(path, "0" * 64, "a.fits")["reason_code"] == "too_large"
    assert time.monotonic() - began < MOST_SECONDS
