"""Pictures are small PNGs, whatever the light curve."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.plots import MOST_BINS, _gaps, _rates_of_length, _shown, curve_plot, distributions_plot
from astro_assets.xray.simulation.light_curves import simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind


def long_curve(n_bins: int, bright: int) -> LightCurve:
    """Return a curve of one band that is bright in one bin; each third bin saw nothing."""
    rate = np.ones((n_bins, 1))
    rate[bright] = 50.0
    rate[::3] = np.nan
    some = np.full((n_bins, 1), 0.5)
    return LightCurve(
        ((0.3, 10.0),), np.arange(float(n_bins)), np.ones(n_bins), np.full((n_bins, 1), np.nan),
        np.zeros((n_bins, 1)), np.zeros((n_bins, 1)), some, rate, some, some,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [SourceKind.CONSTANT, SourceKind.FLARE])
def test_a_curve_is_a_small_picture(kind: SourceKind) -> None:
    simulated = simulate(SimulationSettings(surveys=(4, 4), bins_per_visit=(4, 4)), kind, (2,))
    picture = curve_plot("eROSITA 00022", simulated.light_curve, "ct / s")

    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000


def test_a_name_that_is_no_formula_is_drawn_as_it_is() -> None:
    assert curve_plot(r"$\frac$", long_curve(20, 10), "ct / s").startswith(b"\x89PNG")


def test_of_long_curves_the_brightest_part_is_drawn() -> None:
    curve = long_curve(3000, 2000)
    shown = _shown(curve)

    assert shown.size == MOST_BINS
    assert 2000 in shown
    assert np.isfinite(curve.rate[shown]).all()
    assert curve_plot("a", curve, "ct / s").startswith(b"\x89PNG")
    assert curve_plot("a", long_curve(2, 1), "ct / s").startswith(b"\x89PNG")


def test_a_bin_of_a_moment_does_not_decide_which_rates_are_drawn() -> None:
    curve = long_curve(50, 20)
    curve.rate[31], curve.fractional_exposure[31] = -1000.0, 0.001
    low, high = _rates_of_length(curve, _shown(curve), 0)

    assert -10 < low < 0
    assert 50 < high < 60
    assert curve_plot("a", curve, "ct / s").startswith(b"\x89PNG")


def test_gaps_stand_between_bins() -> None:
    assert _gaps(np.array([0.0, 1, 2, 3, 1000, 1001])).tolist() == [3.5]
    assert _gaps(np.array([0.0])).size == 0


def test_distributions_are_drawn_with_and_without_counts() -> None:
    for counts in ([3.0, 500.0], []):
        picture = distributions_plot([5, 60, 4000], counts, ["ogip_rate", "ogip_rate", "erosita_srctool"])
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 50_000
