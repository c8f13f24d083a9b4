"""What was observed of the transits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.vetting.features import transit_features
from astro_assets_tests.transits.synthetic import Planet, transits
from astro_assets_tests.transits.vetting import stars
from astro_assets_tests.transits.vetting.stars import MEAN_DEPTH, measured


def test_dips_after_momentum_dumps_are_near_gaps():
    flux, time = stars.dips_at_dumps()
    assert measured(flux, time=time)["near_gap_fraction"] > 0.9


def test_transits_of_another_candidate_are_no_gaps():
    other = Box(3.9, 1327.0, 0.2)
    flux = transits(stars.times(), [stars.PLANET, Planet(other.period, other.epoch, other.duration, 0.02)])
    row = measured(flux, hidden=other.covers(stars.times(), 1.5))
    assert row["mean_depth_ppm"] == pytest.approx(1e6 * MEAN_DEPTH, abs=4 * row["mean_depth_err_ppm"])
    for name in ("near_gap_fraction", "transit_coverage", "n_transits_expected"):
        assert row[name] == measured(stars.planet())[name], name


def test_transits_at_the_ends_of_the_data_are_expected_only_with_their_middles():
    """Half of a transit may be there though its middle is not."""
    time = stars.times()
    for first in np.linspace(stars.EPOCH - 0.01, stars.EPOCH + 0.01, 9):
        kept = time >= first
        row = measured(stars.planet()[kept], time=time[kept])
        assert row["n_transits_measured"] <= row["n_transits_expected"]
        is_there = time[kept][0] - stars.CADENCE / 2 <= stars.EPOCH
        assert row["n_transits_expected"] == 9 + is_there


def test_samples_of_another_cadence_count_for_their_time():
    """A sector of half-hours beside one of ten minutes; the cadence is the longer."""
    time = np.concatenate([1325 + np.arange(0, 13, 1 / 48), 1340 + np.arange(0, 13, stars.CADENCE)])
    flux = transits(time, [stars.PLANET])
    one = stars.examined(flux, time=time)
    curve = Curve(one.star.time, one.star.flux, one.star.flux_err, 1 / 48)
    (row,) = transit_features([dataclasses.replace(one, star=curve, curve=curve)])
    assert row["n_transits_expected"] == 10
    assert row["n_transits_measured"] >= 9
    assert row["transit_coverage"] > 0.9
