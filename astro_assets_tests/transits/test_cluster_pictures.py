"""Clusters in a home: the model is fitted, applied, shown, and told to have drifted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.trained_models import configured
from astro_assets.ledger.update import put_units, update
from astro_assets.orchestration.model_assets import refresh_model
from astro_assets.tables import TABLES
from astro_assets.transits import cluster_pictures
from astro_assets.transits.checks import population_stable
from astro_assets.transits.cluster_tables import CLUSTER_LABELS, CLUSTER_MODEL, MEASURED, why_promoted
from astro_assets.transits.tables import FOLDED_VIEWS, LABELLED_CANDIDATES
from astro_assets_tests.transits.clusters.made import SHAPES, TRANSIT, made_rows
from astro_assets_tests.transits.view_features.folds import made_views

SPEC = configured(CLUSTER_MODEL, {"n_bootstraps": 4, "n_starts": 3})
_EMPTY = {"string": "", "bool": False, "int32": 0, "float64": 0.0, "list[string]": []}
_VIEWS = {**made_views(), "phase": np.linspace(-0.5, 0.5, 445)}


def put_rows(ledger: Ledger, table: Table, rows: list[Mapping[str, Any]]) -> None:
    """Put rows into a table as if it had been computed; what is not said of them is empty."""
    empty = {c.name: None if c.nullable else _EMPTY.get(c.dtype, _VIEWS) for c in table.schema}
    units = {row["candidate_id"]: [{**empty, "target_id": row["candidate_id"], **row}] for row in rows}
    put_units(ledger, table, units)


def put_candidates(ledger: Ledger, **made: Any) -> None:
    """Put candidates of some shapes, the transits of known planets, the eclipses of known binaries."""
    rows = made_rows(**made)
    for table in MEASURED:
        put_rows(ledger, table, rows[table.name.partition("/")[2]])
    names = [row["candidate_id"] for row in rows["transit_candidates"]]
    labels = {"transit_like": "confirmed_planet", "eclipse_like": "eclipsing_binary"}
    known = [{"candidate_id": name, "label": labels.get(name.split()[0])} for name in names]
    put_rows(ledger, LABELLED_CANDIDATES, known)
    put_rows(ledger, FOLDED_VIEWS, [{"candidate_id": name} for name in names])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Make a home with three groups of forty candidates, grouped."""
    ledger = open_ledger(open_home(tmp_path_factory.mktemp("home"), n_shards=2), TABLES)
    put_candidates(ledger)
    assert refresh_model(ledger, SPEC).said == "promoted: the first version"
    update(ledger, CLUSTER_LABELS)
    return ledger


def labels_of(ledger: Ledger) -> dict[str, tuple[int, str]]:
    rows = ledger.open(CLUSTER_LABELS).rows(["candidate_id", "label", "name"]).collect()
    return {key: (label, name) for key, label, name in rows.select("candidate_id", "label", "name").rows()}


def drift(ledger: Ledger) -> Any:
    return population_stable(SimpleNamespace(ledger=lambda: ledger))


def test_without_a_model_there_are_no_labels_and_nothing_to_show(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=2), TABLES)
    put_candidates(ledger, n=5)
    assert refresh_model(ledger, SPEC).version is None
    update(ledger, CLUSTER_LABELS)
    assert labels_of(ledger) == {}
    assert cluster_pictures.medoids(ledger) is None
    assert cluster_pictures.clusters(ledger) is None
    assert cluster_pictures.gating(ledger) is None
    assert drift(ledger).passed


def test_candidates_are_labelled_and_drawn(ledger: Ledger) -> None:
    labels = labels_of(ledger)
    assert len(labels) == 3 * 40
    assert all(key.startswith(name) for key, (_, name) in labels.items())
    for picture in (cluster_pictures.medoids, cluster_pictures.clusters):
        png = picture(ledger)
        assert png is not None
        assert png.startswith(b"\x89PNG")


def test_the_page_tells_what_a_gate_would_have_cost(ledger: Ledger) -> None:
    told = cluster_pictures.gating(ledger)
    assert told is not None
    assert "| transit_like | 40 | 40 | 100.0% | 0.0% | 0 | 0.0% | 100.0% |" in told
    assert "| eclipse_like | 40 | 0 | 0.0% | 100.0% | 40 | 100.0% | 0.0% |" in told


def test_new_candidates_are_labelled_by_the_promoted_model_and_drift_is_a_warning(ledger: Ledger) -> None:
    before = labels_of(ledger)
    assert drift(ledger).passed
    more = made_rows(80, seed=4, new=TRANSIT)
    for table in MEASURED:
        put_rows(ledger, table, more[table.name.partition("/")[2]])
    update(ledger, CLUSTER_LABELS)
    labels = labels_of(ledger)
    assert {key: labels[key] for key in before} == before
    assert len(labels) == len(before) + 80
    told = drift(ledger)
    assert not told.passed
    assert told.severity == dg.AssetCheckSeverity.WARN


def test_a_refit_renames_nothing(ledger: Ledger) -> None:
    before = labels_of(ledger)
    put_candidates(ledger, n=60, seed=8, **SHAPES)
    assert refresh_model(ledger, SPEC, promote_when=why_promoted).said.startswith("there is a version")
    assert refresh_model(ledger, SPEC, refit=True, promote_when=why_promoted).said.startswith("promoted")
    report = update(ledger, CLUSTER_LABELS)
    after = labels_of(ledger)
    assert report.total("rows") == len(after), "the version of the model is in each row"
    assert {key: after[key] for key in before} == before
    version = ledger.open(CLUSTER_LABELS).rows(["model_version"]).collect()["model_version"]
    assert version.n_unique() == 1
    assert pl.Series(list(after)).is_unique().all()
