"""What the gallery shows of alerts: what filters decided, the best packets, where scores disagree."""

from __future__ import annotations

import base64
import io
from typing import Any, Final

import polars as pl

from astro_assets.images.alert_pictures import (
    OWN_SCORES,
    agreement_with,
    best_rows,
    counts,
    disagreeing_rows,
    refusals,
    scored,
    title_of,
    triplets,
)
from astro_assets.images.alert_tables import ALERTS
from astro_assets.images.real_bogus.agreement import NO_LABELS
from astro_assets.images.real_bogus.classifier import CAVEAT
from astro_assets.images.real_bogus.pictures import mosaic
from astro_assets.ledger.ledger import Ledger
from astro_assets.reports.numbers import number
from astro_assets.reports.rendering import HASH, LINE, NAME, NUMBER, TableShown, plain, table

#: Triplets of a kind: noise makes each some 10 kB.
_MOST_TRIPLETS: Final = 8
_MOST_FILTERS: Final = 50
_MOST_REFUSED: Final = 100

Picture = dict[str, str]


def has_alerts(ledger: Ledger) -> bool:
    """Tell whether a home has a file of alerts."""
    return not ledger.open(ALERTS).units(["key"]).limit(1).collect().is_empty()


def alerts_shown(ledger: Ledger) -> dict[str, Any]:
    """Return what the gallery shows of alerts; without any, nothing."""
    if not has_alerts(ledger):
        return {}
    rows = scored(ledger)
    return {
        "key": _key(ledger, rows),
        "filters": _filters(ledger),
        "best": _pictures(ledger, best_rows(rows, _MOST_TRIPLETS)),
        "disagreements": _pictures(ledger, disagreeing_rows(rows, _MOST_TRIPLETS)),
        "caveat": f"{CAVEAT} {NO_LABELS}",
        "refused": _refused(ledger),
    }


def _key(ledger: Ledger, rows: pl.DataFrame) -> list[tuple[str, str, str]]:
    status = ledger.open(ALERTS).rows(["status"]).select("status").collect()["status"]
    n_refused = int((status == "refused").sum())
    key = [
        ("Packets", number(len(status) - n_refused), f"{n_refused} refused" if n_refused else ""),
        ("Scored", number(rows.height), "of different alerts"),
    ]
    for name, column in OWN_SCORES.items():
        found = agreement_with(rows, column)
        if found is not None and found["spearman"]["value"] is not None:
            key.append((f"Rank correlation with {name}", number(found["spearman"]["value"], 2), ""))
    return key


def _filters(ledger: Ledger) -> TableShown:
    rows = counts(ledger).head(_MOST_FILTERS)
    return table(
        [
            ("Filter", NAME),
            ("Version", HASH),
            ("Accepted", NUMBER),
            ("Rejected", NUMBER),
            ("Refused", NUMBER),
        ],
        [
            (
                plain(row["alert_filter"]),
                row["filter_version"],
                *(number(row[name]) for name in ("accepted", "rejected", "refused")),
            )
            for row in rows.iter_rows(named=True)
        ],
    )


def _pictures(ledger: Ledger, rows: pl.DataFrame) -> list[Picture]:
    found = triplets(ledger, rows) if rows.height else {}
    shown = []
    for row in rows.iter_rows(named=True):
        image = found.get((row["sha256"], row["position"]))
        if image is not None:
            said = f"{title_of(row)}, {row['object_id'] or row['alert_id']}"
            shown.append({"src": _png(mosaic(image, beside=True)), "said": plain(said)})
    return shown


def _png(image: Any) -> str:
    from matplotlib.image import imsave

    buffer = io.BytesIO()
    # Fewer greys than there are make a smaller file.
    imsave(buffer, image & 0xF0, format="png", cmap="gray", vmin=0, vmax=240)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _refused(ledger: Ledger) -> TableShown:
    rows = refusals(ledger).head(_MOST_REFUSED)
    return table(
        [("File", NAME), ("Record", NUMBER), ("Why it cannot be read", LINE), ("SHA-256", HASH)],
        [
            (plain(row["file_name"]), number(row["record"]), plain(row["refusal_reason"]), row["sha256"])
            for row in rows.iter_rows(named=True)
        ],
    )
