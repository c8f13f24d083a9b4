"""What the pages of the clusters show: rows read from store, drawn by ``cluster_plots``.

One function a picture; each returns None where there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import promoted
from astro_assets.ledger.worker import resolve_references
from astro_assets.transits.cluster_plots import Medoid, clusters_plot, medoids_plot
from astro_assets.transits.cluster_tables import CLUSTER_LABELS, CLUSTER_MODEL, MEASURED
from astro_assets.transits.clusters.measures import MEASURE_NAMES, columns_of, joined, measured
from astro_assets.transits.clusters.model import ClusterModel, from_json
from astro_assets.transits.clusters.reports import cost_of_gating
from astro_assets.transits.tables import FOLDED_VIEWS, LABELLED_CANDIDATES


def promoted_clusters(ledger: Ledger) -> ClusterModel | None:
    """Read the promoted model; None where there is none."""
    row = promoted(ledger, CLUSTER_MODEL.name)
    return None if row is None else from_json(ledger.objects.get_file(row["artefact"]).read_bytes())


def medoids(ledger: Ledger) -> bytes | None:
    """Draw the candidate in the middle of each cluster."""
    model = promoted_clusters(ledger)
    if model is None:
        return None
    names = {cluster.medoid: cluster.name for cluster in model.clusters}
    rows = ledger.open(FOLDED_VIEWS).rows(["candidate_id", "views"])
    found = rows.filter(pl.col("candidate_id").is_in(list(names))).collect()
    views: dict[str, Mapping[str, Any]] = {
        row["candidate_id"]: resolve_references(row, FOLDED_VIEWS, ledger.objects)["views"]
        for row in found.iter_rows(named=True)
    }
    drawn = [Medoid(name, one, views[one]) for one, name in names.items() if one in views]
    return medoids_plot(drawn) if drawn else None


def clusters(ledger: Ledger) -> bytes | None:
    """Draw all candidates in the plane of the two measures that tell the clusters apart best."""
    model = promoted_clusters(ledger)
    labels = ledger.open(CLUSTER_LABELS).rows(["candidate_id", "name"]).collect()
    if model is None or labels.is_empty():
        return None
    # Scaled measures have one scatter: centres that are far apart in one of them differ by it.
    second, first = np.argsort(model.centres.std(axis=0), kind="stable")[-2:]
    tables = {}
    for table in MEASURED:
        role = table.name.partition("/")[2]
        tables[role] = ledger.open(table).rows(["candidate_id", *columns_of(role)]).collect().to_dicts()
    measures = {name: measured(rows)[[first, second]] for name, rows in joined(tables).items()}
    across, up = MEASURE_NAMES[first], MEASURE_NAMES[second]
    lines = [(name, *values) for name, values in measures.items()]
    frame = pl.DataFrame(lines, schema=["candidate_id", across, up], orient="row")
    names = [cluster.name for cluster in model.clusters]
    return clusters_plot(frame.join(labels, on="candidate_id"), names, across, up)


def gating(ledger: Ledger) -> str | None:
    """Tell what a gate at each cluster would have cost of the known planets and binaries."""
    labels = ledger.open(CLUSTER_LABELS).rows(["candidate_id", "name"]).collect()
    known = ledger.open(LABELLED_CANDIDATES).rows(["candidate_id", "label"]).collect()
    return cost_of_gating(
        labels.select("candidate_id", "name").join(
            known.select("candidate_id", "label"), on="candidate_id", how="left"
        )
    )
