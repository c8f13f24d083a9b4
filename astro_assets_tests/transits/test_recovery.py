"""Candidates beside the signals that should have been found."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.recovery import (
    RATIOS,
    Found,
    cause_of_miss,
    period_ratio,
    recovered,
    statistics_at,
)
from astro_assets.transits.search.engine import Curve

BASELINE = 100.0


@given(
    period=st.floats(0.4, 40), ratio=st.sampled_from(RATIOS), drift=st.floats(-0.99, 0.99).filter(lambda x: x)
)
def test_periods_agree_until_transits_drift_apart(period: float, ratio: Fraction, drift: float) -> None:
    duration = 0.05 * period
    allowed = min(0.1 * period / BASELINE, 1e-3)
    exact = float(ratio) * period
    assert period_ratio(exact * (1 + drift * allowed), period, duration, BASELINE) == ratio
    beyond = exact * (1 + np.sign(drift) * (1.01 + abs(drift)) * allowed)
    assert period_ratio(beyond, period, duration, BASELINE) is None


def test_other_harmonics_are_not_found() -> None:
    assert period_ratio(3.0, 1.0, 0.1, BASELINE) is None
    assert period_ratio(1.5, 1.0, 0.1, BASELINE) is None


def test_the_true_period_comes_before_a_stronger_harmonic() -> None:
    candidates = [
        Found("X.01", 1, 1.5, is_above_threshold=True),
        Found("X.02", 2, 3.0, is_above_threshold=True),
        Found("X.03", 3, 9.0, is_above_threshold=False),
    ]
    assert recovered(3.0, 0.1, BASELINE, candidates) == (candidates[1], Fraction(1))
    assert recovered(3.0, 0.1, BASELINE, candidates[:1]) == (candidates[0], Fraction(1, 2))
    assert recovered(9.0, 0.1, BASELINE, candidates) is None, "below the threshold is not found"
    assert recovered(3.0, 0.1, BASELINE, []) is None


def _curve(shape: str) -> Curve:
    rng = np.random.default_rng(3)
    time = np.arange(0, 60, 1 / 48)
    flux = 1 + 1e-4 * rng.normal(size=time.size)
    phase = (time - 1.0 + 1.0) % 2.0 - 1.0
    if shape == "sinusoid":
        flux += 2e-4 * np.cos(np.pi * (phase + 1) + 0.0)
    if shape in ("transit", "one dip"):
        inside = np.abs(phase) < 0.1
        flux[inside & ((time < 3) if shape == "one dip" else True)] -= 2e-3
    return Curve(time, flux, np.full(time.size, 1e-4), 1 / 48)


def test_a_miss_has_its_cause() -> None:
    def cause(shape: str, *candidates: Found, epoch: float = 1.0) -> str:
        return cause_of_miss(statistics_at(_curve(shape), 2.0, epoch, 0.2), 7.1, candidates)

    assert cause("nothing").startswith("the box at the known epoch is")
    assert cause("nothing").endswith("nothing was found")
    assert cause("one dip").startswith("one transit carries it")
    assert cause("sinusoid").startswith("a sinusoid explains it")
    other = Found("X.01", 1, 7.25, is_above_threshold=True)
    assert cause("transit", other) == (
        "strong enough at the known ephemeris, but another peak or period was taken; found instead: 7.25 d"
    )
    assert "no epoch is listed" in cause("transit", epoch=float("nan"))
