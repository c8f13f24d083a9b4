"""The exact search beside astropy's, at every period."""

import numpy as np
import pytest
from astropy.timeseries import BoxLeastSquares
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.transits.search.exact import exact_periodogram
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

CADENCE = 30 / 1440
PERIODS = np.geomspace(0.6, 13.0, 700)
DURATIONS = np.geomspace(0.05, 0.4, 8)
NAMES = ("power", "depth", "depth_err", "duration", "transit_time", "depth_snr", "log_likelihood")


def observed(n_stars, seed=0):
    time = sector_times(seed, CADENCE)
    rng = np.random.default_rng(seed)
    error = rng.uniform(3e-4, 6e-4, time.size)
    planets = [[Planet(1.1 + 0.9 * n, 1325.4, 0.12, 2e-3)] if n % 2 else [] for n in range(n_stars)]
    flux = np.stack([transits(time, some) + rng.normal(0, error) for some in planets])
    return time, flux, error


@pytest.mark.parametrize("objective", ["snr", "likelihood"])
def test_it_is_astropys_at_every_period(objective):
    time, flux, error = observed(19)
    ours = exact_periodogram(time, flux, error, PERIODS, DURATIONS, objective, oversample=5)
    for star in range(flux.shape[0]):
        theirs = BoxLeastSquares(time, flux[star], error).power(
            PERIODS, DURATIONS, objective=objective, method="fast", oversample=5
        )
        np.testing.assert_allclose(ours.power[star], theirs.power, rtol=1e-5)
        # Of boxes that are equal to rounding either may be chosen.
        same = np.isclose(ours.transit_time[star] % PERIODS, theirs.transit_time % PERIODS, atol=1e-6)
        assert same.mean() > 0.995
        for name in NAMES[1:]:
            if name != "transit_time":
                mine, other = getattr(ours, name)[star][same], getattr(theirs, name)[same]
                np.testing.assert_allclose(mine, other, rtol=2e-5)


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(30, 400),
    shortest=st.floats(0.03, 0.2),
    ratio=st.floats(1.0, 4.0),
    oversample=st.integers(1, 12),
)
def test_it_is_astropys_whatever_the_samples(seed, n, shortest, ratio, oversample):
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(100, 130, n))
    flux, error = rng.normal(1, 1e-3, n), rng.uniform(5e-4, 2e-3, n)
    periods, durations = rng.uniform(1.0, 15.0, 40), [shortest, shortest * ratio]
    ours = exact_periodogram(time, flux, error, periods, durations, "snr", oversample)
    theirs = BoxLeastSquares(time, flux, error).power(
        periods, durations, objective="snr", method="fast", oversample=oversample
    )
    np.testing.assert_allclose(ours.power[0], theirs.power, rtol=1e-5, atol=1e-5)


def test_company_does_not_matter():
    time, flux, error = observed(33)
    together = exact_periodogram(time, flux, error, PERIODS, DURATIONS)
    for star in (0, 7, 32):
        alone = exact_periodogram(time, flux[star], error, PERIODS, DURATIONS)
        for name in NAMES:
            assert getattr(alone, name)[0].tobytes() == getattr(together, name)[star].tobytes()


def test_where_nothing_dips_there_is_no_power():
    time = np.arange(0, 20, 0.1)
    found = exact_periodogram(time, np.ones(time.size), 1e-3, PERIODS, [0.2])
    assert np.isneginf(found.power).all()
    assert np.isnan(found.depth).all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"flux": np.ones(5)}, "does not fit"),
        ({"flux": np.full(200, np.nan)}, "finite"),
        ({"flux_err": 0.0}, "positive"),
        ({"durations": [-1.0]}, "positive"),
        ({"durations": [0.7]}, "shorter"),
        ({"durations": [1e-6]}, "too many bins"),
    ],
)
def test_wrong_use_is_told(changes, reason):
    arguments = {
        "time": np.arange(0, 20, 0.1), "flux": np.ones(200), "flux_err": 1e-3, "periods": PERIODS,
        "durations": [0.2],
    }  # fmt: skip
    with pytest.raises(ValueError, match=reason):
        exact_periodogram(**(arguments | changes))
