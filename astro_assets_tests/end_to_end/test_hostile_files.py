"""Hostile files through the real intake and engine: the run is green, each file refused with a reason."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np

from astro_assets.ledger.home import open_home
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.observations.test_hostile_tables import table
from astro_assets_tests.orchestration import homes

STEPS = ("observation_files", "light_curves", "selected_files")


def _files(folder: Path) -> list[Path]:
    """Write one good file, and spoilt ones of every kind; the tables are described."""
    folder.mkdir()
    good = light_curve_file(folder / "good.fits").read_bytes()
    parquet = table(folder / "good.parquet").read_bytes()
    spoilt = {
        "cut.fits": good[: len(good) // 2],
        "empty.fits": b"",
        "text.fits": b"no light curve\n",
        "packed.fits": gzip.compress(good),
        "huge.fits": good.replace(b"NAXIS2  = ", b"NAXIS2  = 9", 1),
        "passwd.fits": good.replace(b"'TIC 42  '", b"'../../p '"),
        "cut.parquet": parquet[:-20],
        "name.parquet": parquet.replace(b"time", b"\xff\xfeme"),
        "cut.csv": b"time,flux,error\n1500,",
    }
    rng = np.random.default_rng(1)
    for number in range(30):
        content = bytearray(parquet)
        for byte in rng.integers(len(content) - 900, len(content), 5):
            content[byte] = int(rng.integers(0, 256))
        spoilt[f"footer{number}.parquet"] = bytes(content)
    for name, content in spoilt.items():
        (folder / name).write_bytes(content)
    lines = [f"{name},TIC 42,TESS,btjd,time,flux,error\n" for name in spoilt if not name.endswith(".fits")]
    (folder / "targets.csv").write_text(
        "file,target_id,mission,time_format,time,flux,flux_err\n" + "".join(lines)
    )
    return sorted(folder.iterdir())


def test_hostile_files_are_refused_with_a_reason_and_the_run_is_green(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    files = _files(tmp_path / "files")
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    ingest(engine.ledger(), RAW_FILES, files)
    for name in STEPS:
        report = engine.update(engine.ledger().table(name), None, run_id="")
        assert report.total("failed") == 0, name
    engine.close()
    rows = homes.ledger_of(home).open(OBSERVATION_FILES).rows(["file_name", "reason_code"]).collect()
    reasons = dict(rows.select("file_name", "reason_code").iter_rows())
    assert set(reasons) == {file.name for file in files}
    assert reasons["good.fits"] is None
    assert {name: code for name, code in reasons.items() if not name.startswith(("footer", "good"))} == {
        "cut.fits": "truncated",
        "empty.fits": "not_fits",
        "text.fits": "not_fits",
        "packed.fits": "compressed",
        "huge.fits": "truncated",
        "passwd.fits": "identity_unclear",
        "cut.parquet": "truncated",
        "name.parquet": "damaged",
        "cut.csv": "no_finite_cadence",
        "targets.csv": "not_an_observation",
    }
    assert Counter(reasons.values())["damaged"] > 15
