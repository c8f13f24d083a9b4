"""Candidates of known stars get the labels that the real catalogues have for them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from astro_assets.catalogs.reading import read_catalog
from astro_assets.transits.labels import SIGNAL_COLUMNS
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, LABELLED_CANDIDATES, TRANSIT_CANDIDATES
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.conftest import Rows

CATALOGUES = ("koi_cumulative", "toi", "kepler_q1q17_dr24_tce", "kepler_eb_catalog_2016")


@pytest.fixture(scope="module")
def known(shared_data: Path) -> dict[str, list[dict[str, Any]]]:
    """Known signals by target."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in CATALOGUES:
        for row in read_catalog(shared_data / "catalogs" / f"{name}.csv").rows:
            if row["target_id"] is not None:
                signal = {column: row.get(column) for column in SIGNAL_COLUMNS}
                found.setdefault(row["target_id"], []).append(signal)
    return found


@pytest.mark.parametrize(
    ("pattern", "target", "label", "catalog", "period_days"),
    [
        ("kepler_lc/kplr011446443-*_slc.fits", "KIC 11446443", "confirmed_planet", "koi", 2.47061),
        ("tess_lc/exovetter_wasp18b_lc.fits", "TIC 100100827", "confirmed_planet", "toi", 0.94145),
        ("kepler_lc/exohunt_KIC10419211.fits", "KIC 10419211", "eclipsing_binary", "kepler_eb", 11.52143),
    ],
    ids=["TrES-2", "WASP-18", "KIC 10419211"],
)
def test_the_strongest_candidate_is_the_known_signal(
    real_light_curves: Callable[[str], Rows],
    known: dict[str, list[dict[str, Any]]],
    pattern: str,
    target: str,
    label: str,
    catalog: str,
    period_days: float,
) -> None:
    rows = real_light_curves(pattern)
    assert rows[0]["target_id"] == target
    curve = compute(DETRENDED_LIGHT_CURVES, target, {"selected_files": rows})
    first, *_ = compute(TRANSIT_CANDIDATES, target, {"detrended_light_curves": curve})
    signals = known[target]

    (row,) = _labelled(first | {"baseline_days": curve[0]["baseline_days"]}, signals)

    assert row["label"] == label
    assert row["signal_catalog"] == catalog
    assert first["period_days"] / Fraction(row["period_ratio"]) == pytest.approx(period_days, rel=1e-3)
    assert row["is_epoch_decisive"]
    assert abs(row["epoch_offset_days"]) < row["epoch_tolerance_days"]
    assert row["n_known_signals"] == len(signals)
    # Half a period away it would be none of them.
    shifted = first | {"epoch_btjd": first["epoch_btjd"] + 0.3 * first["period_days"]}
    (moved,) = _labelled(shifted | {"baseline_days": curve[0]["baseline_days"]}, signals)
    assert moved["label"] is None


def _labelled(candidate: dict[str, Any], signals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parents = {"transit_candidates": [candidate], "known_signals": signals}
    return compute(LABELLED_CANDIDATES, candidate["candidate_id"], parents)
