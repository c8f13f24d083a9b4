"""What the catalogue tables' pictures show: rows read from store, drawn by ``plots``."""

from __future__ import annotations

from astro_assets.catalogs import plots
from astro_assets.catalogs.tables import KNOWN_SIGNALS
from astro_assets.ledger.ledger import Ledger


def periods(ledger: Ledger) -> bytes | None:
    """Draw the periods of all known signals by disposition."""
    rows = ledger.open(KNOWN_SIGNALS).rows(["disposition", "period_days"]).collect()
    by_disposition = {
        str(name): frame["period_days"].drop_nulls().to_numpy()
        for (name,), frame in sorted(rows.partition_by("disposition", as_dict=True).items())
    }
    return plots.period_histogram(by_disposition) if rows.height else None
