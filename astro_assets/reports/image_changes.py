"""What the gallery shows of changes between images: the surest, each as science, reference and difference."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np

from astro_assets.images.change_tables import ANOMALIES
from astro_assets.images.changes import STAMP_SIDE
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.reports.png import uri
from astro_assets.reports.rendering import plain

#: Changes of the gallery.
_MOST: Final = 24
#: Sides of a pixel, and white pixels between stamps.
_ENLARGED, _GAP = 3, 2
#: Of a stamp, in units of the noise: black and white.
_BLACK, _WHITE = -3.0, 10.0


def surest_changes(ledger: Ledger) -> list[dict[str, str]]:
    """Return the surest changes: picture and what is said of it."""
    columns = ["anomaly_id", "kind", "snr", "score", "field_id", "mid_mjd_utc", "ra_deg", "dec_deg", "stamps"]
    rows = ledger.open(ANOMALIES).rows(columns)
    best = rows.sort("score", "anomaly_id", descending=[True, False]).head(_MOST).collect()
    return [{"src": uri(_triplet(ledger, row)), "said": _said(row)} for row in best.to_dicts()]


def n_changes(ledger: Ledger) -> int:
    """Count the changes that somebody would follow up."""
    return ledger.open(ANOMALIES).rows(["anomaly_id"]).select("anomaly_id").collect().height


def _said(row: dict[str, Any]) -> str:
    place = "" if row["ra_deg"] is None else f", RA {row['ra_deg']:.5f}, Dec {row['dec_deg']:+.5f}"
    when = f"MJD {row['mid_mjd_utc']:.4f}"
    return plain(f"{row['kind'].replace('_', ' ')}, SNR {row['snr']:.1f}, {row['field_id']}, {when}{place}")


def _triplet(ledger: Ledger, row: dict[str, Any]) -> bytes:
    from matplotlib.image import imsave

    stored = resolve_references({"stamps": row["stamps"]}, ANOMALIES, ledger.objects)["stamps"]
    side = _ENLARGED * STAMP_SIDE
    shown = np.full((side, 3 * side + 2 * _GAP), 255, np.uint8)
    for i, name in enumerate(("science", "reference", "difference")):
        stamp = np.arcsinh(stored[name].reshape(STAMP_SIDE, STAMP_SIDE))
        low, high = np.arcsinh(_BLACK), np.arcsinh(_WHITE)
        grey = np.nan_to_num(255 * (stamp - low) / (high - low), nan=0.0).clip(0, 255).astype(np.uint8)
        left = i * (side + _GAP)
        shown[:, left : left + side] = grey.repeat(_ENLARGED, 0).repeat(_ENLARGED, 1) & 0xF0
    buffer = io.BytesIO()
    imsave(buffer, shown, format="png", cmap="gray", vmin=0, vmax=240, origin="lower")
    return buffer.getvalue()
