"""The table of simulated X-ray sources: a row a source, put in by a training that wants it.

Only declarations live here; what a row says is in `simulation.recipes`.
"""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Table

XRAY_SIMULATIONS_SCHEMA: Final = Schema(
    (
        Column("source_name", "string", "'SIM X', role, seed, and a mark of all the rest."),
        Column("role", "string", "What it is for: to fit, to calibrate, to test."),
        Column("kind", "string", "What the source does."),
        Column("seed", "string", "Of all that is drawn, a JSON list of whole numbers."),
        Column("settings", "string", "Of the simulation, canonical JSON."),
    )
)
#: What was simulated for trainings: from a row its light curve is simulated again.
XRAY_SIMULATIONS: Final = Table(
    "xray/xray_simulations",
    XRAY_SIMULATIONS_SCHEMA,
    key="source_name",
    target=None,
    described_by={"star": "source_name", "class": "kind"},
)
