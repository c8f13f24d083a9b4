"""From a row the same light curve is simulated again, and a row that was changed is found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import put_units
from astro_assets.tables import TABLES
from astro_assets.xray.simulation.recipes import SimulationRecipe, recipe_of_row
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS

SETTINGS = SimulationSettings(mean_rate=(0.3, 2.0), most_bins=60)


def recipes() -> list[SimulationRecipe]:
    return [SimulationRecipe("fit", kind, (7, number), SETTINGS) for number, kind in enumerate(SourceKind)]


def test_light_curves_come_back_from_the_ledger(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=4), (*TABLES, XRAY_SIMULATIONS))
    put_units(ledger, XRAY_SIMULATIONS, {one.name: [one.row()] for one in recipes()})
    stored = ledger.open(XRAY_SIMULATIONS).rows(list(XRAY_SIMULATIONS.schema.names)).collect()

    assert set(stored["origin"]) == {"simulated"}
    again = {one.name: one for one in map(recipe_of_row, stored.to_dicts())}
    assert set(again) == {one.name for one in recipes()}
    for one in recipes():
        assert again[one.name] == one
        np.testing.assert_array_equal(
            again[one.name].simulated().light_curve.counts, one.simulated().light_curve.counts
        )


def test_a_name_says_all_that_decides() -> None:
    one = SimulationRecipe("fit", SourceKind.FLARE, (7, 1), SETTINGS)
    others = [
        SimulationRecipe("test", SourceKind.FLARE, (7, 1), SETTINGS),
        SimulationRecipe("fit", SourceKind.DIP, (7, 1), SETTINGS),
        SimulationRecipe("fit", SourceKind.FLARE, (7, 2), SETTINGS),
        SimulationRecipe("fit", SourceKind.FLARE, (7, 1), SimulationSettings()),
    ]
    assert len({one.name, *(other.name for other in others)}) == 5


@pytest.mark.parametrize(
    "changes", [{"kind": "dip"}, {"seed": "[7, 2]"}, {"settings": "{}"}, {"kind": "nova"}]
)
def test_a_row_that_was_changed_is_found_out(changes: dict[str, str]) -> None:
    row = SimulationRecipe("fit", SourceKind.FLARE, (7, 1), SETTINGS).row()
    with pytest.raises(ValueError, match=r"the row of SIM X fit 7-1|is not a valid SourceKind"):
        recipe_of_row(row | changes)
