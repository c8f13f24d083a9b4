"""What one changed star costs in a home of 10,000; the benchmark takes 20,000."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets_tests.ledger.scale import built, change_one_star, cold_staleness


@pytest.mark.slow
def test_one_star_among_10000(tmp_path: Path) -> None:
    compute = LocalProcesses(2)
    ledger = built(tmp_path / "home", 10_000, compute)
    compute.close()
    cost = change_one_star(ledger)
    assert {name: len(keys) for name, keys in cost.computed.items()} == {
        "curves": 1, "stars": 1, "signals": 1, "views": len(cost.computed["views"]),
    }  # fmt: skip
    assert 1 <= len(cost.computed["views"]) <= 3
    assert cost.grown_bytes < 5_000_000
    assert stale(ledger).entries.is_empty()
    # What is stale is known without reading any curve: how fast is a benchmark's matter.
    (ledger.home.root / "objects").rename(tmp_path / "away")
    cold_staleness(ledger.home.root)
