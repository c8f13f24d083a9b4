"""Turning a table and its rules into the blocking checks of its Dagster asset.

One op a table, beside the asset's own, so that checks can also be run alone. How units are judged is in
`checking`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.orchestration.checking import Finding, Passed, open_judge
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.rules import Rule, standard_rules
from astro_assets.orchestration.table_assets import asset_key

#: Violations that are shown with a check.
SHOWN = 20
#: Of these as many are told in a sentence.
_TOLD = 3
#: The UI reads descriptions as Markdown: names of files must draw no picture from elsewhere, nor lead there.
_NO_MARKUP = str.maketrans("[]<>`", "?????")
#: Evaluations that are looked through for the last one that passed.
_HISTORY = 50
#: Beginning of a key by which a file can be found, beside its name.
_DIGITS = 8
_HELP = "docs/checks.md"


def table_checks(
    table: Table,
    *rules: Rule,
    identity: tuple[str, ...] = (),
    names: Callable[[Ledger], pl.LazyFrame] | None = None,
) -> dg.AssetChecksDefinition:
    """Return the checks of a table: those of every table, and its own.

    Parameters
    ----------
    rules
        The table's own.
    identity
        Columns whose values no two rows of the table share.
    names
        What units are called by people, as ``key`` and ``name``, where their keys are hashes.
    """
    by_name: dict[str, Rule] = {rule.name: rule for rule in (*standard_rules(identity), *rules)}
    key = asset_key(table)

    @dg.multi_asset_check(
        name=f"{key.to_python_identifier()}__checks",
        specs=[
            dg.AssetCheckSpec(name, asset=key, description=rule.description, blocking=True)
            for name, rule in by_name.items()
        ],
        can_subset=True,
    )
    def judge_table(
        context: dg.AssetCheckExecutionContext, engine: dg.ResourceParam[Engine]
    ) -> Iterator[dg.AssetCheckResult]:
        selected = {check.name: by_name[check.name] for check in context.selected_asset_check_keys}
        # Run alone, by a person who wants to know, a check reads everything again.
        is_after_update = any(report.table == table.name for report in engine.reports)
        passed = {name: _last_passed(context.instance, dg.AssetCheckKey(key, name)) for name in selected}
        ledger = engine.ledger()
        judge = open_judge(ledger, ledger.table(table.name), engine.compute)
        known = {name: last for name, last in passed.items() if last is not None and is_after_update}
        for name, finding in judge.findings(selected, known):
            shown = finding.broken.head(SHOWN)
            told = _named(shown, names(ledger)) if names and shown.height else shown.rows()
            yield _result(key, name, finding, told)

    return judge_table


def _named(broken: pl.DataFrame, names: pl.LazyFrame) -> list[tuple[str, str]]:
    """Return violations with the names of units before the beginnings of their keys."""
    keys = broken["key"].unique().to_list()
    known = dict(names.filter(pl.col("key").is_in(keys)).select("key", "name").collect().iter_rows())
    return [
        (f"{known[key]} ({key[:_DIGITS]})" if key in known else key, what) for key, what in broken.iter_rows()
    ]


def _result(
    key: dg.AssetKey, name: str, finding: Finding, shown: list[tuple[str, str]]
) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {
        "units_looked_at": finding.n_units,
        "units_violating": finding.n_violating,
        "table_version": finding.judged.version,
        "judged_by": finding.judged.judged_by,
        "what_to_do": f"{_HELP}#{name}",
    }
    if shown:
        # Not Markdown: files may be called as what draws pictures from elsewhere.
        records = [dg.TableRecord({"unit": unit, "what": what}) for unit, what in shown]
        metadata["first_violations"] = dg.MetadataValue.table(records)
    told = "; ".join(f"{unit}: {what}" for unit, what in shown[:_TOLD]).translate(_NO_MARKUP)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not shown,
        description=f"{finding.n_violating} of {finding.n_units} units. {told}" if shown else None,
        metadata=metadata,
    )


def _last_passed(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> Passed | None:
    """Return what a check's last evaluation that passed was about; None if that is not known any more."""
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=_HISTORY):
        if record.status.value == "SUCCEEDED" and record.evaluation is not None:
            metadata: Mapping[str, Any] = record.evaluation.metadata
            return Passed(metadata["table_version"].value, metadata["judged_by"].value)
    return None
