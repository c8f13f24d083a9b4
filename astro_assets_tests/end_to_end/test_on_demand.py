"""Features, clusters and scores are made when somebody asks for them, and kept up to date from then on."""

from __future__ import annotations

import polars as pl
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.staleness import stale
from astro_assets.on_demand import asked_for
from astro_assets.transits.example_tables import TRAINING_EXAMPLES
from astro_assets.transits.scorer_models import version_of
from astro_assets.transits.scorer_tables import TRANSIT_SCORES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes


@pytest.mark.slow
def test_a_demonstration_is_scored_and_new_stars_after_it(tmp_path):
    home = open_home(tmp_path / "home")
    result = astro_assets("demo", "--targets", "60", home=home)
    assert result.returncode == 0, result.stderr
    ledger = homes.ledger_of(home)
    columns = ["example_id", "target_id", "position", "label_set", "disposition"]
    candidates = ledger.open(TRAINING_EXAMPLES).rows(columns).collect()
    assert set(candidates["disposition"]) <= {
        "simulated_planet", "simulated_binary", "simulated_variability", "simulated_nothing",
    }  # fmt: skip
    # A star is judged by its first candidate, and by a false alarm only where it has none.
    first = candidates.sort("position").group_by("target_id", maintain_order=True).first()
    eclipses = first.filter(pl.col("disposition").is_in(["simulated_planet", "simulated_binary"]))
    assert version_of(ledger)["figures"]["counts"]["judged_eclipses"] == eclipses.height
    scores = (
        ledger.open(TRANSIT_SCORES).rows(["example_id", "model_version", "trained_on_simulated"]).collect()
    )
    assert set(scores["example_id"]) == set(candidates["example_id"])
    assert scores["origin"].unique().to_list() == ["simulated"]
    assert scores["trained_on_simulated"].min() > 60

    homes.star_file(home.inbox / "new.fits", 100)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    ledger = homes.ledger_of(home)
    scored = ledger.open(TRANSIT_SCORES).rows(["example_id"]).collect()["example_id"]
    assert "KIC 100.01" in scored, "what was asked for once is kept up to date"
    assert stale(ledger).entries.is_empty()


def test_nothing_is_due_before_it_is_asked_for(tmp_path):
    home = open_home(tmp_path / "home")
    homes.star_file(home.inbox / "new.fits", 100)
    assert astro_assets("run", home=home).returncode == 0
    ledger = homes.ledger_of(home)
    assert asked_for(ledger) == []
    assert stale(ledger).entries.is_empty()
    assert ledger.open(TRAINING_EXAMPLES).units(["key"]).collect().is_empty()

    assert astro_assets("train", "cluster_model", home=home).returncode == 0
    ledger = homes.ledger_of(home)
    assert "transits/tsfresh_features" in asked_for(ledger)
    assert "transits/training_examples" not in asked_for(ledger)
