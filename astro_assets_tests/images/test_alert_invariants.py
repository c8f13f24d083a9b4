"""What breaks the rules of the tables of alerts is found, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from astro_assets.images import alert_invariants as rules
from astro_assets.images.alerts.filters import hash_of

GOOD_ALERT = {"status": "accepted", "alert_id": "1", "survey": "ZTF", "schema_name": "a", "has_stamps": False}
POSSIBLE = {"mjd_utc": 59000.0, "ra_deg": 0.0, "dec_deg": -90.0, "real_bogus": 1.0, "deep_real_bogus": None}
FILTER = {"alert_filter": "a", "filter_version": hash_of(b"{}"), "status": "applied", "filter": "{}"}
DECISION = {"verdict": "rejected", "rejected_by": "snr >= 5", "filter_version": "0" * 32}


def broken(rule: Callable[[pl.LazyFrame], pl.LazyFrame], *rows: dict[str, Any]) -> dict[str, str]:
    frame = pl.DataFrame([{"key": str(i), **row} for i, row in enumerate(rows)], infer_schema_length=None)
    return dict(rule(frame.lazy()).select("key", "what").collect().iter_rows())


def test_packets_are_told() -> None:
    reasonless = dict.fromkeys(GOOD_ALERT) | {"status": "refused", "reason_code": None}
    found = broken(
        rules.untold_alerts,
        GOOD_ALERT | {"reason_code": None},
        GOOD_ALERT | {"survey": None},
        reasonless | {"reason_code": "packet_unreadable"},
        reasonless,
    )
    assert found == {
        "1": "accepted without identifier, survey or schema",
        "3": "refused without a reason",
    }


@pytest.mark.parametrize(
    "wrong", [{"mjd_utc": -1.0}, {"ra_deg": 361.0}, {"dec_deg": 91.0}, {"deep_real_bogus": 1.5}]
)
def test_packets_are_possible(wrong: dict[str, float]) -> None:
    found = broken(rules.impossible_alerts, POSSIBLE, POSSIBLE | wrong, dict.fromkeys(POSSIBLE))
    ((name, value),) = wrong.items()
    assert found == {"1": f"{name} is {value}"}


def test_filters_say_their_version() -> None:
    assert broken(rules.misnamed_filters, FILTER) == {}
    wrong = FILTER | {"filter": "{ }"}
    assert broken(rules.misnamed_filters, FILTER, wrong) == {
        "1": f"{FILTER['filter_version']} does not say what its version names"
    }
    two = pl.DataFrame(
        [{"key": "a", **FILTER}, {"key": "a", **FILTER, "filter": "[]", "filter_version": hash_of(b"[]")}]
    )
    assert rules.misnamed_filters(two.lazy()).collect()["what"].to_list() == ["2 versions are applied"]


def test_decisions_are_explained() -> None:
    found = broken(
        rules.unexplained_decisions,
        DECISION,
        {"verdict": "accepted", "rejected_by": "", "filter_version": "0" * 32},
        DECISION | {"verdict": "accepted"},
        DECISION | {"rejected_by": ""},
        DECISION | {"filter_version": "0"},
        DECISION | {"verdict": "perhaps"},
    )
    assert sorted(found) == ["2", "3", "4", "5"]


def test_examples_are_balanced() -> None:
    frame = pl.DataFrame({"key": ["a", "a", "b", "b", "b"], "kind": ["real", "edge", "real", "real", "edge"]})
    found = rules.unbalanced_examples(frame.lazy()).collect()
    assert found.rows() == [("b", "2 of 3 examples are real")]


def test_scores_are_probabilities_or_missing_for_a_reason() -> None:
    found = broken(
        rules.unscored,
        {"score": 0.5, "why_none": None},
        {"score": None, "why_none": "no stamps"},
        {"score": None, "why_none": None},
        {"score": 1.5, "why_none": None},
        {"score": 0.5, "why_none": "no stamps"},
    )
    assert sorted(found) == ["2", "3", "4"]
