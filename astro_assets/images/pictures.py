"""What the image tables' pictures show: rows read from store, drawn by ``plots``.

One function a picture; each returns None where the table holds nothing to draw.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.images import plots
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.refused_rows import refused_list

#: Frames of a sheet.
_SHOWN: Final = 4


def latest_frames(ledger: Ledger) -> bytes | None:
    """Draw the frames that were taken last; those without a time come after."""
    columns = ["sha256", "object_name", "mid_mjd_utc", "filter_name", "thumbnail", "thumbnail_columns"]
    rows = ledger.open(FRAMES).rows([*columns, "status"]).filter(pl.col("status") == "accepted")
    last = (
        rows.sort("mid_mjd_utc", "sha256", descending=[True, False], nulls_last=True).head(_SHOWN).collect()
    )
    if last.is_empty():
        return None
    shown = []
    for row in reversed(last.to_dicts()):
        stored = resolve_references({"thumbnail": row["thumbnail"]}, FRAMES, ledger.objects)["thumbnail"]
        image = stored["brightness"].reshape(-1, row["thumbnail_columns"])
        shown.append(plots.Shown(_title(row["object_name"], row["filter_name"], row["mid_mjd_utc"]), image))
    return plots.sheet(shown)


def _title(name: str | None, band: str | None, mjd: float | None) -> str:
    time = "" if mjd is None else f"MJD {mjd:.4f}"
    return " ".join(part for part in (name or "", band or "", time) if part)


def refused_frames(ledger: Ledger) -> str | None:
    """List the images that were refused, with the reason."""
    return refused_list(ledger, FRAMES, RAW_FILES)


def file_names(ledger: Ledger) -> pl.LazyFrame:
    """Return what files are called, by their keys."""
    return ledger.open(RAW_FILES).rows(["file_name"]).select("key", name="file_name")
