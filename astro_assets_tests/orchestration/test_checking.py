"""Judging tables: what is found, and what is read for it when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.ledger.compute import Compute
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.update import put_units, update
from astro_assets.orchestration.checking import Finding, Passed, open_judge
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.rules import ArrayRule, RowRule, Rule
from astro_assets.orchestration.time_series import broken_times, broken_values
from astro_assets_tests.ledger.places import array_path


class Limits(Config):
    """What can be set."""

    shortest: float = 1.0


CURVES = Table(
    "toy/curves",
    Schema(
        (
            Column("target_id", "string", "The star."),
            Column("period_days", "float64", "Its period.", "d"),
            Column("curve", "arrays", "Its light: time and flux."),
        )
    ),
    config=Limits(),
)


def twice(key: str, parents: Parents, config: Any) -> list[dict[str, Any]]:
    return [{"target_id": key, "period_days": 2 * row["period_days"]} for row in parents["curves"]]


def minus(key: str, parents: Parents, config: Any) -> list[dict[str, Any]]:
    return [{"target_id": key, "period_days": -row["period_days"]} for row in parents["curves"]]


PERIODS = Table(
    "toy/periods",
    Schema((CURVES.schema["target_id"], CURVES.schema["period_days"])),
    compute=twice,
    parents=(Parent(CURVES, columns=("target_id", "period_days")),),
    config=Limits(),
)


def too_short(rows: pl.LazyFrame, *, shortest: float) -> pl.LazyFrame:
    return rows.filter(pl.col("period_days") < shortest).select(
        "key", what=pl.format("period {}", "period_days")
    )


def longer_than_twice(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col("period_days") > 2 * pl.col("of_curve")).select("key", what=pl.lit("too long"))


def periods_of_curves(ledger: Ledger) -> pl.LazyFrame:
    rows = ledger.open(CURVES).rows(["period_days"])
    return rows.select("key", pl.col("period_days").alias("of_curve"))


TIMES = ArrayRule("times", "Times increase.", "curve", broken_times)
FLUX = ArrayRule("flux", "Fluxes are finite.", "curve", partial(broken_values, finite=("flux",)))
SHORT = RowRule("short", "Periods are long.", ("period_days",), too_short, settings=("shortest",))
BESIDE = RowRule("beside", "As the curves.", ("period_days",), longer_than_twice, beside=periods_of_curves)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=2), [CURVES, PERIODS])
    put(ledger, "a", "b", "c")
    return ledger


def put(ledger: Ledger, *names: str, times: tuple[float, ...] = (1, 2, 3), period: float = 3.0) -> None:
    rows = {}
    for number, name in enumerate(names):
        curve = {"time": np.array(times, np.float64), "flux": np.full(len(times), number, np.float32)}
        rows[name] = [{"target_id": name, "period_days": period, "curve": curve}]
    put_units(ledger, CURVES, rows)


def judged(
    ledger: Ledger,
    *rules: Rule,
    table: Table = CURVES,
    passed: dict[str, Passed] | None = None,
    compute: Compute | None = None,
) -> dict[str, Finding]:
    judge = open_judge(ledger, table, compute)
    return dict(judge.findings({rule.name: rule for rule in rules}, passed or {}))


def passed_by(findings: dict[str, Finding]) -> dict[str, Passed]:
    assert all(finding.n_violating == 0 for finding in findings.values())
    return {name: finding.judged for name, finding in findings.items()}


def lose(ledger: Ledger, keys: Collection[str]) -> list[Path]:
    """Delete the stored arrays of some units; whoever reads them finds out."""
    rows = ledger.open(CURVES).rows(["curve"]).filter(pl.col("key").is_in(list(keys))).collect()
    paths = [array_path(ledger.objects, digest) for digest in rows["curve"]]
    for path in paths:
        path.unlink()
    return paths


def test_a_table_never_written_breaks_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home"), [CURVES, PERIODS])
    findings = judged(ledger, TIMES, SHORT)
    assert [(f.n_units, f.n_violating) for f in findings.values()] == [(0, 0), (0, 0)]


def test_units_that_break_a_rule_are_found_and_no_others(ledger: Ledger) -> None:
    put(ledger, "d", times=(1, 3, 2))
    put(ledger, "e", times=(1, 2, np.nan), period=0.5)
    findings = judged(ledger, TIMES, FLUX, SHORT)
    assert findings["times"].broken.rows() == [
        ("d", "time does not increase at 1 of 3 samples, first from 3.000000 to 2.000000"),
        ("e", "1 of 3 times are not finite"),
    ]
    assert findings["flux"].n_violating == 0
    assert findings["short"].broken.rows() == [("e", "period 0.5")]
    assert {finding.n_units for finding in findings.values()} == {5}


def test_worker_processes_find_the_same(ledger: Ledger) -> None:
    put(ledger, *(f"x{n}" for n in range(250)), times=(2, 1))
    alone = judged(ledger, TIMES, FLUX)
    pool = LocalProcesses(2)
    try:
        shared = judged(ledger, TIMES, FLUX, compute=pool)
    finally:
        pool.close()
    for name, finding in alone.items():
        assert finding.broken.equals(shared[name].broken)
    assert alone["times"].n_violating == 250


def test_arrays_are_read_once_while_they_stay_as_they_are(ledger: Ledger) -> None:
    passed = passed_by(judged(ledger, TIMES, FLUX))
    lose(ledger, "abc")
    put(ledger, "d", times=(4, 5))
    again = judged(ledger, TIMES, FLUX, passed=passed)
    assert [(f.n_units, f.n_violating) for f in again.values()] == [(1, 0), (1, 0)]
    assert judged(ledger, TIMES)["times"].n_violating == 3


def test_a_changed_unit_is_read_again(ledger: Ledger) -> None:
    passed = passed_by(judged(ledger, TIMES))
    put(ledger, "b", times=(2, 1))
    again = judged(ledger, TIMES, passed=passed)["times"]
    assert (again.n_units, again.broken["key"].to_list()) == (1, ["b"])


def test_what_is_broken_stays_broken_until_it_is_mended(ledger: Ledger) -> None:
    passed = passed_by(judged(ledger, TIMES))
    put(ledger, "b", times=(2, 1))
    for _ in range(2):
        assert judged(ledger, TIMES, passed=passed)["times"].n_violating == 1
    put(ledger, "b", times=(1, 2))
    assert judged(ledger, TIMES, passed=passed)["times"].n_violating == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda passed: replace(passed, version=99),
        lambda passed: replace(passed, judged_by="another rule"),
    ],
)
def test_a_pass_of_what_is_not_known_any_more_does_not_count(ledger: Ledger, change: Any) -> None:
    passed = passed_by(judged(ledger, TIMES))["times"]
    assert judged(ledger, TIMES, passed={"times": passed})["times"].n_units == 0
    assert judged(ledger, TIMES, passed={"times": change(passed)})["times"].n_units == 3


def test_a_pass_in_another_home_does_not_count(ledger: Ledger, tmp_path: Path) -> None:
    passed = passed_by(judged(ledger, TIMES))
    other = open_ledger(open_home(tmp_path / "other", n_shards=2), [CURVES, PERIODS])
    put(other, "a", "b", "c")
    assert judged(other, TIMES, passed=passed)["times"].n_units == 3


def test_a_pass_with_another_setting_does_not_count(ledger: Ledger) -> None:
    passed = passed_by(judged(ledger, SHORT))
    assert judged(ledger, SHORT, passed=passed)["short"].n_units == 3, "scalars are looked at each time"
    ledger.home.config_file.write_text("[toy.curves]\nshortest = 5.0\n")
    strict = open_ledger(ledger.home, [CURVES, PERIODS])
    assert judged(strict, SHORT, passed=passed)["short"].n_violating == 3
    assert passed != {"short": judged(strict, SHORT)["short"].judged}


def test_lost_arrays_are_told_with_the_remedy(ledger: Ledger) -> None:
    (path,) = lose(ledger, "b")
    finding = judged(ledger, TIMES)["times"]
    assert finding.broken.rows() == [("b", f"{path} is missing; restore it with --recompute toy/curves")]


def test_units_that_other_code_made_are_judged_once_they_are_renewed(ledger: Ledger) -> None:
    update(ledger, PERIODS)
    wrong = replace(PERIODS, compute=minus)
    of_wrong = open_ledger(ledger.home, [CURVES, wrong])
    assert judged(of_wrong, SHORT, table=wrong)["short"].n_units == 0, "all are stale"
    update(of_wrong, wrong)
    assert judged(of_wrong, SHORT, table=wrong)["short"].n_violating == 3
    assert judged(ledger, SHORT, table=PERIODS)["short"].n_units == 0


def test_a_rule_about_two_tables_judges_what_changed(ledger: Ledger) -> None:
    update(ledger, PERIODS)
    passed = passed_by(judged(ledger, BESIDE, table=PERIODS))
    put(ledger, "b", period=1.0)  # the period of b is stale now, and cannot agree
    assert judged(ledger, BESIDE, table=PERIODS, passed=passed)["beside"].n_units == 0
    assert judged(ledger, BESIDE, table=PERIODS)["beside"].broken.rows() == [("b", "too long")]
    update(ledger, PERIODS)
    renewed = judged(ledger, BESIDE, table=PERIODS, passed=passed)["beside"]
    assert (renewed.n_units, renewed.n_violating) == (1, 0)
