"""Quiet stars teach the scorer planets that were put into them, and a version says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astro_assets.ledger.home import Home
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.staleness import stale
from astro_assets.on_demand import asked_for
from astro_assets.transits import scorer_pictures
from astro_assets.transits.example_tables import INJECTED_TRANSITS
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, write
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.observations.made_files import CADENCE_S, light_curve_file
from astro_assets_tests.orchestration import homes

QUIET = range(200, 206)
PLANETS = (100, 101, 103, 104)
SMALL = (
    "--mode", "custom", "--set", "folds=2", "--set", "members=1", "--set", "trees=20",
    "--set", "network.epochs=2", "--set", "network.batch=16", "--set", "with_edge=false",
)  # fmt: skip


def quiet_file(path: Path, number: int) -> None:
    n = 1000
    flux = 2000 * (1 + 2e-4 * np.random.default_rng(number).standard_normal(n))
    columns = {
        "TIME": 1500 + np.arange(n) * CADENCE_S["Kepler"] / 86400,
        "PDCSAP_FLUX": flux.astype("f4"),
        "PDCSAP_FLUX_ERR": np.full(n, 0.4, "f4"),
    }
    light_curve_file(
        path, "Kepler", primary={"KEPLERID": number, "OBJECT": f"KIC {number}"}, columns=columns, n=n
    )


def known_planet(number: int) -> dict[str, str]:
    """List the planet of a star of `homes.star_file`."""
    return KOI_ROW | {
        "kepid": str(number), "kepoi_name": f"K{number:05d}.01", "kepler_name": "",
        "koi_period": str(homes.period_of(number)), "koi_time0bk": "1501.075", "koi_duration": "3.6",
    }  # fmt: skip


def of_injected(home: Home) -> Any:
    return homes.ledger_of(home).open(INJECTED_TRANSITS).rows(["target_id", "disposition"]).collect()


@pytest.mark.slow
def test_quiet_stars_teach_what_is_put_into_them(tmp_path):
    home = homes.new_home(tmp_path / "home", *PLANETS)
    for number in QUIET:
        quiet_file(home.inbox / f"quiet{number}.fits", number)
    assert astro_assets("run", home=home).returncode == 0
    assert of_injected(home).is_empty(), "nobody asked for it"

    listed = write(tmp_path / "cumulative.csv", *map(known_planet, (*PLANETS, QUIET[0])))
    assert astro_assets("catalogs", "add", listed, home=home).returncode == 0
    result = astro_assets("train", "transit_scorer", *SMALL, home=home)
    assert result.returncode == 0, result.stderr
    assert INJECTED_TRANSITS.name in asked_for(homes.ledger_of(home))
    rows = of_injected(home)
    quiet = {f"KIC {number}" for number in QUIET[1:]}
    assert set(rows["target_id"]) == quiet, "and neither a star with transits nor one that is listed"
    assert rows["origin"].unique().to_list() == ["injected"]
    picture = scorer_pictures.injected(homes.ledger_of(home))
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
    (version,) = versions(homes.ledger_of(home))
    counts = version["figures"]["counts"]
    assert version["origin"] == "injected"
    assert counts["by_disposition"]["injected_planet"] == of_injected(home).height
    assert version["trained_on_injected"] >= of_injected(home).height
    assert "injected_planet" not in counts["judged_by_disposition"]
    assert stale(homes.ledger_of(home)).entries.is_empty()
