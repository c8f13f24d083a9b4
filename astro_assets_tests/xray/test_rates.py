"""Net rates are those of srctool, with errors as Gehrels' table has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from astro_assets.xray.rates import net_rates


def test_errors_are_those_of_gehrels_tables() -> None:
    """Gehrels (1986), tables 1 and 2 for a confidence of 0.8413: limits of 0, 1, 5, 10 and 50 counts."""
    counts = np.array([0.0, 1.0, 5.0, 10.0, 50.0])
    rates = net_rates(counts, np.zeros(5), np.zeros(5), np.ones(5))

    np.testing.assert_allclose(counts + rates.error_plus, [1.841, 3.300, 8.382, 14.27, 58.12], rtol=0.02)
    np.testing.assert_allclose((counts - rates.error_minus)[1:], [0.1728, 2.840, 6.891, 42.95], rtol=0.02)


@given(st.integers(2, 10_000))
def test_errors_cover_as_often_as_said(n: int) -> None:
    rates = net_rates(np.array([float(n)]), np.zeros(1), np.zeros(1), np.ones(1))

    assert stats.poisson.cdf(n, n + rates.error_plus[0]) == pytest.approx(0.1587, abs=0.01)
    assert stats.poisson.sf(n - 1, n - rates.error_minus[0]) == pytest.approx(0.1587, abs=0.01)


def test_the_background_is_subtracted_and_its_error_added() -> None:
    without = net_rates(np.array([9.0]), np.array([0.0]), np.array([0.0]), np.array([10.0]))
    rates = net_rates(np.array([9.0]), np.array([100.0]), np.array([0.04]), np.array([10.0]))

    assert rates.rate == pytest.approx([0.5])
    assert rates.error_plus > without.error_plus
    assert rates.error_minus > without.error_minus


def test_what_was_not_exposed_has_no_rate() -> None:
    rates = net_rates(np.array([0.0]), np.array([3.0]), np.array([0.1]), np.array([0.0]))

    assert np.isnan([rates.rate, rates.error_minus, rates.error_plus]).all()


@pytest.mark.parametrize("kind", ["constant", "loggauss", "red"])
def test_rates_are_those_of_srctool(shared_data: Path, kind: str) -> None:
    (path,) = (shared_data / "xray_lc" / "bexvar_erosita_format").glob(f"{kind}_*")
    table = fits.getdata(path, 1)
    exposure = table["FRACEXP"].astype(float) * table["TIMEDEL"][:, np.newaxis]
    seen = table["FRACEXP"][:, 0] > 0
    ratio = np.broadcast_to(table["BACKRATIO"][:, np.newaxis], exposure.shape)

    counts, background = (table[name].astype(float) for name in ("COUNTS", "BACK_COUNTS"))
    rates = net_rates(counts, background, ratio, exposure)

    np.testing.assert_allclose(rates.rate[seen], table["RATE"][seen], rtol=1e-6)
