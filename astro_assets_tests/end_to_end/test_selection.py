"""Stars in several files: one product of each observation is searched, and the others say why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy.io import fits

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.lineage import lineage
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES
from astro_assets_tests.observations.made_files import CADENCE_S, light_curve_file
from astro_assets_tests.orchestration import homes

#: From files to the curves that are searched.
STEPS = ("observation_files", "light_curves", "selected_files", "detrended_light_curves")
#: Stars of which there are several files, in kepler_lc and tess_lc.
FILES = ("kepler_lc/*211121743*", "kepler_lc/*211117077*", "kepler_lc/*/*KIC10858720*", "tess_lc/*wasp18b*")
#: What becomes of each file, with the reason.
EXPECTED = {
    "hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits": ("selected", None),
    "hlsp_k2varcat_k2_lightcurve_211121743-c04_kepler_v2_llc.fits": ("not_selected", "other_product"),
    "ktwo211121743-c04_llc.fits": ("not_selected", "other_product"),
    "hlsp_k2sc_k2_llc_211117077-c04_kepler_v2_lc.fits": ("selected", None),
    "ktwo211117077-c04_llc.fits": ("not_selected", "other_product"),
    "exovetter_wasp18b.fits": ("selected", None),
    "exovetter_wasp18b_flat_lightcurve.csv": ("selected", None),  # another sector
    "exovetter_wasp18b_lc.fits": ("not_selected", "other_cadence"),
    "eb09_KIC10858720.parquet": ("conflict", "fluxes_disagree"),
    "eb10_KIC10858720.parquet": ("conflict", "fluxes_disagree"),
}


def _brought_up_to_date(home: Home, files: list[Path]) -> dict[str, dict[str, Any]]:
    """Take files in, and return what was decided about every file there is, by name."""
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    ingest(engine.ledger(), RAW_FILES, files)
    for name in STEPS:
        engine.update(engine.ledger().table(name), None, run_id="")
    engine.close()
    ledger = engine.ledger()
    names = ["sha256", "target_id", "status", "search_id", "reason_code", "choice_reason"]
    chosen = ledger.open(ledger.table("selected_files")).rows(names).select(names).collect()
    by_hash = ledger.open(RAW_FILES).rows(["sha256", "file_name"]).select("sha256", "file_name").collect()
    rows = chosen.join(by_hash, on="sha256").to_dicts()
    return {row["file_name"]: row for row in rows}


def _files_of(home: Home, search_id: str) -> set[str]:
    """Return the names of the files whose rows a curve to be searched was made of."""
    ledger = homes.ledger_of(home)
    names = dict(ledger.open(RAW_FILES).rows(["file_name"]).select("key", "file_name").collect().iter_rows())
    (decision,) = lineage(ledger, ledger.table("detrended_light_curves"), search_id).parents
    rows = ledger.open(ledger.table("selected_files")).rows(["sha256"]).collect()
    read = dict(rows.select("row_hash", "sha256").iter_rows())
    return {names[read[row_hash]] for row_hash in decision.row_hashes}


@pytest.fixture(scope="module")
def real(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, dict[str, dict[str, Any]]]:
    home = open_home(tmp_path_factory.mktemp("selection") / "home", n_shards=homes.N_SHARDS)
    files = [path for glob in FILES for path in sorted(shared_data.glob(glob))]
    return home, _brought_up_to_date(home, files)


def test_each_observation_contributes_one_product(real: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    home, files = real
    assert {name: (row["status"], row["reason_code"]) for name, row in files.items()} == EXPECTED
    for row in files.values():
        assert (row["choice_reason"] is None) == (row["status"] == "selected")
        assert (row["search_id"] is None) == (row["status"] == "not_selected")
    preferred = files["hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits"]
    for name in (
        "ktwo211121743-c04_llc.fits",
        "hlsp_k2varcat_k2_lightcurve_211121743-c04_kepler_v2_llc.fits",
    ):
        assert f"k2sc file {preferred['sha256'][:8]} is preferred" in files[name]["choice_reason"]
    assert _files_of(home, "EPIC 211121743") == {"hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits"}
    assert _files_of(home, "EPIC 211117077") == {"hlsp_k2sc_k2_llc_211117077-c04_kepler_v2_lc.fits"}
    assert _files_of(home, "TIC 100100827") == {
        "exovetter_wasp18b.fits",
        "exovetter_wasp18b_flat_lightcurve.csv",
    }


def test_two_stars_of_one_name_are_searched_apart(real: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    home, files = real
    conflicting = {name: row for name, row in files.items() if row["target_id"] == "KIC 10858720"}
    assert len(conflicting) == 2
    for name, row in conflicting.items():
        assert row["search_id"] == f"KIC 10858720~{row['sha256'][:8]}"
        assert _files_of(home, row["search_id"]) == {name}
    searched = set(homes.units(home, "detrended_light_curves")["key"])
    assert searched == {
        "EPIC 211121743",
        "EPIC 211117077",
        "TIC 100100827",
        *(row["search_id"] for row in conflicting.values()),
    }


def _flux(time: np.ndarray, product: int) -> np.ndarray:
    """Return a quiet star as one product has it: most of the noise is the photons', the same in all."""
    photons = np.random.default_rng(1).normal(0, 4e-4, 200_000)
    own = np.random.default_rng(product).normal(0, 1e-4, time.size)
    return np.asarray(1 + np.interp(48 * (time + 2100), np.arange(photons.size), photons) + own)


def _table(path: Path, target: str, mission: str, time: np.ndarray) -> list[Path]:
    """Write a table of a star with little noise, and the list that describes it."""
    flux = _flux(time, 2)
    path.write_text("time,flux\n" + "".join(f"{t:.6f},{f:.6f}\n" for t, f in zip(time, flux, strict=True)))
    entry = f"{path.name},{target},{mission},btjd,time,flux\n"
    path.with_name("targets.csv").write_text("file,target_id,mission,time_format,time,flux\n" + entry)
    return [path, path.with_name("targets.csv")]


def _mission_file(path: Path, mission: str, time: np.ndarray, **cards: object) -> Path:
    """Write the mission's file of the same star."""
    flux = 2000 * _flux(time - (2167 if mission == "Kepler" else 0), 3)
    columns = {
        "TIME": time,
        "PDCSAP_FLUX": flux.astype("f4"),
        "PDCSAP_FLUX_ERR": np.full(time.size, 0.6, "f4"),
    }
    span = {"TSTART": float(time[0]), "TSTOP": float(time[-1])}
    return light_curve_file(path, mission, primary=cards, table=span, columns=columns, n=time.size)


def test_a_quarter_of_a_star_does_not_displace_its_1400_days(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    step = CADENCE_S["Kepler"] / 86400
    files = _table(tmp_path / "all.csv", "KIC 42", "Kepler", np.arange(-2040, -640, step))
    files.append(_mission_file(tmp_path / "quarter.fits", "Kepler", np.arange(300, 382, step)))
    chosen = _brought_up_to_date(home, files)
    assert (chosen["all.csv"]["status"], chosen["quarter.fits"]["reason_code"]) == ("selected", "shorter")
    assert _days(home, "KIC 42") == pytest.approx(1400, abs=1)


def test_a_sector_between_those_of_a_table_is_searched_with_them(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    step = CADENCE_S["TESS"] / 86400
    sectors = [np.arange(start, start + 27, step) for start in (1330, 2040)]
    files = _table(tmp_path / "two.csv", "TIC 42", "TESS", np.concatenate(sectors))
    time = np.arange(1660, 1687, step)
    files.append(_mission_file(tmp_path / "between.fits", "TESS", time, TICID=42, SECTOR=13))
    chosen = _brought_up_to_date(home, files)
    assert [chosen[name]["status"] for name in ("two.csv", "between.fits")] == ["selected", "selected"]
    assert _days(home, "TIC 42") == pytest.approx(81, abs=1)


def _days(home: Home, search_id: str) -> float:
    """Return how much time a detrended curve shows, without what was cut at edges and clipped."""
    (row,) = (
        homes.ledger_of(home)
        .open(DETRENDED_LIGHT_CURVES)
        .rows(["search_id", "n_points", "n_edge", "n_clipped", "cadence_s"])
        .filter(pl.col("search_id") == search_id)
        .collect()
        .to_dicts()
    )
    n_samples: int = row["n_points"] + row["n_edge"] + row["n_clipped"]
    return n_samples * float(row["cadence_s"]) / 86400


def test_a_newer_processing_supersedes_an_older(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    (file,) = simulate_survey(1, 1)
    older, newer = tmp_path / "older.fits", tmp_path / "newer.fits"
    older.write_bytes(file.content)
    with fits.open(older, memmap=False) as hdus:
        hdus[0].header["DATA_REL"] = int(hdus[0].header["DATA_REL"]) + 1
        flux, error = hdus[1].data["PDCSAP_FLUX"], hdus[1].data["PDCSAP_FLUX_ERR"]
        flux += np.float32(0.01) * error  # another processing: the same star with slightly other numbers
        hdus.writeto(newer, checksum=True)

    before = _brought_up_to_date(home, [older])
    first = homes.units(home, "detrended_light_curves", "output_hash")
    after = _brought_up_to_date(home, [newer])

    assert before["older.fits"]["status"] == "selected"
    assert (after["newer.fits"]["status"], after["newer.fits"]["reason_code"]) == ("selected", None)
    assert (after["older.fits"]["status"], after["older.fits"]["reason_code"]) == (
        "not_selected",
        "older_processing",
    )
    assert f"mission file {after['newer.fits']['sha256'][:8]}" in after["older.fits"]["choice_reason"]
    second = homes.units(home, "detrended_light_curves", "output_hash")
    assert first["key"].to_list() == second["key"].to_list() == ["SIM 1"]
    assert not first.equals(second)
    assert _files_of(home, "SIM 1") == {"newer.fits"}
    assert set(_brought_up_to_date(home, [older])) == {"older.fits", "newer.fits"}
    assert homes.units(home, "detrended_light_curves", "output_hash").equals(second), "it stays superseded"
