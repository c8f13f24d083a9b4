"""The model of candidates' clusters and the table that applies it: what they read, how rows are made.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION, PREVIOUS, ModelSpec, TooFewRowsError, Training
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.transits.cluster_schemas import CLUSTER_LABEL_SCHEMA
from astro_assets.transits.clusters.fit import ClusterSettings, fit_clusters
from astro_assets.transits.clusters.measures import (
    MEASURE_NAMES,
    MEASURED_TABLES,
    columns_of,
    joined,
    measured,
)
from astro_assets.transits.clusters.model import ClusterModel, from_json
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.tables import TRANSIT_CANDIDATES
from astro_assets.transits.tsfresh_tables import TSFRESH_FEATURES

__all__ = ["CLUSTER_LABELS", "CLUSTER_MODEL", "MEASURED", "TABLES", "ClusterModelConfig"]

#: The tables that candidates are measured by.
MEASURED: Final = (TRANSIT_CANDIDATES, TRANSIT_FEATURES, TSFRESH_FEATURES)
_NAME: Final = "transits/cluster_model"


class ClusterModelConfig(ClusterSettings, Config):
    """Settings of ``transits/cluster_model``."""


def fit_cluster_model(rows: Parents, config: ClusterModelConfig) -> tuple[bytes, Mapping[str, Any]]:
    """Fit the clusters of all candidates; those that were there before keep number and name.

    Raises
    ------
    TooFewRowsError
        If there are fewer candidates than the settings ask for.
    """
    candidates = joined({role: rows[role] for role in MEASURED_TABLES})
    if len(candidates) < config.fewest_candidates:
        raise TooFewRowsError(f"{len(candidates)} candidates are fewer than {config.fewest_candidates}")
    measures = np.array([measured(of_candidate) for of_candidate in candidates.values()])
    previous = next((_model(row["artefact"]) for row in rows[PREVIOUS]), None)
    model, metrics = fit_clusters(list(candidates), measures, config, previous)
    return model.to_json(), metrics


def compute_cluster_labels(
    keys: Sequence[str], parents: Sequence[Parents], config: Config
) -> list[list[dict[str, Any]]]:
    """Find the clusters of the candidates ``keys``: for each one row, none without its features.

    Raises
    ------
    ValueError
        If the promoted model groups by other measures than these.
    """
    rows: list[list[dict[str, Any]]] = []
    models: dict[Path, ClusterModel] = {}
    for key, of_candidate in zip(keys, parents, strict=True):
        (applied,) = of_candidate["cluster_model"]
        path = applied["artefact"]
        if path not in models:
            models[path] = _model(path)
            if models[path].measures != MEASURE_NAMES:
                raise ValueError(f"version {applied['model_version']} goes by other measures: refit {_NAME}")
        known = joined({role: of_candidate[role] for role in MEASURED_TABLES}).values()
        rows.append(
            [
                {
                    "candidate_id": key,
                    "target_id": one["transit_candidates"]["target_id"],
                    "model_version": applied["model_version"],
                    "label": belongs.cluster.label,
                    "name": belongs.cluster.name,
                    "distance": belongs.distance,
                    "distance_to_second": belongs.distance_to_second,
                }
                for one in known
                for belongs in [models[path].membership(measured(one))]
            ]
        )
    return rows


def why_promoted(new: Mapping[str, Any], old: Mapping[str, Any]) -> str | None:
    """Replace the promoted clusters by others unless these are less stable by a tenth."""
    if new["stability"] < old["stability"] - 0.1:
        return None
    return f"refitted: stability {new['stability']:.2f}, before {old['stability']:.2f}"


def _model(path: Path) -> ClusterModel:
    return from_json(path.read_bytes())


#: Groups of candidates that look alike. It is fitted on purpose and keeps the names of the one before.
CLUSTER_MODEL: Final = ModelSpec(
    _NAME,
    fit_cluster_model,
    tuple(
        Training(table, ("candidate_id", *columns_of(role)), role)
        for table, role in zip(MEASURED, MEASURED_TABLES, strict=True)
    ),
    ClusterModelConfig(),
    is_continued=True,
)

#: The group of each candidate by the promoted model.
CLUSTER_LABELS: Final = Table(
    name="transits/cluster_labels",
    schema=CLUSTER_LABEL_SCHEMA,
    compute=compute_cluster_labels,
    parents=(
        Parent(TRANSIT_CANDIDATES, columns=("candidate_id", "target_id", *columns_of("transit_candidates"))),
        *(
            Parent(table, columns=("candidate_id", *columns_of(role)), on="candidate_id")
            for table, role in list(zip(MEASURED, MEASURED_TABLES, strict=True))[1:]
        ),
        Parent(
            PROMOTED_MODELS,
            columns=("model_version", "artefact"),
            role="cluster_model",
            on="alias",
            equals=f"{_NAME}:{CHAMPION}",
        ),
    ),
    key="candidate_id",
    libraries=("numpy",),
    is_batched=True,
    is_on_demand=True,
)

TABLES: Final = (CLUSTER_LABELS,)
