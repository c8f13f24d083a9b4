"""The checks of the transit wing: the rules that a candidate keeps, and the times they are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import update
from astro_assets.observations.tables import SELECTED_FILES
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets.transits.checks import checks, times_searched
from astro_assets_tests.observations.made_files import CADENCE_S, light_curve_file


def names_of(table: str) -> set[str]:
    key = dg.AssetKey(["transits", table])
    return {check.name for each in checks() for check in each.check_keys if check.asset_key == key}


def test_candidates_are_checked_for_periods_epochs_transits_and_shape() -> None:
    assert names_of("transit_candidates") == {
        "schema",
        "no_duplicate_keys",
        "periods_within_the_data",
        "enough_transits",
        "epochs_inside_the_data",
        "transits_possible",
    }
    assert {"time_increasing", "values_finite", "arrays_of_one_length"} <= names_of("detrended_light_curves")
    assert "periods_within_the_data" in names_of("variability")


def test_no_two_rows_are_one_signal_or_candidate() -> None:
    identities = {
        "folded_views": "candidate_id",
        "labelled_candidates": "candidate_id",
        "transit_candidates": "candidate_id",
        "transit_features": "candidate_id",
        "tsfresh_features": "candidate_id",
        "cluster_labels": "candidate_id",
        "expected_signals": "signal_id",
        "recovered_signals": "signal_id",
        "single_transits": "event_id",
        "detrended_light_curves": "search_id",
        "variability": "search_id",
        "completeness_targets": "search_id",
        "completeness_map": "search_id",
    }
    told = {
        spec.asset_key.path[-1]: spec.description
        for each in checks()
        for spec in each.check_specs
        if spec.name == "no_duplicate_keys"
    }
    assert told == {
        table: f"No two units have one key, and no two rows {column}." for table, column in identities.items()
    }


def test_the_times_searched_are_those_of_all_files_of_a_target_that_are_searched(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=2), TABLES)
    step = CADENCE_S["Kepler"] / 86400
    for quarter, start in ((3, 1000.0), (4, 1100.0)):
        columns: dict[str, Any] = {"TIME": start + step * np.arange(100)}
        cards = {"KEPLERID": 7, "OBJECT": "KIC 7", "QUARTER": quarter}
        light_curve_file(tmp_path / f"q{quarter}.fits", "Kepler", primary=cards, columns=columns, n=100)
    ingest(ledger, ledger.table("raw_files"), tmp_path.glob("*.fits"))
    for name in ("observation_files", "light_curves", SELECTED_FILES.name):
        update(ledger, ledger.table(name))

    ((key, first, last),) = times_searched(ledger).collect().rows()

    bkjd = 2454833 - 2457000
    assert key == "KIC 7"
    assert np.isclose(first, 1000 + bkjd)
    assert np.isclose(last, 1100 + 99 * step + bkjd)
