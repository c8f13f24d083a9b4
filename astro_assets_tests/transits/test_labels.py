"""A candidate gets the label of the signal it is, at its period or a harmonic, and of no other."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from astro_assets.transits.labels import RATIOS, Ephemeris, LabelSettings, labelled, match

SETTINGS = LabelSettings()
BASELINE = 27.0
KNOWN = Ephemeris(3.1, 1e-6, 100.0, 1e-3, 0.12)
FOUND = Ephemeris(3.1, 2e-4, 100.0 + 400 * 3.1, 2e-3, 0.11)

CANDIDATE = {
    "period_days": 3.1, "period_uncertainty_days": 2e-4, "epoch_btjd": 1340.0,
    "epoch_uncertainty_days": 2e-3, "duration_hours": 2.6, "baseline_days": BASELINE,
}  # fmt: skip
SIGNAL = {
    "catalog": "koi", "entry": "a", "star": "KIC 1", "disposition": "candidate", "period_days": 3.1,
    "period_uncertainty_days": 1e-6, "epoch_btjd": 100.0, "epoch_uncertainty_days": 1e-3,
    "duration_hours": 2.9, "secondary_phase": None,
}  # fmt: skip


@given(
    ratio=st.sampled_from(RATIOS),
    period=st.floats(0.5, 15),
    cycle=st.integers(-500, 500),
    error=st.floats(-1, 1),
)
def test_every_harmonic_is_found_wherever_its_transits_fall(
    ratio: Fraction, period: float, cycle: int, error: float
) -> None:
    known = Ephemeris(period, 1e-7, 2000.0, 1e-3, 0.04 * period)
    shorter = min(float(ratio), 1) * period
    epoch = 2000.0 + cycle * shorter + error * 0.01 * period
    found = match(
        Ephemeris(float(ratio) * period * (1 + 1e-5 * error), 1e-5, epoch, 1e-3, 0.04 * period),
        BASELINE, known, SETTINGS,
    )  # fmt: skip
    assert found is not None
    assert found.ratio == ratio
    assert found.epoch_offset == pytest.approx(error * 0.01 * period, abs=1e-6)
    assert found.period_offset == pytest.approx(float(ratio) * period * 1e-5 * error, abs=1e-9)


@given(phase=st.floats(0.1, 0.9))
def test_transits_at_another_phase_are_another_signal(phase: float) -> None:
    assert match(replace(FOUND, epoch=FOUND.epoch + 3.1 * phase), BASELINE, KNOWN, SETTINGS) is None


@pytest.mark.parametrize("period", [3.1 * 1.006, 3.1 * 0.994, 3.1 * 0.4, 3.1 * 1.5, 31.0])
def test_another_period_is_another_signal(period: float) -> None:
    assert match(replace(FOUND, period=period), BASELINE, KNOWN, SETTINGS) is None


def test_the_period_may_drift_by_a_duration_over_the_data() -> None:
    """Nine cycles: 0.12 d / 9 = 0.0138 d a period, nothing to do with its stated uncertainty."""
    at = [match(replace(FOUND, period=3.1 + d), BASELINE, KNOWN, SETTINGS) for d in (0.0136, 0.0139)]
    assert at[0] is not None
    assert at[1] is None
    assert match(replace(FOUND, period=3.1136), 200.0, KNOWN, SETTINGS) is None, "not over longer data"


def test_the_uncertainty_of_a_listed_period_grows_with_the_cycles() -> None:
    late = replace(FOUND, epoch=FOUND.epoch + 0.2)
    assert match(late, BASELINE, KNOWN, SETTINGS) is None
    vague = match(late, BASELINE, replace(KNOWN, period_err=3e-4), SETTINGS)
    assert vague is not None
    # Half the duration and 3 sigma of 400 cycles.
    assert vague.epoch_tolerance == pytest.approx(0.06 + 3 * math.hypot(400 * 3e-4, 2e-3, 1e-3))
    assert vague.is_epoch_decisive
    useless = match(late, BASELINE, replace(KNOWN, period_err=1e-2), SETTINGS)
    assert useless is not None
    assert not useless.is_epoch_decisive


def test_without_an_uncertainty_that_of_the_candidate_stands_in() -> None:
    found = match(FOUND, BASELINE, replace(KNOWN, period_err=math.nan), SETTINGS)
    assert found is not None
    assert found.epoch_tolerance == pytest.approx(0.06 + 3 * math.hypot(400 * 2e-4, 2e-3, 1e-3))
    neither = match(
        replace(FOUND, period_err=math.nan), BASELINE, replace(KNOWN, period_err=math.nan), SETTINGS
    )
    assert neither is not None
    assert not neither.is_epoch_decisive


def test_a_signal_without_an_epoch_matches_by_period_alone() -> None:
    found = match(FOUND, BASELINE, replace(KNOWN, epoch=math.nan), SETTINGS)
    assert found is not None
    assert not found.is_epoch_decisive
    assert math.isnan(found.epoch_offset)


def test_the_secondary_eclipse_is_the_binary_too() -> None:
    binary = replace(KNOWN, secondary_phase=0.37)
    at_secondary = replace(FOUND, epoch=FOUND.epoch + 0.37 * 3.1)
    assert match(at_secondary, BASELINE, KNOWN, SETTINGS) is None
    found = match(at_secondary, BASELINE, binary, SETTINGS)
    assert found is not None
    assert found.is_at_secondary
    primary = match(FOUND, BASELINE, binary, SETTINGS)
    assert primary is not None
    assert not primary.is_at_secondary


@pytest.mark.parametrize(("setting", "value"), [("n_sigma", 5.0), ("largest_period_difference", 0.001)])
def test_settings_change_the_tolerances(setting: str, value: float) -> None:
    found = match(FOUND, BASELINE, KNOWN, SETTINGS)
    other = match(FOUND, BASELINE, KNOWN, LabelSettings.model_validate({setting: value}))
    assert found is not None
    assert other is not None
    assert (found.period_tolerance, found.epoch_tolerance) != (other.period_tolerance, other.epoch_tolerance)


def label(*changes: dict[str, Any]) -> dict[str, Any]:
    return labelled(CANDIDATE, [{**SIGNAL, **change} for change in changes], SETTINGS)


def test_of_one_signal_in_several_catalogues_what_is_sure_counts() -> None:
    found = label(
        {},
        {"catalog": "toi", "entry": "b", "disposition": "false_positive"},
        {"catalog": "kepler_eb", "entry": "c", "disposition": "eclipsing_binary"},
        {"entry": "other", "period_days": 7.7},
    )
    assert (found["label"], found["signal_catalog"], found["signal_entry"]) == (
        "eclipsing_binary",
        "kepler_eb",
        "c",
    )
    assert found["matching_labels"] == ["eclipsing_binary", "false_positive", "candidate"]
    assert (found["n_matching_signals"], found["n_known_signals"]) == (3, 4)
    assert found["period_ratio"] == "1"


@pytest.mark.parametrize("current", ["candidate", "false_alarm", "confirmed_planet"])
@pytest.mark.parametrize("old", ["false_positive", "false_alarm", "candidate"])
def test_old_training_labels_do_not_overrule_current_catalogues(current: str, old: str) -> None:
    found = label({"disposition": current}, {"catalog": "dr24_tce", "entry": "b", "disposition": old})
    assert (found["label"], found["signal_catalog"]) == (current, "koi")
    # But where nobody has judged since, they say more than nothing.
    unjudged = label({"disposition": "unknown"}, {"catalog": "dr24_tce", "entry": "b", "disposition": old})
    assert (unjudged["label"], unjudged["signal_catalog"]) == (old, "dr24_tce")


def test_the_period_itself_counts_before_a_harmonic() -> None:
    found = label({"period_days": 6.2, "disposition": "confirmed_planet"}, {"entry": "itself"})
    assert (found["signal_entry"], found["period_ratio"]) == ("itself", "1")
    assert label({"period_days": 6.2})["period_ratio"] == "1/2"


def test_no_match_is_no_label() -> None:
    found = label({"period_days": None}, {"period_days": 8.0})
    assert found["label"] is None
    assert found["epoch_offset_days"] is None
    assert (found["matching_labels"], found["n_matching_signals"], found["n_known_signals"]) == ([], 0, 2)
    assert labelled(CANDIDATE, [], SETTINGS)["n_known_signals"] == 0
