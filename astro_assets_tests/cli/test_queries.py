"""What is looked up for the commands, against what the survey says it put in."""

from __future__ import annotations

import json

import polars as pl
import pytest

from astro_assets.cli import queries
from astro_assets.ledger.home import Home
from astro_assets.observations.tables import SURFACE_KINDS
from astro_assets_tests.orchestration import homes


@pytest.fixture
def truth(simulated_home: Home) -> pl.DataFrame:
    ledger = homes.ledger_of(simulated_home)
    rows = ledger.open(ledger.table("simulated_truth")).rows(["target_id", "kind", "period_days"])
    rows = rows.filter(~pl.col("kind").is_in(SURFACE_KINDS))
    return rows.select("target_id", "kind", "period_days").collect()


def test_recovery_counts_every_star_once(simulated_home: Home, truth: pl.DataFrame) -> None:
    recovery = queries.recovery(homes.ledger_of(simulated_home))
    stars = dict(recovery.select("true_signal", "stars").iter_rows())
    by_kind = dict(truth.unique("target_id").group_by("kind").len().iter_rows())
    assert stars == {**by_kind, "none": homes.N_SIMULATED - truth["target_id"].n_unique()}
    for line in recovery.iter_rows(named=True):
        found = line["found_at_period"] + line["only_at_half_or_twice"]
        assert 0 <= found <= line["with_any_candidate"] <= line["stars"]


def test_recovery_agrees_with_a_count_by_hand(simulated_home: Home, truth: pl.DataFrame) -> None:
    ledger = homes.ledger_of(simulated_home)
    found: dict[str, list[float]] = {}
    for target, period in queries.candidates(ledger).select("target_id", "period_days").iter_rows():
        found.setdefault(target, []).append(period)
    at_period: dict[str, set[str]] = {}
    for target, kind, true in truth.iter_rows():
        if any(abs(period / true - 1) < 0.005 for period in found.get(target, [])):
            at_period.setdefault(kind, set()).add(target)
    counts = dict(queries.recovery(ledger).select("true_signal", "found_at_period").iter_rows())
    assert {kind: n for kind, n in counts.items() if n} == {kind: len(of) for kind, of in at_period.items()}
    assert sum(counts.values()) >= 3


def test_the_best_are_shown_beside_the_truth_of_their_star(simulated_home: Home, truth: pl.DataFrame) -> None:
    best = queries.best_with_truth(homes.ledger_of(simulated_home), 3)
    assert best.height == 3
    assert best["target_id"].is_unique().all()
    assert best["snr"].is_sorted(descending=True)
    true = {(target, period) for target, _, period in truth.iter_rows()}
    for line in best.iter_rows(named=True):
        assert (line["target_id"], line["true_period_days"]) in true
        assert line["found_over_true"] == pytest.approx(line["period_days"] / line["true_period_days"])
        assert line["found_over_true"] == pytest.approx(1, abs=0.005)


def test_stars_of_a_real_home_are_no_recovery(searched_home: Home) -> None:
    ledger = homes.ledger_of(searched_home)
    assert queries.recovery(ledger).is_empty()
    assert queries.best_with_truth(ledger, 10).is_empty()
    assert queries.candidates(ledger).height == len(homes.STARS)


def test_the_survey_was_not_read_by_the_search(simulated_home: Home) -> None:
    ledger = homes.ledger_of(simulated_home)
    read, to_follow = set(), [ledger.table(name) for name in homes.CHAIN]
    while to_follow:
        parents = [parent.table for parent in to_follow.pop().parents]
        to_follow += [table for table in parents if table.name not in read]
        read |= {table.name for table in parents}
    assert "observations/raw_files" in read
    assert "observations/simulated_truth" not in read


def test_what_is_no_number_is_null_in_json() -> None:
    rows = pl.DataFrame(
        {"rank": [1, 2, 3], "snr": [float("nan"), 7.5, float("inf")], "origin": ["a", "b", None]}
    )
    text = json.dumps(queries.rows_json(rows), allow_nan=False)
    assert [row["snr"] for row in json.loads(text)] == [None, 7.5, None]
    assert [list(row) for row in json.loads(text)] == [rows.columns] * 3
