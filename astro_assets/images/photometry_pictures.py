"""What the pictures of photometry show: rows read from store, drawn by ``photometry_plots``."""

from __future__ import annotations

from typing import Any

import polars as pl

from astro_assets.images import photometry_plots as plots
from astro_assets.images.photometry_tables import FRAME_SOURCES, PHOTOMETRIC_LIGHT_CURVES, PHOTOMETRIC_SERIES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.worker import resolve_references


def frames_over_time(ledger: Ledger) -> bytes | None:
    """Draw seeing, elongation, background and number of stars of the night that began last."""
    columns = ["series_id", "mid_mjd_utc", "fwhm_pixels", "elongation", "background_level", "n_stars"]
    rows = ledger.open(FRAME_SOURCES).rows(columns).drop_nulls(["series_id", "mid_mjd_utc"]).collect()
    if rows.is_empty():
        return None
    night = rows.sort("mid_mjd_utc")["series_id"][-1]
    return plots.frames_plot(night, rows.filter(pl.col("series_id") == night).sort("mid_mjd_utc"))


def scatter_of_stars(ledger: Ledger) -> bytes | None:
    """Draw the scatter of each star against its light, with the photons' limit, of the latest night."""
    row = _latest(ledger, PHOTOMETRIC_SERIES, "series_id")
    return None if row is None else plots.scatter_plot(row["series_id"], row["stars"], row["target_star"])


def drift(ledger: Ledger) -> bytes | None:
    """Draw how the stars moved over the detector in the latest night, and which frames are left out."""
    row = _latest(ledger, PHOTOMETRIC_SERIES, "series_id")
    return None if row is None else plots.drift_plot(row["series_id"], row["frames"], row["left_out"])


def latest_night(ledger: Ledger) -> bytes | None:
    """Draw the light curve of the latest night that has a target."""
    row = _latest(ledger, PHOTOMETRIC_LIGHT_CURVES, "start_btjd")
    if row is None:
        return None
    return plots.night_plot(f"{row['target_id']}, {row['series_id']}", row["light_curve"], row)


def _latest(ledger: Ledger, table: Table, by: str) -> dict[str, Any] | None:
    rows = ledger.open(table).rows(list(table.schema.names))
    last = rows.sort(by, descending=True).limit(1).select(table.schema.names).collect()
    return resolve_references(last.row(0, named=True), table, ledger.objects) if last.height else None
