"""Commensurable periods."""

from fractions import Fraction

import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.harmonics import harmonic_relation

STRONGER = [Box(10.0, 0.0, 0.2), Box(3.3, 0.0, 0.1)]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (10.0, (0, Fraction(1))),
        (5.0, (0, Fraction(1, 2))),
        (20.01, (0, Fraction(2))),
        (15.0, (0, Fraction(3, 2))),
        (1.65, (1, Fraction(1, 2))),
        (3.9, None),
        (5.1, None),
    ],
)
def test_commensurable_periods_are_told(period, expected):
    assert harmonic_relation(Box(period, 0.3, 0.1), STRONGER, 100.0) == expected


def test_the_tolerance_follows_the_baseline():
    near = Box(5.02, 0.0, 0.2)
    assert harmonic_relation(near, STRONGER[:1], 20.0) == (0, Fraction(1, 2))
    assert harmonic_relation(near, STRONGER[:1], 1000.0) is None
    assert harmonic_relation(near, [], 20.0) is None
