"""Pictures of the transit tables for the Dagster UI: what is read from store for each, and drawn by ``plots``."""

from __future__ import annotations

from astro_assets.ledger.ledger import Ledger


def before_and_after(ledger: Ledger) -> bytes | None:
    return None

best_candidate = signal_to_noise_and_sky = before_and_after
