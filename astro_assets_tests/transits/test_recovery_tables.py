"""The tables that compare the search with what is known: their rows, their joins, their pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import update
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.ingest import ingest
from astro_assets.transits import pictures
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS, RECOVERED_SIGNALS
from astro_assets.transits.tables import TRANSIT_CANDIDATES
from astro_assets_tests.catalogs import made_catalogs
from astro_assets_tests.orchestration import homes
from astro_assets_tests.transits.computing import compute

SIGMA = 1e-4
CADENCE_DAYS = 1 / 48
#: Period, epoch, duration and depth of what is in the made curve; days and relative.
DEEP, SHALLOW = (4.0, 1.0, 0.2, 2e-3), (7.0, 2.5, 0.25, 4e-4)


def _detrended() -> dict[str, Any]:
    rng = np.random.default_rng(4)
    time = np.arange(0, 60, CADENCE_DAYS)
    flux = 1 + SIGMA * rng.normal(size=time.size)
    for period, epoch, duration, depth in (DEEP, SHALLOW):
        flux[np.abs((time - epoch + period / 2) % period - period / 2) < duration / 2] -= depth
    return {
        "search_id": "KIC 1",
        "target_id": "KIC 1",
        "cadence_s": CADENCE_DAYS * 86400,
        "baseline_days": float(time[-1] - time[0]),
        "light_curve": {
            "time": time,
            "flux": flux.astype("f4"),
            "flux_err": np.full(time.size, SIGMA, "f4"),
        },
    }


def _known(entry: str, ephemeris: tuple[float, ...], **changes: Any) -> dict[str, Any]:
    period, epoch, duration, depth = ephemeris
    return {
        "catalog": "koi",
        "entry": entry,
        "disposition": "candidate",
        "period_days": period,
        "epoch_btjd": epoch,
        "duration_hours": 24 * duration,
        "depth_ppm": 1e6 * depth,
        **changes,
    }


def _candidate(rank: int, period: float, *, is_detected: bool = True) -> dict[str, Any]:
    return {
        "search_id": "KIC 1",
        "candidate_id": f"KIC 1.{rank:02d}",
        "rank": rank,
        "period_days": period,
        "is_detected": is_detected,
    }


def _compute(table: Table, **parents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = compute(table, "KIC 1", parents)
    assert all(list(row) == list(table.schema.names) for row in rows)
    return rows


def _expected(*known: dict[str, Any], truth: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    return _compute(
        EXPECTED_SIGNALS,
        detrended_light_curves=[_detrended()],
        known_signals=list(known),
        selected_files=[{"search_id": "KIC 1", "sha256": "f1"}, {"search_id": None, "sha256": "f2"}],
        simulated_truth=list(truth),
    )


def _recovered(expected: list[dict[str, Any]], *candidates: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = _compute(
        RECOVERED_SIGNALS,
        expected_signals=expected,
        transit_candidates=list(candidates),
        detrended_light_curves=[_detrended()],
    )
    return {row["entry"]: row for row in rows}


def test_what_is_expected_of_catalogues_and_of_a_simulation() -> None:
    truth = {
        "sha256": "f1", "target_id": "KIC 1", "signal": 1, "kind": "planet", "period_days": 11.0,
        "epoch_btjd": 3.0, "duration_hours": 6.0, "depth_ppm": 10.0,
    }  # fmt: skip
    rows = _expected(
        _known("K1.01", DEEP),
        _known("K1.02", SHALLOW),
        _known("long", (40.0, 1.0, 0.3, 0.1)),
        _known("no depth", (9.0, 1.0, 0.3, math.nan)),
        _known("alarm", (2.2, 1.0, 0.1, 0.1), disposition="false_alarm"),
        truth=(truth,),
    )
    assert [(row["signal_id"], row["entry"], row["catalog"]) for row in rows] == [
        ("KIC 1#1", "K1.01", "koi"),
        ("KIC 1#2", "K1.02", "koi"),
        ("KIC 1#3", "no depth", "koi"),
        ("KIC 1#4", "KIC 1 planet 1", "simulated_truth"),
        ("KIC 1#5", "long", "koi"),
    ], "by period, without what may be nothing"
    deep = rows[0]
    assert (deep["period_days"], deep["duration_hours"], deep["depth_ppm"]) == pytest.approx(
        (4.0, 4.8, 2000.0)
    )
    assert (deep["n_transits"], deep["is_detectable"], deep["shortcoming"]) == (15, True, None)
    snr = DEEP[3] / SIGMA * math.sqrt(15 * DEEP[2] / CADENCE_DAYS)
    assert deep["expected_snr"] == pytest.approx(snr, rel=0.4), "the noise is that of the whole curve"
    assert [row["is_detectable"] for row in rows] == [True, True, False, False, False]
    assert [row["shortcoming"] for row in rows[2:]] == [
        "no list gives a depth",
        f"expected SNR {rows[3]['expected_snr']:.1f}, 8 needed",
        "the period is longer than half of the 60.0 d of data",
    ]


def test_what_was_found_is_told_with_its_rank_and_ratio() -> None:
    expected = _expected(_known("deep", DEEP), _known("shallow", SHALLOW))
    found = _recovered(expected, _candidate(1, 4.0), _candidate(2, 3.5))
    deep, shallow = found["deep"], found["shallow"]
    assert (deep["is_found"], deep["is_strongest"], deep["is_first"], deep["is_exact"]) == (True,) * 4
    assert (deep["candidate_id"], deep["period_ratio"], deep["found_period_days"]) == ("KIC 1.01", "1", 4.0)
    assert (shallow["is_found"], shallow["is_strongest"], shallow["is_first"]) == (True, False, False)
    assert (shallow["is_exact"], shallow["period_ratio"]) == (False, "1/2")
    assert deep["cause"] is shallow["cause"] is None
    assert deep["snr_at_ephemeris"] > shallow["snr_at_ephemeris"] > 20


def test_the_cause_of_a_miss_is_told_for_what_should_be_found() -> None:
    expected = _expected(
        _known("deep", DEEP), _known("shallow", SHALLOW), _known("absent", (5.3, 0.3, 0.2, 1e-3)),
        _known("faint", (9.1, 0.3, 0.2, 1e-6)),
    )  # fmt: skip
    found = _recovered(expected, _candidate(1, 4.0), _candidate(2, 7.0, is_detected=False))
    assert found["shallow"]["cause"].startswith("found, but not detected: the statistic is below 7.1 and ")
    assert found["shallow"]["cause"].endswith("(rank 2); found instead: 4 d")
    assert found["absent"]["cause"].startswith("the box at the known epoch is")
    assert (found["faint"]["is_detectable"], found["faint"]["cause"]) == (False, None)
    for name in ("shallow", "absent", "faint"):
        assert (found[name]["is_found"], found[name]["candidate_id"]) == (False, None)
        assert math.isnan(found[name]["found_period_days"])


def test_nothing_found_and_nothing_known_are_no_errors() -> None:
    assert _recovered(_expected(), _candidate(1, 4.0)) == {}
    found = _recovered(_expected(_known("deep", DEEP)))
    assert found["deep"]["cause"].endswith("; nothing was found")


def test_what_is_expected_descends_from_no_search() -> None:
    def ancestors(table: Table) -> set[str]:
        return {table.name}.union(*(ancestors(parent.table) for parent in table.parents))

    assert TRANSIT_CANDIDATES.name not in ancestors(EXPECTED_SIGNALS)
    assert TRANSIT_CANDIDATES.name in ancestors(RECOVERED_SIGNALS)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Two stars with transits, one of which a catalogue lists, with a signal that is not there besides."""
    root = tmp_path_factory.mktemp("recovery")
    ledger = homes.ledger_of(homes.new_home(root / "home", 100, 101))
    ingest(ledger, RAW_FILES, [ledger.home.inbox])
    row = {
        **made_catalogs.KOI_ROW,
        "kepid": "100",
        "koi_period": f"{homes.period_of(100)}",
        "koi_time0bk": "1501.075",
        "koi_duration": "3.6",
        "koi_depth": "10000",
    }
    absent = {**row, "kepoi_name": "K00072.02", "koi_period": "4.7", "koi_depth": "5000"}
    made_catalogs.put(ledger, made_catalogs.write(root / "koi.csv", row, absent))
    return ledger


def test_signals_meet_the_star_and_its_candidates_by_their_ids(ledger: Ledger) -> None:
    expected = ledger.open(EXPECTED_SIGNALS).units(["key", "outcome"]).sort("key").collect()
    assert expected.rows() == [("KIC 100", "rows"), ("KIC 101", "empty")]
    columns = ["signal_id", "is_found", "is_exact", "is_first", "candidate_id", "cause"]
    rows = ledger.open(RECOVERED_SIGNALS).rows(columns).select(columns).sort("signal_id").collect().rows()
    assert rows[0] == ("KIC 100#1", True, True, True, "KIC 100.01", None)
    assert rows[1][:5] == ("KIC 100#2", False, False, False, None)
    assert "; found instead: 3." in rows[1][5]


def test_known_and_missed_signals_are_drawn(ledger: Ledger, tmp_path: Path) -> None:
    for picture in (pictures.known_signals, pictures.missed_signals):
        drawn = picture(ledger)
        assert drawn is not None
        assert drawn.startswith(b"\x89PNG")
        assert len(drawn) < 50_000
        assert picture(homes.ledger_of(homes.new_home(tmp_path / "home"))) is None


def test_causes_follow_the_settings_of_the_search(ledger: Ledger) -> None:
    ledger.home.config_file.write_text("[transits.transit_candidates]\nlongest_period_days = 1.0\n")
    changed = homes.ledger_of(ledger.home)
    for table in changed.tables:
        if not table.is_source:
            update(changed, table)
    columns = ["signal_id", "is_exact", "cause"]
    deep, absent = (
        changed.open(RECOVERED_SIGNALS).rows(columns).select(columns).sort("signal_id").collect().rows()
    )
    assert deep == ("KIC 100#1", True, None), "a fraction of its period is inside the range"
    assert absent[2].startswith("the period is outside the range searched, 0.4 to 1 d")
