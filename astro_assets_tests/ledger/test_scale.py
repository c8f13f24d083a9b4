"""What one changed star costs in a home of many: as much as in a home of few."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets_tests.ledger.scale import built, change_one_star, cold_staleness


@pytest.mark.slow
def test_one_star_among_2000(tmp_path: Path) -> None:
    """The benchmark does the same with 20,000, where 5 MB and 1 s are the limits; both grow in proportion."""
    compute = LocalProcesses(2)
    ledger = built(tmp_path / "home", 2000, compute)
    compute.close()
    cost = change_one_star(ledger)
    assert {name: len(keys) for name, keys in cost.computed.items()} == {
        "curves": 1, "stars": 1, "signals": 1, "views": len(cost.computed["views"]),
    }  # fmt: skip
    assert 1 <= len(cost.computed["views"]) <= 3
    assert cost.grown_bytes < 500_000
    assert stale(ledger).entries.is_empty()
    call, process = cold_staleness(ledger.home.root)
    assert call < 1.0
    assert process < 10.0
