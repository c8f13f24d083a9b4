"""The model of clusters and the table that applies it: rows in, rows out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.models import TooFewRowsError
from astro_assets.transits.cluster_tables import (
    CLUSTER_LABELS,
    CLUSTER_MODEL,
    ClusterModelConfig,
    why_promoted,
)
from astro_assets.transits.clusters.model import ClusterModel, from_json
from astro_assets_tests.transits.clusters.made import SHAPES, made_rows
from astro_assets_tests.transits.computing import compute

QUICK = ClusterModelConfig(n_bootstraps=4, n_starts=3)


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    content, _ = CLUSTER_MODEL.fit({**made_rows(), "previous": []}, QUICK)
    path = tmp_path_factory.mktemp("model") / "model.json"
    path.write_bytes(content)
    return path


def model_of(path: Path) -> ClusterModel:
    return from_json(path.read_bytes())


def parents(artefact: Path, number: int, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    applied = [{"model_version": "v1", "artefact": artefact}]
    return {**{table: [of_table[number]] for table, of_table in rows.items()}, "cluster_model": applied}


def test_every_candidate_gets_the_group_of_its_shape(artefact: Path) -> None:
    rows = made_rows(5, seed=9)
    for number, candidate in enumerate(rows["transit_candidates"]):
        key = candidate["candidate_id"]
        (row,) = compute(CLUSTER_LABELS, key, parents(artefact, number, rows))
        assert list(row) == list(CLUSTER_LABELS.schema.names)
        assert key.startswith(row["name"])
        assert row["distance"] < row["distance_to_second"]
        assert row["model_version"] == "v1"
        labels = {cluster.name: cluster.label for cluster in model_of(artefact).clusters}
        assert row["label"] == labels[row["name"]]


def test_a_label_does_not_depend_on_the_others_of_its_batch(artefact: Path) -> None:
    rows = made_rows(3, seed=9)
    keys = [row["candidate_id"] for row in rows["transit_candidates"]]
    units = [parents(artefact, number, rows) for number in range(len(keys))]
    assert CLUSTER_LABELS.compute is not None
    together = CLUSTER_LABELS.compute(keys, units, CLUSTER_LABELS.config)
    alone = [compute(CLUSTER_LABELS, key, unit) for key, unit in zip(keys, units, strict=True)]
    assert repr(together) == repr(alone)


def test_a_candidate_without_features_has_no_label(artefact: Path) -> None:
    lacking = {**parents(artefact, 0, made_rows(1)), "tsfresh_features": []}
    assert compute(CLUSTER_LABELS, "transit_like 000", lacking) == []


def test_a_refit_is_continued_from_the_promoted_model(artefact: Path) -> None:
    again, metrics = CLUSTER_MODEL.fit({**made_rows(seed=3), "previous": [{"artefact": artefact}]}, QUICK)
    assert metrics["kept_from_previous"] == len(SHAPES)
    names = [
        [(cluster.label, cluster.name) for cluster in model.clusters]
        for model in (model_of(artefact), from_json(again))
    ]
    assert names[0] == names[1]


def test_a_model_of_other_measures_is_not_applied_and_takes_no_number_again(
    artefact: Path, tmp_path: Path
) -> None:
    old = replace(model_of(artefact), measures=("something else",))
    path = tmp_path / "old.json"
    path.write_bytes(old.to_json())
    with pytest.raises(ValueError, match="version v1 goes by other measures: refit transits/cluster_model"):
        compute(CLUSTER_LABELS, "transit_like 000", parents(path, 0, made_rows(1)))
    content, metrics = CLUSTER_MODEL.fit({**made_rows(), "previous": [{"artefact": path}]}, QUICK)
    assert metrics["kept_from_previous"] == 0
    assert [cluster.label for cluster in from_json(content).clusters] == [3, 4, 5]


def test_few_candidates_are_not_grouped() -> None:
    with pytest.raises(TooFewRowsError, match="12 candidates are fewer than 50"):
        CLUSTER_MODEL.fit({**made_rows(4), "previous": []}, CLUSTER_MODEL.config)


def test_clusters_that_are_less_stable_do_not_replace_others() -> None:
    assert why_promoted({"stability": 0.75}, {"stability": 0.9}) is None
    assert why_promoted({"stability": 0.85}, {"stability": 0.9}) == "refitted: stability 0.85, before 0.90"
