"""What the X-ray tables' pictures show: rows read from store, drawn by ``plots``.

One function a picture; each returns None where the table holds nothing to draw.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import RAW_FILES
from astro_assets.xray import plots
from astro_assets.xray.tables import XRAY_LIGHT_CURVES, light_curve_of_row

#: Refused files that are told.
_TOLD: Final = 50
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
    stored = resolve_references({"light_curve": row["light_curve"]}, XRAY_LIGHT_CURVES, ledger.objects)
    title = " ".join(part for part in (row["telescope"], row["object_name"]) if part)
    return plots.curve_plot(title or row["sha256"][:12], light_curve_of_row(row | stored), row["rate_unit"])


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
    columns = ["sha256", "status", "reason_code", "refusal_reason"]
    refused = ledger.open(XRAY_LIGHT_CURVES).rows(columns).filter(pl.col("status") == "refused").collect()
    if refused.is_empty():
        return None
    names = ledger.open(RAW_FILES).rows(["sha256", "file_name"]).select("sha256", "file_name").collect()
    named = refused.join(names, on="sha256").sort("reason_code", "file_name").head(_TOLD)
    lines = [f"{refused.height} refused:", ""]
    lines += [
        f"- `{_plain(name)}`: {_plain(code)}: {_plain(reason)}"
        for name, code, reason in named.select("file_name", "reason_code", "refusal_reason").iter_rows()
    ]
    return "\n".join(lines)


def file_names(ledger: Ledger) -> pl.LazyFrame:
    """Return what files are called, by their keys."""
    return ledger.open(RAW_FILES).rows(["file_name"]).select("key", name="file_name")


def _plain(text: str) -> str:
    """Take from a text what Markdown would make a link, picture or code of."""
    return text.translate(str.maketrans("[]<>`", "?????"))
