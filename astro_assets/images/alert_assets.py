"""The assets of alerts: packets, filters and their decisions, the real/bogus classifier and its scores."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from astro_assets.images import alert_pictures
from astro_assets.images.alert_filters import put_in
from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERT_FILTERS, ALERTS
from astro_assets.images.alert_tree_models import TREES
from astro_assets.images.alert_tree_tables import ALERT_LABELS, LABELLED_ALERTS
from astro_assets.images.alerts.filter_files import filter_file_of
from astro_assets.images.real_bogus_models import REAL_BOGUS
from astro_assets.images.real_bogus_tables import REAL_BOGUS_EXAMPLES, REAL_BOGUS_SCORES
from astro_assets.ledger.home import Home
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key, materialized, table_asset
from astro_assets.orchestration.trained_assets import trained_asset
from astro_assets.orchestration.ui import definition_metadata


class FiltersConfig(dg.Config):
    """Which filters are put in."""

    filters: list[str] = Field(
        default=[], description="Filters in TOML, applied from now on in place of those of the same name."
    )
    remove: list[str] = Field(default=[], description="Names of filters that are applied no more.")


class LabelConfig(dg.Config):
    """What somebody thinks of an object."""

    object_id: str = Field(min_length=1, max_length=200, description="The survey's identifier.")
    is_wanted: bool = Field(description="Whether somebody wants to follow it up.")
    labelled_by: str = Field(default="", max_length=200, description="Who says so.")


class LabelsConfig(dg.Config):
    """Which labels are put in."""

    labels: list[LabelConfig] = Field(default=[], description="Labels, in place of those of the same object.")
    remove: list[str] = Field(default=[], description="Objects whose label is taken back.")


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the assets of alerts for a home."""
    return [
        table_asset(
            home,
            ALERTS,
            description="Every packet of every file of alerts (Avro of ZTF, PGIR, DECam; Parquet of Fink): "
            "identifiers, schema, time, place, magnitude, scores of its own, all that filters may ask, "
            "and whether its stamps are whole. What cannot be read is a row with the reason.",
            pictures={"packets": alert_pictures.packets, "refused": alert_pictures.refused_packets},
        ),
        alert_filters,
        table_asset(
            home,
            ALERT_DECISIONS,
            description="What each filter says of each packet, by which condition, with the versions of the "
            "filter and of the models that it asks.",
            pictures={"filters": alert_pictures.filters},
        ),
        alert_labels,
        table_asset(
            home,
            LABELLED_ALERTS,
            description="The packets of the objects that somebody has labelled, with all their features.",
        ),
        trained_asset(
            home,
            TREES,
            description="Trees on the features of packets that have learnt which objects somebody wants, by "
            "the labels of this home; filters may ask them. Trained on purpose: "
            "`astro-assets train alert_trees`.",
            pictures=lambda _: {},
            kinds=frozenset({"python", "scikitlearn"}),
        ),
        table_asset(
            home,
            REAL_BOGUS_EXAMPLES,
            description="What the real/bogus classifier is trained on: sources and artefacts put into real "
            "triplets whose own source is taken out, a row an example. No person has labelled packets: "
            "these labels are what was put in.",
        ),
        trained_asset(
            home,
            REAL_BOGUS,
            description="Tells real from bogus by the three stamps of a packet: a convolutional network, "
            "trained on what is put into real triplets, split by object, calibrated, exported as ONNX. "
            "Trained on purpose: `astro-assets train real_bogus_classifier`.",
            pictures=alert_pictures.of_version,
        ),
        table_asset(
            home,
            REAL_BOGUS_SCORES,
            description="What the promoted classifier says of each packet with stamps, beside the scores "
            "that the packet brings along, which are no labels.",
            pictures={
                "against the packets' own": alert_pictures.scores,
                "agreement": alert_pictures.agreement_told,
                "best": alert_pictures.best_scored,
                "disagreements": alert_pictures.disagreeing,
            },
        ),
    ]


@dg.asset(
    key=asset_key(ALERT_FILTERS),
    description="The filters that packets are judged by, with every version that there was: "
    "`astro-assets alerts filter FILE`.",
    group_name="images",
    kinds={"python", "polars", "deltalake"},
    owners=["team:images"],
    metadata=definition_metadata(ALERT_FILTERS),
)
def alert_filters(
    context: dg.AssetExecutionContext, config: FiltersConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Apply filters, or apply them no more; their versions are kept."""
    ledger = engine.ledger()
    files = [filter_file_of(text.encode(), f"filter {n}") for n, text in enumerate(config.filters, start=1)]
    report = put_units(ledger, ALERT_FILTERS, put_in(ledger, files, config.remove), run_id=context.run.run_id)
    yield from materialized(context, engine, ALERT_FILTERS, report)


@dg.asset(
    key=asset_key(ALERT_LABELS),
    description="Which objects somebody wants to follow up, and which they do not: "
    "`astro-assets alerts label FILE`.",
    group_name="images",
    kinds={"python", "polars", "deltalake"},
    owners=["team:images"],
    metadata=definition_metadata(ALERT_LABELS),
)
def alert_labels(
    context: dg.AssetExecutionContext, config: LabelsConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Put labels in, or take them back."""
    rows = {one.object_id: [one.model_dump()] for one in config.labels}
    report = put_units(
        engine.ledger(), ALERT_LABELS, rows, remove=[*config.remove, *rows], run_id=context.run.run_id
    )
    yield from materialized(context, engine, ALERT_LABELS, report)
