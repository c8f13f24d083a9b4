"""What the checks of assets came to last, as Dagster remembers it."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.orchestration.instance import open_instance


def latest_checks(home: Home, definitions: dg.Definitions, tables: Collection[str]) -> list[dict[str, Any]]:
    """Tell of the checks of some tables and models what they came to last; those that never ran are left out.

    Returns
    -------
    list of dict
        ``name`` (table and check), ``passed``, ``said``, ``severity``, ``at`` and ``run``.
    """
    keys = sorted(definitions.resolve_asset_graph().asset_check_keys, key=str)
    wanted = [key for key in keys if key.asset_key.to_user_string() in tables]
    with open_instance(home) as instance:
        return list(_told(instance, wanted))


def _told(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey]) -> Iterable[dict[str, Any]]:
    for key in keys:
        record = instance.get_latest_asset_check_evaluation_record(key)
        event = None if record is None else record.event
        if record is None or event is None or event.dagster_event is None:
            continue
        found = event.dagster_event.asset_check_evaluation_data
        yield {
            "name": f"{key.asset_key.to_user_string()}: {key.name}",
            "passed": found.passed,
            "said": found.description or "",
            "severity": found.severity.value.lower(),
            "at": datetime.fromtimestamp(event.timestamp, UTC).isoformat(timespec="seconds"),
            "run": record.run_id,
        }
