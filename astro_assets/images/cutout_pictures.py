"""What the picture of the cutouts shows: rows read from store, drawn by ``plots``."""

from __future__ import annotations

from typing import Final

from astro_assets.images import plots
from astro_assets.images.cutout_tables import CUTOUTS
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.worker import resolve_references

#: Cutouts of a sheet.
_SHOWN: Final = 4


def latest_cutouts(ledger: Ledger) -> bytes | None:
    """Draw the cutouts of the images that were taken last."""
    columns = ["place", "sha256", "filter_name", "mid_mjd_utc", "thumbnail", "thumbnail_columns"]
    rows = ledger.open(CUTOUTS).rows(columns)
    order = [True, False, False]
    by_time = rows.sort("mid_mjd_utc", "place", "sha256", descending=order, nulls_last=True)
    last = by_time.head(_SHOWN).collect()
    if last.is_empty():
        return None
    shown = []
    for row in last.to_dicts():
        stored = resolve_references({"thumbnail": row["thumbnail"]}, CUTOUTS, ledger.objects)["thumbnail"]
        title = " ".join(filter(None, (row["place"], row["filter_name"])))
        shown.append(plots.Shown(title, stored["brightness"].reshape(-1, row["thumbnail_columns"])))
    return plots.sheet(shown)
