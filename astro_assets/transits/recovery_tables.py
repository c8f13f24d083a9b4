"""The tables that compare the search with what is known: expected signals, and which were recovered.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.catalogs.tables import KNOWN_SIGNALS
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import SELECTED_FILES, SIMULATED_TRUTH
from astro_assets.transits.expectations import (
    Expectation,
    ExpectationSettings,
    expected,
    listed_signals,
    simulated_signals,
    unique_signals,
)
from astro_assets.transits.recovery import Found, cause_of_miss, recovered
from astro_assets.transits.recovery_schemas import EXPECTED_SIGNAL_SCHEMA, RECOVERED_SIGNAL_SCHEMA
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folded_boxes import measure
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES, TransitCandidatesConfig

__all__ = ["EXPECTED_SIGNALS", "RECOVERED_SIGNALS", "TABLES"]


class ExpectedSignalsConfig(ExpectationSettings, Config):
    """Settings of ``transits/expected_signals``."""


def compute_expected_signals(
    key: str, parents: Parents, config: ExpectedSignalsConfig
) -> list[dict[str, Any]]:
    """Work out what the curve ``key`` should show of the signals known of its star: one row a signal."""
    (row,) = parents["detrended_light_curves"]
    # A name may be that of several simulated stars; the file tells which.
    files = {file["sha256"] for file in parents["selected_files"] if file["search_id"] == key}
    truth = [signal for signal in parents["simulated_truth"] if signal["sha256"] in files]
    known = listed_signals(parents["known_signals"]) + simulated_signals(truth)
    if not known:  # without a look at the curve
        return []
    curve = row["light_curve"]
    time, flux = curve["time"].astype(np.float64), curve["flux"].astype(np.float64)
    return [
        _expected_row(
            key, row, number, expected(signal, time, flux, row["cadence_s"] / 86400, config), config
        )
        for number, signal in enumerate(unique_signals(known), start=1)
    ]


def _expected_row(
    key: str, row: Row, number: int, found: Expectation, config: ExpectedSignalsConfig
) -> dict[str, Any]:
    signal, baseline = found.signal, float(row["baseline_days"])
    shortcoming = found.shortcoming(baseline, config)
    return {
        "signal_id": f"{key}#{number}",
        "search_id": key,
        "target_id": row["target_id"],
        "catalog": signal.source,
        "entry": signal.entry,
        "disposition": signal.disposition,
        "period_days": signal.period,
        "epoch_btjd": signal.epoch,
        "duration_hours": 24 * signal.duration,
        "is_duration_assumed": found.is_duration_assumed,
        "depth_ppm": 1e6 * signal.depth,
        "expected_snr": found.snr,
        "is_detectable": shortcoming is None,
        "n_transits": found.n_transits,
        "noise_ppm": found.cdpp_ppm,
        "baseline_days": baseline,
        "shortcoming": shortcoming,
    }


def compute_recovered_signals(
    key: str, parents: Parents, config: TransitCandidatesConfig
) -> list[dict[str, Any]]:
    """Compare the expected signals of the curve ``key`` with its candidates: one row a signal."""
    signals = parents["expected_signals"]
    (detrended,) = parents["detrended_light_curves"]
    arrays = detrended["light_curve"]
    curve = Curve(
        arrays["time"].astype(np.float64),
        arrays["flux"].astype(np.float64),
        arrays["flux_err"].astype(np.float64),
        float(detrended["cadence_s"]) / 86400,
    )
    candidates = [
        Found(row["candidate_id"], row["rank"], row["period_days"], row["is_detected"])
        for row in parents["transit_candidates"]
    ]
    strongest = max((row["expected_snr"] for row in signals if row["is_detectable"]), default=np.inf)
    return [_recovered_row(row, strongest, curve, candidates, config) for row in signals]


#: What a recovered signal repeats of the expected one.
_REPEATED: Final = tuple(
    name for name in EXPECTED_SIGNAL_SCHEMA.names if name in RECOVERED_SIGNAL_SCHEMA.names
)


def _recovered_row(
    signal: Row, strongest: float, curve: Curve, candidates: list[Found], settings: SearchSettings
) -> dict[str, Any]:
    known = Box(signal["period_days"], signal["epoch_btjd"], signal["duration_hours"] / 24)
    baseline = signal["baseline_days"]
    match = recovered(known.period, known.duration, baseline, candidates)
    statistics = measure(curve, known)
    missed = signal["is_detectable"] and match is None
    return {
        **{name: signal[name] for name in _REPEATED},
        "is_strongest": signal["is_detectable"] and signal["expected_snr"] == strongest,
        "is_found": match is not None,
        "is_first": match is not None and match[0].rank == 1,
        "is_exact": match is not None and match[1] == 1,
        "candidate_id": match[0].candidate_id if match else None,
        "found_period_days": match[0].period if match else float("nan"),
        "period_ratio": str(match[1]) if match else None,
        "snr_at_ephemeris": statistics.snr,
        "cause": cause_of_miss(known, statistics, baseline, candidates, settings) if missed else None,
    }


#: The signals that lists give for each star, with what its data should show of them; blind to the search.
EXPECTED_SIGNALS: Final = Table(
    name="transits/expected_signals",
    schema=EXPECTED_SIGNAL_SCHEMA,
    compute=compute_expected_signals,
    parents=(
        Parent(
            DETRENDED_LIGHT_CURVES,
            columns=("search_id", "target_id", "cadence_s", "baseline_days", "light_curve"),
        ),
        Parent(
            KNOWN_SIGNALS,
            columns=(
                "catalog", "entry", "disposition", "period_days", "epoch_btjd", "duration_hours", "depth_ppm",
            ),
        ),
        Parent(
            SIMULATED_TRUTH,
            columns=(
                "sha256", "target_id", "signal", "kind", "period_days", "epoch_btjd", "duration_hours",
                "depth_ppm",
            ),
        ),
        Parent(SELECTED_FILES, columns=("search_id", "sha256")),
    ),
    config=ExpectedSignalsConfig(),
    key="search_id",
    libraries=("numpy",),
)  # fmt: skip

#: What the search made of the expected signals.
RECOVERED_SIGNALS: Final = Table(
    name="transits/recovered_signals",
    schema=RECOVERED_SIGNAL_SCHEMA,
    compute=compute_recovered_signals,
    parents=(
        Parent(EXPECTED_SIGNALS, columns=("search_id", "baseline_days", *_REPEATED)),
        Parent(
            TRANSIT_CANDIDATES,
            columns=("search_id", "candidate_id", "rank", "period_days", "is_detected"),
            on="search_id",
        ),
        Parent(DETRENDED_LIGHT_CURVES, columns=("search_id", "cadence_s", "light_curve"), on="search_id"),
    ),
    config=TransitCandidatesConfig(),
    settings_of=TRANSIT_CANDIDATES,
    key="search_id",
    libraries=("numpy",),
)

TABLES: Final = (EXPECTED_SIGNALS, RECOVERED_SIGNALS)
