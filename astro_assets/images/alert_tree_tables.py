"""Labels that people give to objects of alerts, and the trees that learn from them, declared for the ledger.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from astro_assets.images.alert_schemas import ALERTS_SCHEMA
from astro_assets.images.alert_tables import ALERTS
from astro_assets.images.alerts.features import FEATURE_NAMES
from astro_assets.images.alerts.rows import features_in
from astro_assets.images.alerts.tree_training import FilterTreeSettings, TooFewLabelsError, trained
from astro_assets.ledger.models import ModelSpec, TooFewRowsError, Training
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table

__all__ = ["ALERT_LABELS", "ALERT_TREES", "LABELLED_ALERTS", "NAME", "TABLES"]

NAME: Final = "images/alert_trees"
_LABEL: Final = (
    Column("object_id", "string", "The survey's identifier of the object."),
    Column("is_wanted", "bool", "Whether somebody wants to follow it up."),
)
ALERT_LABELS_SCHEMA: Final = Schema(
    (*_LABEL, Column("labelled_by", "string", "Who says so; empty if nobody is named."))
)
LABELLED_ALERTS_SCHEMA: Final = Schema(
    (
        *_LABEL,
        Column("sha256", "string", "SHA-256 of the packet's file."),
        Column("position", "int32", "Of the packet in its file."),
        *(column for column in ALERTS_SCHEMA if column.name in FEATURE_NAMES),
    )
)


class AlertTreesConfig(FilterTreeSettings, Config):
    """Settings of ``images/alert_trees``."""


def compute_labelled_alerts(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Gather the packets of the labelled object ``key``: a row each; one that came twice counts once."""
    (label,) = parents["alert_labels"]
    # Of a packet that came in several files the first by hash stays.
    ordered = sorted(parents["alerts"], key=lambda row: (row["file_sha256"], row["position"]), reverse=True)
    packets = {str(row["alert_id"]): row for row in ordered if row["status"] == "accepted"}
    return [
        {
            "object_id": key,
            "is_wanted": label["is_wanted"],
            "sha256": packet["file_sha256"],
            "position": packet["position"],
            **{name: packet[name] for name in FEATURE_NAMES},
        }
        for _, packet in sorted(packets.items())
    ]


def fit_alert_trees(rows: Parents, config: AlertTreesConfig) -> tuple[bytes, Mapping[str, Any]]:
    """Grow trees on labelled packets: the bytes of their file, and their figures."""
    from astro_assets.learning.energy import measured_energy
    from astro_assets.learning.figures import storable

    labelled = sorted(rows["examples"], key=lambda row: (row["object_id"], row["sha256"], row["position"]))
    try:
        with measured_energy() as energy:
            artefact, figures = trained(
                [features_in(row) for row in labelled],
                [row["is_wanted"] for row in labelled],
                [row["object_id"] for row in labelled],
                config,
            )
    except TooFewLabelsError as error:
        raise TooFewRowsError(str(error)) from error
    return artefact, {**figures, "energy": storable(asdict(energy))}


#: What people think of objects.
ALERT_LABELS: Final = Table(name="images/alert_labels", schema=ALERT_LABELS_SCHEMA, key="object_id")

#: The packets of objects that somebody has labelled.
LABELLED_ALERTS: Final = Table(
    name="images/labelled_alerts",
    schema=LABELLED_ALERTS_SCHEMA,
    compute=compute_labelled_alerts,
    parents=(
        Parent(ALERT_LABELS, columns=("object_id", "is_wanted")),
        Parent(
            ALERTS,
            columns=("object_id", "file_sha256", "position", "alert_id", "status", *FEATURE_NAMES),
            on="object_id",
        ),
    ),
    key="object_id",
    target=None,
    is_on_demand=True,
    described_by={"star": "object_id", "class": "is_wanted"},
)

#: Trees that have learnt what somebody wants.
ALERT_TREES: Final = ModelSpec(
    name=NAME,
    fit=fit_alert_trees,
    training=(Training(LABELLED_ALERTS, LABELLED_ALERTS_SCHEMA.names),),
    config=AlertTreesConfig(),
)

TABLES: Final = (ALERT_LABELS, LABELLED_ALERTS)
