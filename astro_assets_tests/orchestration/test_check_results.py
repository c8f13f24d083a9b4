"""What checks came to last is told, also when a run was ended before it came to them."""

from __future__ import annotations

import dagster as dg

from astro_assets.orchestration.check_results import latest_checks


@dg.asset
def flux() -> None:
    """Stand for a table."""


@dg.asset_check(asset=flux)
def positive() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, description="all are")


KEY = dg.AssetCheckKey(dg.AssetKey("flux"), "positive")


def test_a_check_is_told_with_what_it_came_to() -> None:
    with dg.instance_for_test() as instance:
        assert latest_checks(instance, [KEY], ["flux"]) == [], "it never ran"
        assert dg.materialize([flux, positive], instance=instance).success
        assert latest_checks(instance, [KEY], ["flux"]) == [
            {"name": "flux: positive", "passed": True, "said": "all are", "severity": "error"}
        ]
        assert latest_checks(instance, [KEY], ["another"]) == []


def test_a_check_that_was_only_planned_is_left_out() -> None:
    """As by a run that was killed before: it says nothing, and stops nobody who asks."""
    with dg.instance_for_test() as instance:
        definitions = dg.Definitions([flux], asset_checks=[positive])
        job = definitions.resolve_implicit_global_asset_job_def()
        instance.create_run_for_job(job, asset_selection=frozenset({dg.AssetKey("flux")}))
        assert latest_checks(instance, [KEY], ["flux"]) == []
