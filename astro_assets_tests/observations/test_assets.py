"""The assets of the observations, materialized as Dagster does: what becomes of files that cannot be used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest
from astropy.io import fits

from astro_assets.definitions import build_definitions
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.observations.quarantine import (
    COPY_COLUMNS,
    QUARANTINE_COLUMNS,
    REPETITION_COLUMNS,
    quarantine_counts,
    quarantined_files,
)
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES, SELECTED_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.inbox import Inbox
from astro_assets.orchestration.inbox_state import transaction
from astro_assets.orchestration.ingest import find_files
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.shards import partition_keys
from astro_assets.tables import TABLES
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.orchestration import homes

QUARANTINE = dg.AssetKey(["observations", "quarantined_files"])
CHAIN = [
    dg.AssetKey(["observations", name])
    for name in ("raw_files", "observation_files", "light_curves", "selected_files", "quarantined_files")
]
#: A default survey of six stars, taken in: `python -c`, with a home.
_SURVEY = """
import sys
from pathlib import Path
from astro_assets.ledger.home import open_home
from astro_assets.observations import assets
from astro_assets_tests.observations.test_assets import SURVEY, _materialize
assets.DEFAULT_SURVEY = 6
assert _materialize(open_home(Path(sys.argv[1]), n_shards=2), SURVEY).success
"""
SURVEY = [dg.AssetKey(["observations", name]) for name in ("simulated_truth", "raw_files")]
NO_LIGHT = np.full(60, np.nan, dtype=np.float32)


def _truncated(path: Path) -> None:
    light_curve_file(path)
    path.write_bytes(path.read_bytes()[:-1000])


def _of_other_bytes(path: Path) -> None:
    """Write the good star's file once more: with other words in its header."""
    light_curve_file(path, primary={"DATE": "2019-12-31"})


def _changed_after_it_was_written(path: Path) -> None:
    light_curve_file(path)
    with fits.open(path, memmap=False) as hdus:
        hdus.writeto(path, overwrite=True, checksum=True)
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)


def _table(path: Path, start: float = 1500.0) -> None:
    pl.DataFrame({"time": start + np.arange(200) / 48, "flux": np.ones(200)}).write_csv(path)


#: What is spoilt in a file, by the code of the reason.
SPOILT: dict[str, Callable[[Path], object]] = {
    "truncated": _truncated,
    "no_flux_column": lambda path: light_curve_file(path, columns={"PDCSAP_FLUX": None, "SAP_FLUX": None}),
    "no_finite_cadence": lambda path: light_curve_file(
        path, columns={"PDCSAP_FLUX": NO_LIGHT, "SAP_FLUX": NO_LIGHT}
    ),
    "identity_missing": lambda path: light_curve_file(path, primary={"OBJECT": None, "TICID": None}),
    "duplicate": _of_other_bytes,
    "checksum_mismatch": _changed_after_it_was_written,
    "not_fits": lambda path: path.write_text("Clouds until midnight.\n"),
    "time_system_unknown": lambda path: light_curve_file(path, table={"TIMESYS": "UTC"}),
    "dates_impossible": lambda path: light_curve_file(path, columns={"TIME": 2457000 + np.arange(60) / 720}),
    "times_disordered": lambda path: light_curve_file(path, columns={"TIME": 1501 - np.arange(60) / 720}),
    "flux_not_positive": lambda path: light_curve_file(path, columns={"PDCSAP_FLUX": np.zeros(60)}),
    "too_few_finite": lambda path: light_curve_file(
        path, columns={"PDCSAP_FLUX": np.where(np.arange(60) < 40, np.nan, 2000.0)}
    ),
    "magnitudes": lambda path: light_curve_file(path, table={"TUNIT3": "mag"}),
    "not_described": _table,
    "phase_folded": lambda path: _table(path, start=-2.0),
}


def _materialize(
    home: Home, keys: list[dg.AssetKey], config: dict[str, Any] | None = None
) -> dg.ExecuteInProcessResult:
    """Materialize assets over all shards in one run, as the UI and the command line do."""
    definitions = build_definitions(home, Engine(home, TABLES, compute=LocalProcesses(1)))
    shards = partition_keys(home, range(home.n_shards))
    tags = {
        "dagster/asset_partition_range_start": shards[0],
        "dagster/asset_partition_range_end": shards[-1],
    }
    with open_instance(home) as instance:
        return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance, asset_selection=keys, tags=tags,
            run_config={**(config or {}), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )  # fmt: skip


def _shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node(QUARANTINE.to_python_identifier())
    return {
        name: value.records if isinstance(value, dg.TableMetadataValue) else value.value
        for name, value in event.metadata.items()
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = open_home(tmp_path / "home", n_shards=2)
    light_curve_file(home.inbox / "good.fits")
    return home


def test_a_file_of_every_reason_is_recorded_counted_and_kept(home: Home) -> None:
    paths = {code: home.inbox / f"{code}.dat" for code in SPOILT}
    for code, spoil in SPOILT.items():
        spoil(paths[code])
    (home.inbox / "copy of truncated.dat").write_bytes(paths["truncated"].read_bytes())

    result = _materialize(home, CHAIN)

    assert result.success
    ledger = Engine(home, TABLES).ledger()
    files = ledger.open(OBSERVATION_FILES).rows(list(QUARANTINE_COLUMNS)).collect()
    chosen = ledger.open(SELECTED_FILES).rows(list(REPETITION_COLUMNS)).collect()
    raw = ledger.open(RAW_FILES).rows(list(COPY_COLUMNS)).collect()
    quarantined = quarantined_files(files, chosen, raw)
    by_hash = {sha256_of(path): code for code, path in paths.items()}
    copy = (sha256_of(paths["truncated"]), "duplicate")
    assert set(quarantined.select("sha256", "reason_code").iter_rows()) == {*by_hash.items(), copy}
    assert "the same bytes as copy of truncated.dat" in quarantined["refusal_reason"]
    assert all(len(reason) > 8 and "\n" not in reason for reason in quarantined["refusal_reason"])
    for sha256, code in by_hash.items():
        assert ledger.objects.get_file(sha256).read_bytes() == paths[code].read_bytes()

    shown = _shown(result)
    assert (shown["files_quarantined"], shown["files_known"]) == (len(SPOILT) + 1, len(SPOILT) + 1)
    assert {name: n for name, n in shown.items() if name.startswith("quarantined_")} == {
        f"quarantined_{code}": n for code, n in quarantine_counts(quarantined).items()
    }
    records = [record.data for record in shown["first_files"]]
    assert sorted(record["reason"] for record in records) == sorted([*SPOILT, "duplicate"])
    assert {str(record["why"]) for record in records} == set(quarantined["refusal_reason"])

    searched = ledger.open(SELECTED_FILES).rows(["sha256", "status"]).filter(pl.col("status") == "selected")
    assert searched.collect()["sha256"].to_list() == [sha256_of(home.inbox / "good.fits")]


def test_a_list_releases_the_table_that_it_describes(home: Home) -> None:
    _table(home.inbox / "table.csv")
    assert _shown(_materialize(home, CHAIN))["quarantined_not_described"] == 1
    (home.inbox / "targets.csv").write_text(
        "file,target_id,mission,time_format,time,flux\ntable.csv,TIC 7,TESS,btjd,time,flux\n"
    )
    shown = _shown(_materialize(home, CHAIN))
    assert "quarantined_not_described" not in shown
    assert "quarantined_not_an_observation" not in shown
    assert shown["targets_csv_files"] == 1


def test_without_bad_files_the_quarantine_is_empty(home: Home) -> None:
    shown = _shown(_materialize(home, CHAIN))
    assert (shown["files_quarantined"], shown["files_known"]) == (0, 1)
    assert "first_files" not in shown


def _survey(home: Home) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _SURVEY, str(home.root)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], start_new_session=True)


def _visible(home: Home) -> dict[str, str]:
    return {str(path.relative_to(home.inbox)): sha256_of(path) for path in find_files([home.inbox])}


def _truth(home: Home) -> dict[str, str]:
    return dict(homes.units(home, "simulated_truth", "output_hash").iter_rows())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("undisturbed") / "home", n_shards=2)
    assert _survey(home).wait(timeout=200) == 0
    return home


@pytest.mark.parametrize("n_files", [0, 1, 3, 6])
def test_a_survey_killed_at_any_file_is_made_anew_by_the_next_run(
    undisturbed: Home, tmp_path: Path, n_files: int
) -> None:
    home = open_home(tmp_path / "home", n_shards=2)
    process = _survey(home)
    try:
        while process.poll() is None:
            if sum(1 for _ in home.inbox.rglob("sim*_lc.fits")) >= n_files:
                break
            time.sleep(0.001)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    shown = {sha256 for name, sha256 in _visible(home).items() if "sim" in name}
    assert shown <= set(_truth(home)), "no file without its truth"
    assert len(shown) in {0, 6}, "all or none"
    assert _survey(home).wait(timeout=200) == 0
    assert _visible(home) == _visible(undisturbed)
    assert len(_visible(home)) == 6
    assert _truth(home) == _truth(undisturbed)
    assert homes.units(home, "raw_files").equals(homes.units(undisturbed, "raw_files"))
    assert not list(home.inbox.glob(".*")), "nothing of the killed run is left"


def test_an_inbox_whose_state_is_in_use_fails_no_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astro_assets.orchestration.inbox_state.PATIENCE_S", 0.1)
    inbox = Inbox(home)
    inbox.look()
    raw_files = SURVEY[1]
    config = {"ops": {raw_files.to_python_identifier(): {"config": {"request": "any"}}}}
    with transaction(inbox.path):
        assert _materialize(home, [raw_files], config).success
    assert homes.units(home, "raw_files").is_empty()
