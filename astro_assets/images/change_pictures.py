"""What the pictures of changes and of their segmenter show: rows read from store, drawn by plots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.images import plots, segmenter_plots
from astro_assets.images.change_tables import ANOMALIES, FRAME_CHANGES
from astro_assets.images.changes import STAMP_SIDE
from astro_assets.images.real_bogus.pictures import triplet_sheet
from astro_assets.images.segmenter_models import ANOMALY_SEGMENTER
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.ledger.worker import resolve_references

#: Objects and differences of a sheet.
_MOST_OBJECTS: Final = 24
_MOST_FRAMES: Final = 8


def best_anomalies(ledger: Ledger) -> bytes | None:
    """Draw the surest changes: science, reference and difference of each."""
    columns = ["anomaly_id", "kind", "snr", "score", "mid_mjd_utc", "stamps"]
    rows = ledger.open(ANOMALIES).rows(columns)
    best = rows.sort("score", "anomaly_id", descending=[True, False]).head(_MOST_OBJECTS).collect()
    if best.is_empty():
        return None
    titles = [f"{row['kind']} SNR {row['snr']:.0f}, MJD {row['mid_mjd_utc']:.3f}" for row in best.to_dicts()]
    return triplet_sheet(np.stack([stamps(ledger, row) for row in best.to_dicts()]), titles)


def stamps(ledger: Ledger, row: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the stamps of a row of ``anomalies``, (3, n, n)."""
    stored = resolve_references({"stamps": row["stamps"]}, ANOMALIES, ledger.objects)["stamps"]
    planes = [stored[name].reshape(STAMP_SIDE, STAMP_SIDE) for name in ("science", "reference", "difference")]
    return np.stack(planes)


def latest_differences(ledger: Ledger) -> bytes | None:
    """Draw the differences of the frames that were taken last."""
    columns = ["frame_sha256", "field_id", "mid_mjd_utc", "n_wanted", "thumbnail", "thumbnail_columns"]
    rows = ledger.open(FRAME_CHANGES).rows(columns).filter(pl.col("n_wanted").is_not_null())
    order = [True, False]
    last = rows.sort("mid_mjd_utc", "frame_sha256", descending=order).head(_MOST_FRAMES).collect()
    if last.is_empty():
        return None
    shown = []
    for row in last.to_dicts():
        stored = resolve_references({"thumbnail": row["thumbnail"]}, FRAME_CHANGES, ledger.objects)
        image = stored["thumbnail"]["brightness"].reshape(-1, row["thumbnail_columns"])
        shown.append(plots.Shown(f"MJD {row['mid_mjd_utc']:.3f}, {row['n_wanted']} wanted", image))
    return plots.sheet(shown)


def of_version(version: str) -> dict[str, Callable[[Ledger], bytes]]:
    """Return the pictures of a version of the segmenter."""

    def drawn(draw: Callable[[dict[str, Any]], bytes]) -> Callable[[Ledger], bytes]:
        return lambda ledger: draw(version_of(ledger, ANOMALY_SEGMENTER.name, version)["figures"])

    return {
        "objects found": drawn(segmenter_plots.completeness_plot),
        "kinds": drawn(segmenter_plots.kinds_plot),
        "learning": drawn(segmenter_plots.learning_plot),
    }
