"""A model of the candidates of a home that is fitted in no time: it is asked where it came from."""

from __future__ import annotations

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.table import Config, Parents
from astro_assets.transits.tables import TRANSIT_CANDIDATES


def fit_depths(rows: Parents, config: Config) -> tuple[bytes, dict[str, float]]:
    depths = [row["depth_ppm"] for row in rows["candidates"]]
    return b"depths", {"mean": sum(depths) / len(depths)}


DEPTHS = ModelSpec(
    "transits/depths", fit_depths, (Training(TRANSIT_CANDIDATES, ("depth_ppm",), "candidates"),)
)


def put_model(ledger: Ledger) -> None:
    """Fit the model on all candidates of a home, and promote it."""
    promote(ledger, DEPTHS.name, fit_model(ledger, DEPTHS, run_id="a run"), why="the first")
