"""What the checks of assets came to last, as Dagster remembers it."""

from collections.abc import Collection, Iterable
from typing import Any

import dagster as dg


def latest_checks(
    instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], tables: Collection[str]
) -> list[dict[str, Any]]:
    """Tell of the checks of some tables what they came to last; those that never ran are left out.

    Returns
    -------
    list of dict
        ``name`` (table and check), ``passed``, ``said`` and ``severity``: neither when nor by which run, so
        that what came out the same is the same.
    """
    wanted = [key for key in sorted(keys, key=str) if key.asset_key.to_user_string() in tables]
    return list(_told(instance, wanted))


def _told(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey]) -> Iterable[dict[str, Any]]:
    for key in keys:
        record = instance.get_latest_asset_check_evaluation_record(key)
        event = None if record is None else record.event
        if record is None or event is None or event.dagster_event is None:
            continue
        if event.dagster_event.event_type is not dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue  # it was planned by a run that ended before
        found = event.dagster_event.asset_check_evaluation_data
        yield {
            "name": f"{key.asset_key.to_user_string()}: {key.name}",
            "passed": found.passed,
            "said": found.description or "",
            "severity": found.severity.value.lower(),
        }
