"""The pictures of known signals: PNG, small, the same every time, with and without anything to draw."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from astro_assets.transits.recovery_plots import Miss, missed_signals_plot, recovery_plot

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


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("epoch", [1.0, float("nan")])
def test_misses_are_drawn_small_with_gaps_in_their_folds(number: int, epoch: float) -> None:
    rng = np.random.default_rng(2)
    time = np.arange(0, 60, 1 / 48)
    time = time[time % 2.5 < 2]
    cause = "the box at the known epoch is 31 ppm deep, SNR 3.1 with red noise; found instead: 7.25 d"
    miss = Miss("KIC 1 K1.01, 2.5 d", cause, 2.5, epoch, 0.2, time, rng.normal(1, 1e-4, time.size))
    picture = missed_signals_plot([miss] * number)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
    assert picture == missed_signals_plot([miss] * number)
