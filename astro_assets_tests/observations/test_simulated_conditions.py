"""Gaps, dumps and flags of a segment, shared by the stars of a camera."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets.observations.simulated_conditions import conditions


def test_a_sector_has_a_gap_dumps_and_stray_light() -> None:
    here = conditions("TESS", 1, 1, 1)
    assert len(here.time) == 20076
    assert np.diff(here.time) == pytest.approx(120 / 86400)
    assert here.is_missing.sum() == 815
    assert (here.quality[here.is_missing] == (8 | 128)).all()
    starts = np.flatnonzero(np.diff(here.is_disturbed.astype(int)) == 1)
    assert len(starts) in (10, 11)
    assert set(np.diff(starts)) <= {1800, 3600}  # every two and a half days
    assert (here.quality[here.is_disturbed] & 32 > 0).all()
    assert 0.09 < np.mean(here.quality & TESS_DEFAULT_BITMASK > 0) < 0.105
    assert (here.stray_light >= 0).all()
    assert np.ptp(here.stray_light) > 0.2


def test_a_quarter_has_downlinks_and_dumps() -> None:
    # Cadences without corrected flux in the real quarters 0 to 17 of KIC 7660594.
    lost = (
        0.015, 0.009, 0.063, 0.054, 0.066, 0.032, 0.028, 0.034, 0.053, 0.033, 0.029, 0.059, 0.122, 0.040,
        0.102, 0.086, 0.159, 0.174,
    )  # fmt: skip
    for quarter, share in enumerate(lost):
        here = conditions("Kepler", 1, quarter, 5)
        assert np.mean(here.quality & KEPLER_DEFAULT_BITMASK > 0) == pytest.approx(share, abs=0.009)
        assert here.is_disturbed.sum() == pytest.approx(len(here.time) / 146, abs=5)
        gaps = np.count_nonzero(np.diff(here.is_missing.astype(int)) == 1)
        assert (gaps > 0) == (quarter > 1)


@pytest.mark.parametrize("mission", ["TESS", "Kepler"])
def test_segments_follow_each_other(mission: str) -> None:
    first, second = (conditions(mission, 1, segment, 1) for segment in (1, 2))
    assert second.time[0] > first.time[-1]
    assert second.cadence_number[0] > first.cadence_number[-1]


def test_flags_belong_to_the_segment_trends_to_the_camera() -> None:
    one, other = conditions("Kepler", 1, 3, 1), conditions("Kepler", 1, 3, 2)
    np.testing.assert_array_equal(one.quality, other.quality)
    assert np.abs(one.trends[2] - other.trends[2]).max() > 1e-4
    assert (conditions("Kepler", 2, 3, 1).trends != one.trends).any()
