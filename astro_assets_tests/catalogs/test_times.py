"""One moment is one number whatever its time system, and numbers that are no date are known as such."""

from __future__ import annotations

import pytest
from astropy.time import Time

from astro_assets.catalogs.times import BJD_TO_BTJD, BKJD_TO_BTJD, btjd, system_of


def test_offsets_are_those_of_the_calendar() -> None:
    zero_of_kepler = Time("2009-01-01T12:00:00", scale="tdb").jd
    zero_of_tess = Time("2014-12-08T12:00:00", scale="tdb").jd
    assert zero_of_kepler - zero_of_tess == BKJD_TO_BTJD == -2167
    assert -zero_of_tess == BJD_TO_BTJD


@pytest.mark.parametrize(
    ("epoch", "may_be_bkjd", "system"),
    [
        (2457142.548, False, "BJD"),
        (54999.886889, False, "BJD-2400000"),
        (1977.017991, True, "BKJD"),
        (1977.017991, False, None),
        (5500.426884, False, None),
        (5487.317881, True, None),
        (0.904983, True, None),
        (-1.0, True, None),
    ],
)
def test_the_system_is_seen_from_the_number(epoch: float, may_be_bkjd: bool, system: str | None) -> None:
    assert system_of(epoch, may_be_bkjd=may_be_bkjd) == system


def test_one_moment_in_three_systems() -> None:
    times = [btjd(2456783.5, "BJD"), btjd(56783.5, "BJD-2400000"), btjd(1950.5, "BKJD")]
    assert times == [-216.5] * 3
