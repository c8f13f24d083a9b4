"""The checks that Dagster shows: a bad row stops what comes after it, is told, and loses nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from astro_assets.definitions import build_definitions
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.store import open_table
from astro_assets.ledger.table import Parents, Table
from astro_assets.ledger.update import put_units
from astro_assets.observations.tables import (
    LIGHT_CURVES,
    OBSERVATION_FILES,
    SIMULATED_TRUTH,
    compute_observation_files,
)
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.shards import partition_keys
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.tables import TABLES, TRAINED_MODELS
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.ledger.places import array_path
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.checked_runs import (
    LATE,
    LONG,
    STAR,
    UNSORTED,
    below,
    engine_of,
    evaluations,
    materialized_in,
    run,
    run_alone,
)

#: Checks that tell of something and stop nothing.
WARNINGS = {"population_stable"}


@pytest.fixture
def home(searched_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(searched_home, tmp_path / "home")


def test_every_table_has_the_checks_of_all_and_every_check_but_the_warnings_blocks(home: Home) -> None:
    graph = build_definitions(home).resolve_asset_graph()
    checked: dict[str, set[str]] = {}
    for key in graph.asset_check_keys:
        assert graph.get(key).blocking == (key.name not in WARNINGS)
        assert len(graph.get(key).description) > 20
        checked.setdefault(key.asset_key.to_user_string(), set()).add(key.name)
    shown = {table.name for table in TABLES if asset_key(table) in graph.get_all_asset_keys()}
    assert checked["transits/transit_scorer"] == {"no_leaks", "no_shortcuts", "origin_of_members"}
    for model in TRAINED_MODELS:
        assert checked.pop(model.name) == {*model.audits, "origin_of_members"}
    assert set(checked) == shown
    for names in checked.values():
        assert {"schema", "no_duplicate_keys"} <= names


def test_every_check_is_explained(home: Home) -> None:
    page = (Path(__file__).parents[2] / "docs" / "checks.md").read_text()
    graph = build_definitions(home).resolve_asset_graph()
    for name in {key.name for key in graph.asset_check_keys}:
        assert f"### {name}\n" in page, f"docs/checks.md does not explain {name}"


@pytest.mark.parametrize(
    ("variant", "check", "what"),
    [
        (UNSORTED, "time_increasing", "time does not increase at 1 of "),
        (LATE, "epochs_inside_the_data", "but the data are from "),
        (LONG, "periods_within_the_data", " d in "),
    ],
    ids=["unsorted time", "epoch outside", "period too long"],
)
@pytest.mark.slow
def test_a_bad_row_stops_what_comes_after_it_until_it_is_mended(
    home: Home, variant: Table, check: str, what: str
) -> None:
    before, versions = homes.contents(home), homes.versions(home)

    run_id, failures = run(home, variant)

    (failure,) = failures
    assert failure.startswith(f"{variant.name} breaks the check {check}: 1 of 3 units. ")
    assert what in failure
    done = materialized_in(home, run_id)
    assert variant.name in done
    assert not below(variant) & done

    found = evaluations(home, variant, run_id)
    assert [name for name, evaluation in found.items() if not evaluation.passed] == [check]
    broken = found[check]
    assert broken.blocking
    assert broken.severity == dg.AssetCheckSeverity.ERROR
    shown = {name: value.value for name, value in broken.metadata.items()}
    assert (shown["units_looked_at"], shown["units_violating"]) == (3, 1)
    assert shown["what_to_do"] == f"docs/checks.md#{check}"
    (record,) = shown["first_violations"].records
    assert what in record.data["what"]

    # Nothing stored is lost: what comes after is as it was, and so is every earlier version of the table.
    after = homes.contents(home)
    assert {name for name in homes.CHAIN if after[name] != before[name]} == {variant.name}
    earlier = open_table(home, variant, version=versions[variant.name])
    assert {key: row[5] for key, row in before[variant.name].items()} == dict(
        earlier.units(["key", "output_hash"]).collect().iter_rows()
    )

    assert run(home, variant)[1] == failures, "a run with nothing to do is stopped by what is stored"

    run_id, failures = run(home)
    assert failures == []
    assert homes.contents(home) == before
    assert below(variant) <= materialized_in(home, run_id)


@pytest.mark.slow
def test_a_refresh_with_nothing_new_reads_no_arrays_and_a_check_alone_reads_all(home: Home) -> None:
    rows = homes.units(home, "light_curves", "light_curve")
    lost = array_path(homes.ledger_of(home).objects, rows["light_curve"][0][0])
    lost.unlink()

    run_id, failures = run(home)
    assert failures == []
    of_run = evaluations(home, LIGHT_CURVES, run_id)
    assert of_run["time_increasing"].metadata["units_looked_at"].value == 0
    assert of_run["schema"].metadata["units_looked_at"].value == 3

    result = run_alone(home)
    assert not result.success
    assert not result.get_asset_materialization_events()
    of_all = evaluations(home, LIGHT_CURVES, result.run_id)
    assert of_all["time_increasing"].metadata["units_looked_at"].value == 3
    assert f"{lost} is missing; restore it with --recompute" in of_all["time_increasing"].description
    assert of_all["times_in_order"].passed

    assert astro_assets("run", "--recompute", "light_curves", home=home).returncode == 0
    assert run_alone(home).success


@pytest.mark.slow
def test_a_new_star_is_all_that_is_read(home: Home) -> None:
    homes.star_file(home.inbox / "star104.fits", 104)
    run_id, failures = run(home)
    assert failures == []
    found = evaluations(home, LIGHT_CURVES, run_id)
    assert found["time_increasing"].metadata["units_looked_at"].value == 1
    assert found["times_in_order"].metadata["units_looked_at"].value == 4


def test_a_partition_that_the_ui_materializes_is_checked(home: Home) -> None:
    engine = engine_of(home)
    job = build_definitions(home, engine).resolve_implicit_global_asset_job_def()
    (partition,) = partition_keys(home, [shard_of(STAR, homes.N_SHARDS)])
    with open_instance(home) as instance:
        result = job.execute_in_process(
            instance=instance,
            asset_selection=[asset_key(LIGHT_CURVES)],
            partition_key=partition,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    assert result.success
    found = evaluations(home, LIGHT_CURVES, result.run_id)
    assert len(found) == 6
    assert all(evaluation.passed for evaluation in found.values())


def spoilt_file(path: Path, number: int, **columns: np.ndarray) -> None:
    """Write the file of a star with some columns replaced."""
    cards = {"KEPLERID": number, "OBJECT": f"KIC {number}"}
    light_curve_file(path, "Kepler", primary=cards, columns=columns, n=1000)


def flux_of(n_finite: int) -> np.ndarray:
    flux = (2000 + np.random.default_rng(1).standard_normal(1000)).astype("f4")
    flux[n_finite:] = np.nan
    return flux


def reasons(home: Home) -> dict[str, str | None]:
    rows = homes.ledger_of(home).open(OBSERVATION_FILES).rows(["file_name", "reason_code"]).collect()
    return dict(rows.select("file_name", "reason_code").iter_rows())


@pytest.mark.slow
def test_poor_files_are_quarantined_and_stop_nothing(home: Home) -> None:
    homes.star_file(home.inbox / "star104.fits", 104)
    spoilt_file(home.inbox / "gaps.fits", 105, PDCSAP_FLUX=flux_of(370))
    spoilt_file(home.inbox / "tiny.fits", 106, PDCSAP_FLUX_ERR=np.full(1000, 1e-50))
    spoilt_file(home.inbox / "negative.fits", 107, PDCSAP_FLUX=-flux_of(1000))
    (home.inbox / "repeated.csv").write_text(
        "time,flux\n" + "".join(f"{1500 + n // 2 / 48},{1 + n % 3 / 1000}\n" for n in range(400))
    )
    lines = "file,target_id,mission,time_format,time,flux\nrepeated.csv,TIC 9,TESS,btjd,time,flux\n"
    (home.inbox / "targets.csv").write_text(lines)

    run_id, failures = run(home)

    assert failures == []
    found = reasons(home)
    assert {name: found[name] for name in ("gaps.fits", "tiny.fits", "negative.fits", "repeated.csv")} == {
        "gaps.fits": "too_few_finite",
        "tiny.fits": "no_finite_cadence",
        "negative.fits": "flux_not_positive",
        "repeated.csv": "times_disordered",
    }
    assert found["star104.fits"] is None
    assert homes.units(home, "light_curves", "outcome").filter(pl.col("outcome") == "failed").is_empty()
    assert "transits/folded_views" in materialized_in(home, run_id)

    home.config_file.write_text("[observations.observation_files]\nleast_finite_fraction = 0.3\n")
    assert run(home)[1] == []
    assert reasons(home)["gaps.fits"] is None
    assert "KIC 105" in homes.units(home, "light_curves", "target")["target"].to_list()


def generous(key: str, parents: Parents, config: Any) -> list[dict[str, Any]]:
    """Accept any file, and of one say that hardly a flux is finite."""
    rows = compute_observation_files(key, parents, config)
    return [
        {**row, "finite_fraction": 0.01 if row["target_id"] == STAR else row["finite_fraction"]}
        for row in rows
    ]


@pytest.mark.slow
def test_a_check_tells_the_name_of_the_file(home: Home) -> None:
    variant = replace(OBSERVATION_FILES, compute=generous)
    run_id, (failure,) = run(home, variant)
    key = sha256_of(home.inbox / "star101.fits")
    what = "accepted, though 0.01 of its unflagged cadences have a finite flux, and 0.5 must"
    told = f"star101.fits ({key[:8]}): {what}"
    assert (
        failure
        == f"observations/observation_files breaks the check flux_finite_fraction: 1 of 3 units. {told}"
    )
    shown = evaluations(home, variant, run_id)["flux_finite_fraction"].metadata["first_violations"].value
    assert [record.data for record in shown.records] == [{"unit": f"star101.fits ({key[:8]})", "what": what}]


@pytest.mark.slow
def test_the_command_fails_and_tells_the_check_and_its_first_violations(home: Home) -> None:
    signal = {
        column.name: 0.0 if column.dtype == "float64" else 1 if column.dtype == "int32" else "SIM 1"
        for column in SIMULATED_TRUTH.schema
    }
    put_units(homes.ledger_of(home), SIMULATED_TRUTH, {"ab12": [signal, signal]})
    before, versions = homes.contents(home), homes.versions(home)
    homes.star_file(home.inbox / "star104.fits", 104)

    result = astro_assets("run", home=home)

    assert result.returncode == 1
    told = (
        "failed observations/simulated_truth breaks the check no_duplicate_keys: 1 of 1 units. "
        "ab12: sha256 and signal = SIM 1, 1 in 2 rows"
    )
    assert told in result.stderr
    assert (homes.contents(home), homes.versions(home)) == (before, versions), "the new file was not taken in"

    put_units(homes.ledger_of(home), SIMULATED_TRUTH, {}, remove=["ab12"])
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert homes.units(home, "light_curves").height == 4
