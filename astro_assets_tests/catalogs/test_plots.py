"""The picture is a small PNG that shows what it is given."""

from __future__ import annotations

import struct

import numpy as np

from astro_assets.catalogs.plots import period_histogram


def test_period_histogram() -> None:
    periods = np.random.default_rng(0).lognormal(2, 1, 5000)
    png = period_histogram({"candidate": periods, "eclipsing_binary": periods[:100]})
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (480, 240)
    assert len(png) <= 50_000
    assert png == period_histogram({"candidate": periods, "eclipsing_binary": periods[:100]})
    assert png != period_histogram({"candidate": periods})
