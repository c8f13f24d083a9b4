"""The tables of alerts: packets, the filters that people put in, and what these decide.

Only declarations and the translation between rows and pure functions live here; what the classifier is
trained on and says is in `real_bogus_tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from astro_assets.images.alert_schemas import (
    ALERT_DECISIONS_SCHEMA,
    ALERT_FILTERS_SCHEMA,
    ALERTS_SCHEMA,
    AlertsConfig,
)
from astro_assets.images.alerts.deciding import PacketScore
from astro_assets.images.alerts.features import FEATURE_NAMES
from astro_assets.images.alerts.filters import AlertFilter, hash_of
from astro_assets.images.alerts.row_decisions import decisions_on
from astro_assets.images.alerts.rows import alert_rows
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import OBSERVATION_FILES

__all__ = ["ALERTS", "ALERT_DECISIONS", "ALERT_FILTERS", "APPLIED", "TABLES"]

#: Of a version of a filter: whether packets are judged by it.
APPLIED: Final = "applied"
REPLACED: Final = "replaced"


def alert_files(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``observation_files`` that are files of alerts."""
    return files.filter((pl.col("status") == "passed_on") & (pl.col("product") == "alerts"))


def compute_alerts(key: str, parents: Parents, config: AlertsConfig) -> list[dict[str, Any]]:
    """Read the packets of the file ``key``: a row each."""
    (file,) = parents["observation_files"]
    blank = dict.fromkeys(ALERTS_SCHEMA.names) | {"sha256": key, "file_sha256": key}
    return [blank | row for row in alert_rows(file["sha256"], config.most_packets)]


def compute_alert_decisions(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Judge the packets of the file ``key`` by every filter that is applied; none without filters."""
    told = by_version(parents["alert_filters"])
    if not told:
        return []
    rows = sorted(parents["alerts"], key=lambda row: int(row["position"]))
    filters = [AlertFilter.model_validate_json(of_version[0]["filter"]) for of_version in told]
    asked = {
        wanted.version: sorted(f"{row['model']}@{row['model_version']}" for row in of_version if row["model"])
        for wanted, of_version in zip(filters, told, strict=True)
    }
    models = models_of([row for of_version in told for row in of_version])
    return [
        {
            "sha256": key,
            "position": row["position"],
            "alert_id": row["alert_id"],
            "object_id": row["object_id"],
            "alert_filter": wanted.name,
            "filter_version": decided.filter_version,
            "model_versions": asked[decided.filter_version],
            "verdict": decided.verdict,
            "rejected_by": decided.rejected_by,
            "value": decided.value,
        }
        for row, wanted, decided in decisions_on(rows, rows[0]["sha256"], filters, models)
    ]


def by_version(rows: Sequence[Row]) -> list[list[Row]]:
    """Gather rows of ``alert_filters`` by the filter's version, in the order of names."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["alert_filter"], row["number"], row["score_name"] or "")):
        found.setdefault(row["filter_version"], []).append(row)
    return list(found.values())


def models_of(rows: Sequence[Row]) -> dict[str, PacketScore]:
    """Open the models that rows of ``alert_filters`` name, by the hashes of their files."""
    return dict(_opened(row["artefact"]) for row in rows if row["artefact"] is not None)


@lru_cache(maxsize=8)
def _opened(path: Path) -> tuple[str, PacketScore]:
    from astro_assets.images.alerts.score_models import packet_score

    data = Path(path).read_bytes()
    return hash_of(data), packet_score(data)


#: Every packet of every file of alerts.
ALERTS: Final = Table(
    name="images/alerts",
    schema=ALERTS_SCHEMA,
    compute=compute_alerts,
    parents=(Parent(OBSERVATION_FILES, columns=("sha256", "status", "product")),),
    config=AlertsConfig(),
    key="sha256",
    target=None,
    choose=alert_files,
    libraries=("fastavro", "numba", "numpy", "pyarrow"),
)

#: The filters that people put in, a unit each, with all versions of it that there were.
ALERT_FILTERS: Final = Table(name="images/alert_filters", schema=ALERT_FILTERS_SCHEMA)

#: What each filter that is applied says of each packet.
ALERT_DECISIONS: Final = Table(
    name="images/alert_decisions",
    schema=ALERT_DECISIONS_SCHEMA,
    compute=compute_alert_decisions,
    parents=(
        Parent(
            ALERTS,
            columns=(
                "sha256", "position", "record", "status", "refusal_reason", "survey", "alert_id", "object_id",
                "filter_name", *FEATURE_NAMES,
            ),
        ),
        Parent(
            ALERT_FILTERS,
            columns=ALERT_FILTERS_SCHEMA.names,
            on="status",
            equals=APPLIED,
        ),
    ),
    key="sha256",
    target=None,
    libraries=("fastavro", "numpy", "onnxruntime", "pyarrow", "safetensors"),
)  # fmt: skip

TABLES: Final = (ALERTS, ALERT_FILTERS, ALERT_DECISIONS)
