"""The pictures of known signals: PNG, small, the same every time, with and without anything to draw."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from astro_assets.transits.recovery_plots import missed_signal_plot, recovery_plot

SIGNALS = pl.DataFrame(
    {
        "period_days": [0.5, 2.0, 9.0, 30.0],
        "expected_snr": [400.0, 20.0, 9.0, float("nan")],
        "is_detectable": [True, True, True, False],
        "is_found": [True, True, False, False],
        "is_exact": [False, True, False, False],
    }
)


@pytest.mark.parametrize("signals", [SIGNALS, SIGNALS.head(1), SIGNALS.tail(1)])
def test_known_signals_are_drawn(signals: pl.DataFrame) -> None:
    picture = recovery_plot(signals)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
    assert picture == recovery_plot(signals)


def test_a_miss_is_drawn_with_gaps_in_its_fold() -> None:
    phase = np.linspace(-0.5, 0.2, 5000)
    picture = missed_signal_plot("KIC 1, 2.5 d: too faint", phase, 1 + 0 * phase, 0.05)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
