"""What a star's data should show of its known signals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.expectations import (
    ExpectationSettings,
    KnownSignal,
    covered_transits,
    expected,
    listed_signals,
    simulated_signals,
    unique_signals,
)

CADENCE_DAYS = 1 / 48
SETTINGS = ExpectationSettings()
SIGNAL = KnownSignal("koi", "K1", "confirmed_planet", period=3.0, epoch=1.0, duration=0.2, depth=1e-3)


def _times(days: float, start: float = 0.0) -> np.ndarray:
    return start + np.arange(round(days / CADENCE_DAYS)) * CADENCE_DAYS


def test_transits_in_gaps_are_not_covered() -> None:
    time = _times(30.0)
    assert covered_transits(SIGNAL, time, CADENCE_DAYS) == 10
    gap = (time > 6.5) & (time < 7.5)  # the transit at 7.0
    assert covered_transits(SIGNAL, time[~gap], CADENCE_DAYS) == 9
    half_a_transit = (time > 7.0 - 0.04) & (time < 7.5)
    assert covered_transits(SIGNAL, time[~half_a_transit], CADENCE_DAYS) == 9


@given(
    period=st.floats(0.3, 20), epoch=st.floats(-3000, 3000), days=st.floats(1, 90), start=st.floats(-50, 50)
)
def test_a_gapless_curve_covers_as_many_transits_as_fit(
    period: float, epoch: float, days: float, start: float
) -> None:
    signal = replace(SIGNAL, period=period, epoch=epoch, duration=0.1 * period)
    count = covered_transits(signal, _times(days, start), CADENCE_DAYS)
    assert abs(count - days / period) <= 1.5 + 2 * CADENCE_DAYS / period


def test_without_an_epoch_the_likely_number_counts() -> None:
    assert covered_transits(replace(SIGNAL, epoch=math.nan), _times(30.0), CADENCE_DAYS) == 10
    assert covered_transits(SIGNAL, np.empty(0), CADENCE_DAYS) == 0


def test_expected_snr_is_depth_over_noise_times_root_of_transits() -> None:
    rng = np.random.default_rng(1)
    time = _times(90.0)
    flux = 1 + 1e-3 * rng.normal(size=time.size)
    found = expected(SIGNAL, time, flux, CADENCE_DAYS, SETTINGS)
    in_transit = SIGNAL.duration / CADENCE_DAYS
    assert found.n_transits == 30
    assert found.cdpp_ppm == pytest.approx(1e3 / math.sqrt(in_transit), rel=0.1)
    assert found.snr == pytest.approx(1e-3 / 1e-3 * math.sqrt(in_transit * 30), rel=0.1)
    assert found.shortcoming(90.0, SETTINGS) is None


def test_what_cannot_be_seen_is_told_why() -> None:
    rng = np.random.default_rng(2)
    time = _times(30.0)
    flux = 1 + 1e-3 * rng.normal(size=time.size)

    def reason(**changes: float) -> str:
        found = expected(replace(SIGNAL, **changes), time, flux, CADENCE_DAYS, SETTINGS)
        return found.shortcoming(30.0, SETTINGS) or ""

    assert reason() == ""
    assert reason(depth=1e-5).startswith("expected SNR 0.")
    assert reason(depth=math.nan) == "no list gives a depth"
    assert reason(epoch=14.0, period=28.0) == "1 transits covered, 2 needed"
    assert reason(epoch=5.0, period=20.0, depth=0.1) == "the period is longer than half of the 30.0 d of data"


def test_a_depth_without_a_noise_is_another_reason_than_no_depth() -> None:
    time = _times(30.0)
    still = expected(SIGNAL, time, np.ones(time.size), CADENCE_DAYS, SETTINGS)
    assert still.shortcoming(30.0, SETTINGS) == "the noise over one duration cannot be measured"
    unknown = replace(still, cdpp_ppm=math.nan)
    assert unknown.shortcoming(30.0, SETTINGS) == "the noise over one duration cannot be measured"


def test_an_unknown_duration_is_assumed() -> None:
    time = _times(30.0)
    found = expected(replace(SIGNAL, duration=math.nan), time, np.ones(time.size), CADENCE_DAYS, SETTINGS)
    assert found.is_duration_assumed
    assert found.signal.duration == pytest.approx(0.3)


def test_lists_that_agree_are_one_signal() -> None:
    binary = KnownSignal("kepler_eb", "1", "eclipsing_binary", period=6.0002, depth=0.2)
    false_positive = KnownSignal(
        "koi", "K2", "false_positive", period=3.0, epoch=5.0, duration=0.1, depth=0.1
    )
    other = KnownSignal("koi", "K3", "candidate", period=7.7, epoch=1.0)
    (merged, kept) = unique_signals([false_positive, other, binary])
    assert (merged.entry, merged.period, merged.depth) == ("1", 6.0002, 0.2)
    assert math.isnan(merged.epoch), "the epoch of half the period may be that of the other eclipse"
    assert kept == other
    same = replace(false_positive, period=6.0)
    (merged,) = unique_signals([same, binary])
    assert (merged.entry, merged.epoch, merged.duration, merged.depth) == ("1", 5.0, 0.1, 0.2)


def test_two_planets_of_one_list_in_resonance_are_two() -> None:
    outer = replace(SIGNAL, entry="K1.02", period=6.0)
    assert unique_signals([SIGNAL, outer]) == [SIGNAL, outer]
    assert unique_signals([SIGNAL, replace(outer, source="toi")]) == [SIGNAL]


def test_a_list_that_knows_better_decides() -> None:
    event = KnownSignal("dr24_tce", "1-01", "candidate", period=3.0, epoch=1.0, duration=0.2, depth=1e-3)
    (kept,) = unique_signals([event, replace(event, source="koi", disposition="false_positive")])
    assert kept.disposition == "false_positive"


def test_what_may_be_nothing_is_no_signal() -> None:
    alarms = [replace(SIGNAL, disposition=name) for name in ("false_alarm", "unknown", "")]
    assert unique_signals([*alarms, replace(SIGNAL, period=math.nan)]) == []


@given(st.permutations(range(6)))
def test_the_order_of_the_lists_does_not_matter(order: list[int]) -> None:
    kinds = ("candidate", "confirmed_planet", "false_positive")
    signals = [
        KnownSignal("koi", f"K{n}", kinds[n % 3], period=2.0 + n // 2, epoch=float(n)) for n in range(6)
    ]
    assert unique_signals([signals[n] for n in order]) == unique_signals(signals)


def test_rows_are_read_with_their_units() -> None:
    row = {
        "catalog": "koi", "entry": "K1", "disposition": "candidate", "period_days": 2.0, "epoch_btjd": None,
        "duration_hours": 12.0, "depth_ppm": 100.0,
    }  # fmt: skip
    (signal,) = listed_signals([row])
    assert (signal.period, signal.duration, signal.depth) == (2.0, 0.5, pytest.approx(1e-4))
    assert math.isnan(signal.epoch)


def test_only_what_dims_regularly_is_a_simulated_signal() -> None:
    kinds = ("planet", "eclipsing_binary", "background_binary", "pulsator", "rotator", "flare_star")
    rows = [
        {
            "target_id": "SIM 1", "signal": 1, "kind": kind, "period_days": 2.0, "epoch_btjd": 1.0,
            "duration_hours": 3.0, "depth_ppm": 1000.0,
        }
        for kind in kinds
    ]  # fmt: skip
    found = [signal.disposition for signal in simulated_signals(rows)]
    assert found == ["confirmed_planet", "eclipsing_binary", "false_positive"]
