"""Turning a table's declaration into a Dagster asset that brings it up to date.

One factory for computed tables, partitioned by shard; how a table is computed is in the ledger.
"""

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import table_code_version
from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.table import Parent, Table
from astro_assets.ledger.update import Report
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.shards import shard_partitions, shards_of
from astro_assets.orchestration.ui import (
    DRAWN_FROM,
    Picture,
    counts_metadata,
    definition_metadata,
    draw,
    report_metadata,
)

#: Tag of runs that record materializations of just the partitions in which something has changed. Dagster
#: records none by itself then: the tag is its own, for assets that are managed elsewhere, and not documented.
RECORDS_CHANGES: Final = "dagster/defer_asset_events"


def asset_key(table: Table) -> dg.AssetKey:
    """Return the asset key of a table: wing and name."""
    return dg.AssetKey(table.name.split("/"))


def parent_key(parent: Parent) -> dg.AssetKey:
    """Return the asset key of what is read: of a promoted model its own, which is the asset that fits it."""
    if parent.table is PROMOTED_MODELS and parent.equals is not None:
        return dg.AssetKey(parent.equals.partition(":")[0].split("/"))
    return asset_key(parent.table)


def table_asset(
    home: Home, table: Table, *, description: str, pictures: Mapping[str, Picture] = MappingProxyType({})
) -> dg.AssetsDefinition:
    """Return the asset of a computed table.

    Parameters
    ----------
    home
        Decides the partitions; tables without a target are not partitioned.
    description
        For people, in Markdown.
    pictures
        Drawn with each materialization, by name.
    """
    wing = table.name.partition("/")[0]
    with warnings.catch_warnings():
        # One run for all shards, not one a shard: Dagster calls that policy beta, and its version is pinned.
        warnings.simplefilter("ignore", dg.BetaWarning)
        asset = dg.asset(
            key=asset_key(table),
            description=description,
            deps=[parent_key(parent) for parent in table.parents],
            group_name=wing,
            kinds={"python", "polars", "deltalake"},
            owners=[f"team:{wing}"],
            metadata=definition_metadata(table),
            code_version=table_code_version(table)[:16],
            partitions_def=shard_partitions(home) if table.is_by_target else None,
            backfill_policy=dg.BackfillPolicy.single_run() if table.is_by_target else None,
        )

    @asset
    def update_table(
        context: dg.AssetExecutionContext, engine: dg.ResourceParam[Engine]
    ) -> Iterator[dg.MaterializeResult[None]]:
        shards = shards_of(context.partition_keys) if table.is_by_target else None
        report = engine.update(table, shards, run_id=context.run.run_id)
        yield from materialized(context, engine, table, report, pictures)

    return update_table


def materialized(
    context: dg.AssetExecutionContext,
    engine: Engine,
    table: Table,
    report: Report,
    pictures: Mapping[str, Picture] = MappingProxyType({}),
    besides: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[dg.MaterializeResult[None]]:
    """Yield the events of an update: counts for each partition, then totals and pictures once for all.

    Dagster records one materialization a partition, in any order, and shows the last on the asset's page: so
    one of no partition follows, about the whole table.

    Parameters
    ----------
    besides
        Metadata of the whole table beyond its numbers.
    """
    engine.updated(report)
    shown = draw(pictures, engine.ledger(), context.log.warning, _last_metadata(context) if pictures else {})
    numbers = report_metadata(report, table_uri(engine.home, table))
    context.log.info("%s: %s", table.name, numbers)
    drawn_from = {DRAWN_FROM: shown.pop(DRAWN_FROM)} if DRAWN_FROM in shown else {}
    metadata = {**shown, **besides, **numbers, **drawn_from}
    if not table.is_by_target:
        yield recorded(context, metadata)
        return
    records_changes = context.run.tags.get(RECORDS_CHANGES) == "true"
    for key, shard in zip(context.partition_keys, shards_of(context.partition_keys), strict=True):
        counts = report.outcomes.get(shard, Counter())
        if not records_changes:
            context.add_asset_metadata(counts_metadata(counts), partition_key=key)
        elif counts.total() > counts["reused"]:
            context.log_event(_changed(context, key, report, counts_metadata(counts)))
    yield dg.MaterializeResult()
    context.log_event(dg.AssetMaterialization(asset_key(table), metadata=metadata))


def _last_metadata(context: dg.AssetExecutionContext) -> Mapping[str, Any]:
    """Return what the asset's last materialization told of it."""
    event = context.instance.get_latest_materialization_event(context.asset_key)
    materialization = None if event is None else event.asset_materialization
    return {} if materialization is None else materialization.metadata


def table_uri(home: Home, table: Table) -> str:
    """Return the address of a table, for those who read it with other programs."""
    place = home.storage.place(home.table_key(table.name))
    return place if home.store is not None else Path(place).as_uri()


def recorded(context: dg.AssetExecutionContext, metadata: Mapping[str, Any]) -> dg.MaterializeResult[None]:
    """Return the result of an asset that is not partitioned, recorded whichever run it is in."""
    if context.run.tags.get(RECORDS_CHANGES) == "true":
        context.log_event(dg.AssetMaterialization(context.asset_key, metadata=dict(metadata)))
    return dg.MaterializeResult(metadata=metadata)


def _changed(
    context: dg.AssetExecutionContext, partition: str, report: Report, counts: Mapping[str, int]
) -> dg.AssetMaterialization:
    """Return the event of a partition, with what tells Dagster that it differs from the one before."""
    tags = {"dagster/data_version": str(report.version)}
    if code_version := context.assets_def.code_versions_by_key.get(context.asset_key):
        tags["dagster/code_version"] = code_version
    return dg.AssetMaterialization(context.asset_key, partition=partition, metadata=dict(counts), tags=tags)
