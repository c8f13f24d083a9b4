"""What the X-ray tables' pictures show: rows read from store, drawn by ``plots``.

One function a picture; each returns None where the table holds nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.refused_rows import refused_list
from astro_assets.xray import plots
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.tables import XRAY_LIGHT_CURVES, light_curve_of_row

_ACCEPTED: Final = pl.col("status") == "accepted"


def latest_curve(ledger: Ledger) -> bytes | None:
    """Draw the light curve that ends last, of those that tell counts in several bands if there are any."""
    columns = [
        "sha256", "status", "n_bands", "has_counts", "end_mjd", "band_low_kev", "band_high_kev", "rate_unit",
        "object_name", "telescope", "light_curve",
    ]  # fmt: skip
    rows = ledger.open(XRAY_LIGHT_CURVES).rows(columns).filter(_ACCEPTED)
    order = ["n_bands", "has_counts", "end_mjd", "sha256"]
    last = rows.sort(order, descending=[True, True, True, False], nulls_last=True).head(1).collect()
    if last.is_empty():
        return None
    row = last.row(0, named=True)
    return drawn_curve(row, stored_curve(ledger, row))


def stored_curve(ledger: Ledger, row: Mapping[str, Any]) -> LightCurve:
    """Read the light curve of a row of ``xray_light_curves`` whose arrays are references."""
    arrays = resolve_references({"light_curve": row["light_curve"]}, XRAY_LIGHT_CURVES, ledger.objects)
    return light_curve_of_row({**row, **arrays})


def drawn_curve(row: Mapping[str, Any], curve: LightCurve) -> bytes:
    """Draw the light curve of a row of ``xray_light_curves``."""
    title = " ".join(part for part in (row["telescope"], row["object_name"]) if part)
    return plots.curve_plot(title or row["sha256"][:12], curve, row["rate_unit"])


def distributions(ledger: Ledger) -> bytes | None:
    """Draw how many bins and counts the light curves have."""
    rows = ledger.open(XRAY_LIGHT_CURVES).rows(["status", "n_bins", "total_counts", "form"])
    curves = (
        rows.filter(_ACCEPTED).select("n_bins", "form", counts=pl.col("total_counts").list.sum()).collect()
    )
    if curves.is_empty():
        return None
    counts = curves["counts"].drop_nulls().to_list()
    return plots.distributions_plot(curves["n_bins"].to_list(), counts, curves["form"].to_list())


def refused_curves(ledger: Ledger) -> str | None:
    """List the light curves that were refused, with the reason."""
    return refused_list(ledger, XRAY_LIGHT_CURVES, RAW_FILES)


def file_names(ledger: Ledger) -> pl.LazyFrame:
    """Return what files are called, by their keys."""
    return ledger.open(RAW_FILES).rows(["file_name"]).select("key", name="file_name")
