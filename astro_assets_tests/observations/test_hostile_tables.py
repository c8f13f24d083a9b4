"""Spoilt Parquet files: whatever stands in a footer is refused, nothing that pyarrow raises gets out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.observations import identification
from astro_assets.observations.identification import describe_file
from astro_assets.observations.light_curves import LightCurveError, read_light_curve
from astro_assets.observations.readers.described_table import DESCRIBED_TABLE
from astro_assets.observations.readers.observation import Reader
from astro_assets.observations.refusals import REASONS, RefusalError, damage_is_refused
from astro_assets_tests.observations.described import entry

N_FILES = 400
ENTRY = entry(
    target_id="TIC 42", mission="TESS", time_format="btjd", time="time", flux="flux", flux_err="error"
)


def table(path: Path, compression: Any = "zstd") -> Path:
    n = 600
    columns = {"time": 1500 + np.arange(n) / 48, "flux": np.ones(n), "error": np.ones(n), "name": ["abc"] * n}
    pl.DataFrame(columns).write_parquet(path, compression=compression)
    return path


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "lz4"])
def test_footers_of_any_bytes_are_refused(tmp_path: Path, compression: str) -> None:
    original = table(tmp_path / "good.parquet", compression).read_bytes()
    path = tmp_path / "spoilt.parquet"
    rng = np.random.default_rng(20261125)
    codes = set()
    for number in range(N_FILES // 4):
        content = bytearray(original)
        for place in rng.integers(len(content) - 900, len(content), int(rng.integers(1, 8))):
            content[place] = int(rng.integers(0, 256))
        path.write_bytes(content)
        row = describe_file(path, "0" * 64, path.name, ENTRY)
        with suppress(LightCurveError):
            read_light_curve(path, description=ENTRY, tess_bitmask=1, kepler_bitmask=1)
        assert row["reason_code"] is None or row["reason_code"] in REASONS, number
        codes.add(row["reason_code"])
    assert "damaged" in codes


def test_a_name_that_is_no_text_is_damaged(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet")
    path.write_bytes(path.read_bytes().replace(b"time", b"\xff\xfeme"))
    assert describe_file(path, "0" * 64, path.name, ENTRY)["reason_code"] == "damaged"


def test_what_no_reader_foresaw_is_damaged_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> Any:
        raise ZeroDivisionError("by\n\u2603")

    reader = Reader("table", DESCRIBED_TABLE.recognises, DESCRIBED_TABLE.identify, read)
    monkeypatch.setattr(identification, "reader_of", lambda _: reader)
    row = describe_file(table(tmp_path / "a.parquet"), "0" * 64, "a.parquet", ENTRY)
    assert (row["reason_code"], row["refusal_reason"]) == ("damaged", "damaged: ZeroDivisionError: by ?")


@pytest.mark.parametrize("error", [OSError("no disk"), MemoryError(), RuntimeWarning("overflow")])
def test_errors_of_the_machine_are_no_damage(error: Exception) -> None:
    with pytest.raises(type(error)), damage_is_refused():
        raise error
    with pytest.raises(RefusalError, match="damaged: TypeError: x"), damage_is_refused():
        raise TypeError("x")
