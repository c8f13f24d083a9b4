"""Candidates beside the signals that should have been found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.recovery import RATIOS, Found, cause_of_miss, period_ratio, recovered
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folded_boxes import measure
from astro_assets.transits.search.settings import SearchSettings

BASELINE = 100.0
KNOWN = Box(period=2.0, epoch=1.0, duration=0.2)


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
        Found("X.01", 1, 1.5, is_detected=True),
        Found("X.02", 2, 3.0, is_detected=True),
        Found("X.03", 3, 9.0, is_detected=False),
    ]
    assert recovered(3.0, 0.1, BASELINE, candidates) == (candidates[1], Fraction(1))
    assert recovered(3.0, 0.1, BASELINE, candidates[:1]) == (candidates[0], Fraction(1, 2))
    assert recovered(9.0, 0.1, BASELINE, candidates) is None, "what is not detected is not found"
    assert recovered(3.0, 0.1, BASELINE, []) is None


def _curve(shape: str) -> Curve:
    rng = np.random.default_rng(3)
    time = np.arange(0, 60, 1 / 48)
    flux = 1 + 1e-4 * rng.normal(size=time.size)
    phase = (time - 1.0 + 1.0) % 2.0 - 1.0
    if shape == "sinusoid":
        flux += 2e-4 * np.cos(np.pi * (phase + 1) + 0.0)
    if shape == "faint":
        flux[np.abs(phase) < 0.1] -= 1e-4
    if shape in ("transit", "one dip"):
        inside = np.abs(phase) < 0.1
        flux[inside & ((time < 3) if shape == "one dip" else True)] -= 2e-3
    return Curve(time, flux, np.full(time.size, 1e-4), 1 / 48)


def _cause(shape: str, *candidates: Found, known: Box = KNOWN, **settings: float) -> str:
    curve = _curve(shape)
    return cause_of_miss(
        known, measure(curve, known), curve.baseline_days, candidates, SearchSettings(**settings)
    )


def test_a_miss_has_its_cause() -> None:
    assert _cause("nothing").startswith("the box at the known epoch is")
    assert _cause("nothing").endswith("; nothing was found")
    assert _cause("one dip").startswith("one transit carries it")
    assert _cause("sinusoid").startswith("a sinusoid explains it")
    other = Found("X.01", 1, 7.25, is_detected=True)
    assert _cause("transit", other) == (
        "strong enough at the known ephemeris, but another peak or period was taken; found instead: 7.25 d"
    )
    assert _cause("transit", known=replace(KNOWN, epoch=float("nan"))).startswith("no epoch is listed")


def test_a_period_that_was_not_searched_is_said_first() -> None:
    long = replace(KNOWN, period=25.0)
    assert _cause("nothing", known=long) == (
        "the period is outside the range searched, 0.4 to 20 d; nothing was found"
    )
    assert "outside the range" not in _cause("nothing", known=long, longest_period_days=100.0)
    beyond = replace(KNOWN, period=40.0)
    assert "0.4 to 29.99 d" in _cause("nothing", known=beyond, longest_period_days=100.0), "half the baseline"
    assert "outside the range" in _cause("nothing", known=replace(KNOWN, period=0.3))


def test_what_was_found_but_not_detected_is_said_with_its_rank() -> None:
    first = Found("X.01", 1, 7.25, is_detected=True)
    weak = Found("X.02", 2, 4.0, is_detected=False)
    assert _cause("transit", first, weak, detection_threshold=9) == (
        "found, but not detected: the statistic is below 9 and the false-alarm probability not below 0.001 "
        "(rank 2); found instead: 7.25 d"
    )


def test_the_threshold_and_the_fewest_transits_are_those_of_the_search() -> None:
    assert _cause("faint").startswith("strong enough")
    assert _cause("faint", detection_threshold=50).startswith("the box at the known epoch is")
    assert _cause("transit", min_transits=20).startswith("strong enough")
    rare = replace(KNOWN, period=20.0)
    assert _cause("transit", known=rare, min_transits=4).startswith("3 of the 4 transits needed")


def test_the_shape_of_a_binary_in_contact_is_no_cause() -> None:
    wave = measure(_curve("sinusoid"), KNOWN)
    contact = replace(
        wave, snr=50.0, snr_without_strongest=49.0, n_transits=400, depth_constancy=20.0, minima_sigma=9.0
    )
    assert contact.is_contact_binary
    cause = cause_of_miss(KNOWN, contact, 60.0, [], SearchSettings())
    assert cause.startswith("strong enough at the known ephemeris")
    single = replace(contact, snr_without_strongest=3.0)
    assert cause_of_miss(KNOWN, single, 60.0, [], SearchSettings()).startswith("one transit carries it")
