"""A light curve holds what was counted, bins that saw nothing included, and refuses what cannot be one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from astro_assets.xray.light_curve import LightCurve, LightCurveFormError

BANDS = ((0.2, 0.6), (0.6, 2.3), (2.3, 5.0))


def curve(**changes: Any) -> LightCurve:
    """Four bins in three bands, with `changes`."""
    of_bands = np.ones((4, 3))
    parts: dict[str, Any] = {
        "bands_kev": BANDS,
        "time_s": np.array([10.0, 20.0, 14_420.0, 14_430.0]),
        "width_s": np.full(4, 10.0),
        "counts": of_bands * 3,
        "background_counts": of_bands * 8,
        "background_ratio": of_bands * 0.125,
        "fractional_exposure": of_bands * 0.5,
        "rate": of_bands * 0.4,
        "rate_error_minus": of_bands * 0.3,
        "rate_error_plus": of_bands * 0.4,
    }
    return LightCurve(**(parts | changes))


def at(value: float, row: int = 2, band: int = 1, fill: float = 1.0) -> Any:
    """Return an array of `fill` with one other value."""
    values = np.full((4, 3), fill)
    values[row, band] = value
    return values


def test_exposure_is_the_effective_part_of_the_bin() -> None:
    light_curve = curve(fractional_exposure=at(0.25, fill=0.5))

    assert (light_curve.n_bins, light_curve.n_bands) == (4, 3)
    assert light_curve.exposure_s[2].tolist() == [5.0, 2.5, 5.0]


def test_bins_without_exposure_counts_and_rates_are_kept() -> None:
    unknown = at(np.nan)
    light_curve = curve(
        counts=unknown,
        fractional_exposure=at(0.0),
        rate=unknown,
        rate_error_minus=unknown,
        rate_error_plus=unknown,
    )

    assert light_curve.n_bins == 4
    assert light_curve.exposure_s[2, 1] == 0


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"bands_kev": ()}, "no energy band"),
        ({"bands_kev": ((0.6, 2.3), (0.2, 0.6), (2.3, 5.0))}, "not from soft to hard"),
        ({"bands_kev": ((0.2, 0.2), (0.6, 2.3), (2.3, 5.0))}, "band 0 is 0.2 to 0.2 keV"),
        ({"bands_kev": ((0.2, 0.6), (0.6, 2.3), (2.3, np.inf))}, "band 2 is 2.3 to inf keV"),
        ({"bands_kev": ((0.2, 5.0),)}, "counts: shape (4, 3), not (4, 1)"),
        ({"time_s": np.zeros((4, 1))}, "time_s: shape (4, 1)"),
        ({"time_s": np.zeros(0)}, "at least one bin"),
        ({"time_s": np.array([10.0, 20.0, 20.0, 30.0])}, "time_s: bin 2: 20.0 does not come after"),
        ({"time_s": np.array([10.0, np.nan, 20.0, 30.0])}, "time_s: bin 1: nan is no time"),
        ({"width_s": np.array([10.0, 10.0, 10.0, 0.0])}, "width_s: bin 3: 0.0 is no length"),
        ({"width_s": np.full(4, 10, dtype=np.float32)}, "width_s: float32, not float64"),
        ({"counts": np.ones((4, 3), dtype=np.int64)}, "counts: int64, not float64"),
        ({"counts": at(-1.0)}, "counts: bin 2, band 1: -1.0 is negative"),
        ({"background_counts": at(np.nan)}, "background_counts: bin 2, band 1: nan is not finite"),
        ({"background_counts": at(-2.0)}, "background_counts: bin 2, band 1: -2.0 is negative"),
        ({"background_ratio": at(-2.0)}, "background_ratio: bin 2, band 1: -2.0 is negative"),
        ({"fractional_exposure": at(1.5)}, "fractional_exposure: bin 2, band 1: 1.5 is above 1"),
        ({"fractional_exposure": at(np.nan)}, "fractional_exposure: bin 2, band 1: nan is not finite"),
        ({"rate": at(np.inf)}, "rate: bin 2, band 1: inf is not finite"),
        ({"rate_error_minus": at(0.0)}, "rate_error_minus: bin 2, band 1: 0.0 is not positive"),
        ({"rate_error_plus": at(-0.1)}, "rate_error_plus: bin 2, band 1: -0.1 is not positive"),
    ],
)
def test_what_cannot_be_one_is_refused_by_name(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(LightCurveFormError, match=re.escape(text)):
        curve(**changes)
