"""The checks of the catalogue wing: every table has them, and what catalogues list passes or is named."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from astro_assets.catalogs.checks import checks
from astro_assets.catalogs.invariants import broken_ephemerides
from astro_assets.catalogs.tables import CATALOG_ENTRIES, KNOWN_SIGNALS, TABLES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.orchestration.checking import open_judge
from astro_assets.orchestration.rules import RowRule, standard_rules
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, TOI_ROW, ledger_at, put, write

EPHEMERIDES = RowRule(
    "ephemerides_possible",
    "Periods and durations are positive and epochs finite, or unknown.",
    ("catalog", "entry", "period_days", "epoch_btjd", "duration_hours"),
    broken_ephemerides,
)


def names_of(table: str) -> set[str]:
    key = dg.AssetKey(table.split("/"))
    return {check.name for each in checks() for check in each.check_keys if check.asset_key == key}


def violations(ledger: Ledger, table: Table) -> dict[str, list[tuple[str, str]]]:
    rules = {rule.name: rule for rule in (*standard_rules(("catalog", "entry")), EPHEMERIDES)}
    return {name: found.broken.rows() for name, found in open_judge(ledger, table, {}).findings(rules, {})}


def test_every_table_is_checked_and_ephemerides_where_they_come_in_and_go_out() -> None:
    for table in TABLES:
        assert {"schema", "no_duplicate_keys"} <= names_of(table.name)
    for table in (CATALOG_ENTRIES, KNOWN_SIGNALS):
        assert EPHEMERIDES.name in names_of(table.name)


def test_catalogues_with_and_without_values_pass(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "home")
    bare = {**KOI_ROW, "kepoi_name": "K00072.02", "koi_duration": "", "koi_depth": ""}
    put(
        ledger,
        write(tmp_path / "koi.csv", KOI_ROW, bare),
        write(tmp_path / "toi.csv", {**TOI_ROW, "pl_orbper": ""}),
    )
    for table in (CATALOG_ENTRIES, KNOWN_SIGNALS):
        assert violations(ledger, table) == {"schema": [], "no_duplicate_keys": [], EPHEMERIDES.name: []}
