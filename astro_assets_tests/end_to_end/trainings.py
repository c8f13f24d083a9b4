"""What every training leaves behind: its energy in figures and card, its figures with MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from astro_assets.learning import tracking
from astro_assets.ledger.home import Home
from astro_assets.ledger.model_tables import TRACKED_RUNS
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes


def assert_recorded(home: Home, version: Mapping[str, Any]) -> None:
    """See that a version tells what its training cost, and that MLflow keeps it."""
    energy = version["figures"]["energy"]
    assert energy["seconds"] > 0
    assert energy["kwh"] is None or energy["kwh"] > 0
    name = f"{version['model']}@{version['model_version']}"
    card = astro_assets("model-card", name.partition("/")[2], home=home).stdout
    assert f"{energy['seconds']:.0f} s" in card.partition("## Energy")[2]
    runs = homes.ledger_of(home).open(TRACKED_RUNS).rows(["model_version", "tracked_run"])
    (run_id,) = runs.filter(pl.col("model_version") == version["model_version"]).collect()["tracked_run"]
    with tracking._connected(home.root) as client:
        run = client.get_run(run_id)
    assert run.data.tags["astro_assets.artefact"] == version["artefact"]
    assert run.data.metrics.get("energy_kwh") == energy["kwh"]
    assert len(run.data.metrics) > 1
