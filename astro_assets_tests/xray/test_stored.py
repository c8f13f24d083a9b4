"""A light curve comes back from its row as it was, and broken arrays are told."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.ledger.array_files import arrays_in, arrow_of
from astro_assets.xray.light_curve import OF_BANDS
from astro_assets.xray.simulation.light_curves import simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind
from astro_assets.xray.stored import arrays_of, broken_bins, light_curve_of


@pytest.mark.parametrize("kind", list(SourceKind))
def test_a_light_curve_comes_back_from_the_store(kind: SourceKind) -> None:
    curve = simulate(SimulationSettings(), kind, (1,)).light_curve
    stored = arrays_in(bytes(arrow_of(arrays_of(curve))))
    again = light_curve_of(curve.bands_kev, stored)

    assert again.bands_kev == curve.bands_kev
    for name in ("time_s", "width_s", *OF_BANDS):
        np.testing.assert_array_equal(getattr(again, name), getattr(curve, name))
    assert broken_bins(stored) == []


def test_what_is_broken_is_told() -> None:
    arrays = arrays_of(simulate(SimulationSettings(), SourceKind.CONSTANT, (1,)).light_curve)

    assert (
        "fractional_exposure: bin 0, band 2: 2.0 is above 1"
        in broken_bins(arrays | {"fractional_exposure_2": arrays["fractional_exposure_2"] * 0 + 2})[0]
    )
    assert "does not come after" in broken_bins(arrays | {"time_s": arrays["time_s"][::-1]})[0]
    assert (
        "there is no array counts_1" in broken_bins({k: v for k, v in arrays.items() if k != "counts_1"})[0]
    )
    assert "no arrays of bands" in broken_bins({"time_s": arrays["time_s"], "width_s": arrays["width_s"]})[0]
