"""Rows of candidates have the columns of their table, in the units of the columns."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.transits.schemas import TRANSIT_CANDIDATE_SCHEMA
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.rows import candidate_row
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals


def test_a_found_transit_becomes_a_row() -> None:
    time = np.arange(0, 27, 1 / 48)
    dip = np.abs((time - 1.0 + 1.5) % 3.0 - 1.5) < 0.08
    flux = 1 - 0.01 * dip + np.random.default_rng(1).normal(0, 5e-4, time.size)
    curve = Curve(time, flux, np.full(time.size, 5e-4), 1 / 48)
    ((signal, *_),) = find_signals([curve], SearchSettings())
    row = candidate_row("SIM 1", 1, signal, curve.baseline_days, SearchSettings())
    elsewhere = {"candidate_id", "search_id", "target_id"}
    assert set(row) | elsewhere == set(TRANSIT_CANDIDATE_SCHEMA.names)
    assert row["period_days"] == pytest.approx(3.0, rel=1e-3)
    assert row["depth_ppm"] == pytest.approx(1e4, rel=0.1)
    assert row["duration_hours"] == pytest.approx(0.16 * 24, rel=0.25)
    assert row["is_detected"]


@pytest.mark.parametrize(
    ("statistic", "log10_false_alarm", "is_detected"),
    [(7.2, -1.0, True), (6.5, -3.5, True), (6.5, -2.5, False), (6.5, np.nan, False), (7.2, np.nan, True)],
)
def test_the_statistic_or_the_false_alarm_probability_is_enough_to_be_detected(
    statistic: float, log10_false_alarm: float, is_detected: bool
) -> None:
    assert SearchSettings().detects(statistic, log10_false_alarm) == is_detected
    strict = SearchSettings(detection_threshold=7.5, false_alarm_threshold=1e-4)
    assert not strict.detects(statistic, log10_false_alarm)
