"""Why this product keeps its own account of what is stale: Dagster's ends at a hundred partitions.

Should this fail after an update of Dagster, the pages that say so are to be corrected.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets_tests.orchestration.partitioned_upstream import dagsters_answers


@pytest.mark.slow
def test_from_a_hundred_upstream_partitions_on_dagster_says_fresh(tmp_path: Path) -> None:
    answers = dagsters_answers(tmp_path / "dagster", [99, 100], changed=0)
    assert answers == {99: ("FRESH", "STALE"), 100: ("FRESH", "FRESH")}
