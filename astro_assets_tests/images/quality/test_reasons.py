"""Reasons name what is outside the range of good frames, the heaviest first."""

import numpy as np
import pytest

from astro_assets.images.quality.measures import MEASURES, RELATIVE
from astro_assets.images.quality.reasons import good_ranges, reasons_of


@pytest.fixture(scope="module")
def ranges():
    rng = np.random.default_rng(0)
    good = 1 + 0.1 * rng.normal(size=(500, len(MEASURES)))
    good[:, MEASURES.index("airmass")] = np.nan
    return good_ranges(good)


def told(ranges, heaviest, **values):
    measures, weights = np.ones(len(MEASURES)), np.zeros(len(MEASURES))
    for name, value in values.items():
        measures[MEASURES.index(name)] = value
    weights[MEASURES.index(heaviest)] = 1
    return reasons_of(measures, weights, ranges)


def test_nothing_speaks_against_an_ordinary_frame(ranges):
    assert told(ranges, "depth") == ()


def test_the_heaviest_comes_first(ranges):
    bad = {"fwhm_ratio": 2.5, "transparency": 0.3}
    assert told(ranges, "fwhm_ratio", **bad) == (
        "stars are 2.50 times as wide as in the night's best frames",
        "stars have 30% of their light, a zero point lower by 1.31 mag",
    )
    assert told(ranges, "transparency", **bad)[0].startswith("stars have 30% of their light")
    assert told(ranges, "transparency", transparency=0.0) == (
        "stars have 0% of their light, a zero point lower by 10.00 mag",
    )


def test_better_than_good_is_no_reason(ranges):
    assert told(ranges, "fwhm_ratio", fwhm_ratio=0.3, transparency=2.0) == ()


def test_unknown_and_unlearned_measures_are_no_reasons(ranges):
    assert "airmass" not in ranges
    assert told(ranges, "airmass", airmass=9.0, transparency=np.nan) == ()


def test_widths_are_told_in_pixels_only_without_a_night(ranges):
    assert told(ranges, "fwhm_pixels", fwhm_pixels=9.0) == ()
    alone = told(ranges, "fwhm_pixels", fwhm_pixels=9.0, **dict.fromkeys(RELATIVE, np.nan))
    assert alone == ("stars are 9.0 pixels wide",)
