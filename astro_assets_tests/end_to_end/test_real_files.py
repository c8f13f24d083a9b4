"""Real stars with known planets, from the mission's files to candidates, by the commands that people use."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

TESS = "tess_lc/tess2018206045859-s0001-0000000{}-0120-s_lc.fits"
#: One file of each star with a known planet that a month of data shows.
FILES = {
    "TIC 100100827": "tess_lc/exovetter_wasp18b_lc.fits",  # WASP-18
    "TIC 25155310": TESS.format("025155310"),  # WASP-126
    "TIC 38846515": TESS.format("038846515"),  # WASP-100
    "TIC 231663901": TESS.format("231663901"),  # WASP-46
    "TIC 231670397": TESS.format("231670397"),  # WASP-73
    "KIC 11446443": "kepler_lc/kplr011446443-2009131110544_slc.fits",  # TrES-2
}


#: What a run computes of them, and what of that reads the header of a file.
TABLES = (*homes.CHAIN, TRANSIT_FEATURES.name)
OF_THE_FILE = ("observations/observation_files", "observations/light_curves", "observations/selected_files")


@pytest.fixture(scope="session")
def real_home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Search the files, in place."""

    def make(root: Path) -> None:
        named = [word for name in FILES.values() for word in ("--observations", shared_data / name)]
        result = astro_assets("run", *named, home=open_home(root, n_shards=homes.N_SHARDS))
        assert result.returncode == 0, result.stderr
        assert "refused" not in result.stdout

    return open_home(homes.made_once(tmp_path_factory, "real_home", make))


def answer(*arguments: str, home: Home) -> Any:
    result = astro_assets(*arguments, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def known_periods(shared_data: Path) -> dict[str, float]:
    """Periods of the confirmed planets, from the TESS and Kepler object catalogues, in days."""
    with (shared_data / "labels_lightcurves.csv").open(newline="") as stream:
        labels = {line["file"]: float(line["period_d"] or "nan") for line in csv.DictReader(stream)}
    return {target: labels[name] for target, name in FILES.items()}


def leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [leaf for parent in node["parents"] for leaf in leaves(parent)] or [node]


def test_known_planets_come_out_first_at_their_periods(
    real_home: Home, known_periods: dict[str, float]
) -> None:
    rows = answer("candidates", home=real_home)
    first = {row["target_id"]: row for row in rows if row["rank"] == 1}
    assert set(first) == set(FILES)
    assert {row["origin"] for row in rows} == {"real"}
    for target, period in known_periods.items():
        assert first[target]["period_days"] == pytest.approx(period, rel=1e-3), target


def test_lineage_ends_in_the_files_of_the_collection(real_home: Home, shared_data: Path) -> None:
    with (shared_data / "MANIFEST.csv").open(newline="") as stream:
        sha256 = {line["file"]: line["sha256"] for line in csv.DictReader(stream)}
    for target, name in FILES.items():
        tree = answer("lineage", "transits/folded_views", f"{target}.01", home=real_home)
        assert {(leaf["table"], leaf["key"]) for leaf in leaves(tree)} == {
            ("observations/raw_files", sha256[name])
        }


def test_nothing_of_it_is_stale(real_home: Home) -> None:
    state = answer("stale", home=real_home)
    assert state["entries"] == []
    assert state["tables"]["transits/transit_candidates"]["current"] == len(FILES)


def test_a_header_changed_recomputes_nothing_past_the_light_curve(
    real_home: Home, shared_data: Path, tmp_path: Path
) -> None:
    home = homes.copy_of(real_home, tmp_path / "home")
    before = homes.contents(home)
    edited = Path(shutil.copyfile(shared_data / FILES["TIC 25155310"], tmp_path / "edited.fits"))
    with fits.open(edited, mode="update") as hdus:
        hdus[0].header["DATE"] = "2031-01-01"  # newer: this file takes the place of the other
        hdus[0].header["PROCVER"] = "edited"

    result = astro_assets("run", "--observations", edited, home=home)

    assert result.returncode == 0, result.stderr
    computed = dict(re.findall(r"^  ([a-z]+/[a-z_]+) +(\d+) ", result.stdout, flags=re.MULTILINE))
    assert {name: int(computed[name]) for name in TABLES} == {
        **dict.fromkeys(TABLES, 0),
        **dict.fromkeys(OF_THE_FILE, 1),
    }
    after = homes.contents(home)
    assert {name for name in homes.CHAIN if after[name] != before[name]} == set(OF_THE_FILE)
    files = answer("targets", "find", "TIC 25155310", home=home)["files"]
    assert len(files) == 2
    assert answer("stale", home=home)["entries"] == []
    # What was not recomputed was made of the file that was chosen then, and says so.
    tree = answer("lineage", "detrended_light_curves", "TIC 25155310", home=home)
    (choice,) = tree["parents"]
    assert choice["table"] == "observations/selected_files"
    assert not choice["is_current"]
    assert {leaf["key"] for leaf in leaves(tree)} == {sha256_of(shared_data / FILES["TIC 25155310"])}


def test_a_star_of_another_radius_has_its_candidates_measured_again_and_nothing_else(
    real_home: Home, shared_data: Path, tmp_path: Path
) -> None:
    home = homes.copy_of(real_home, tmp_path / "home")
    edited = Path(shutil.copyfile(shared_data / FILES["TIC 25155310"], tmp_path / "edited.fits"))
    with fits.open(edited, mode="update") as hdus:
        hdus[0].header["DATE"] = "2031-01-01"
        hdus[0].header["RADIUS"] *= 8

    result = astro_assets("run", "--observations", edited, home=home)

    assert result.returncode == 0, result.stderr
    computed = dict(re.findall(r"^  ([a-z]+/[a-z_]+) +(\d+) ", result.stdout, flags=re.MULTILINE))
    assert {name for name in TABLES if int(computed[name])} == {*OF_THE_FILE, TRANSIT_FEATURES.name}
    before, after = (_measures(one)["TIC 25155310"] for one in (real_home, home))
    assert after["star_density_sun"] == pytest.approx(before["star_density_sun"] / 8)
    assert after["duration_over_star"] == pytest.approx(before["duration_over_star"] / 2)


def test_transits_of_known_planets_are_as_long_as_their_stars_density_allows(real_home: Home) -> None:
    measured = _measures(real_home)
    for target, row in measured.items():
        if target == "TIC 38846515":  # its header has neither gravity nor radius
            assert math.isnan(row["duration_over_star"])
            continue
        assert 0.5 < row["duration_over_star"] < 1.3, target
    # WASP-18: 6226 K, 1.347 solar radii, log g 4.259.
    assert measured["TIC 100100827"]["star_density_sun"] == pytest.approx(0.49, abs=0.01)


def _measures(home: Home) -> dict[str, dict[str, Any]]:
    """Return the measures of the first candidate of each star."""
    names = ["candidate_id", "target_id", "star_density_sun", "duration_over_star"]
    rows = homes.ledger_of(home).open(TRANSIT_FEATURES).rows(names).select(names).collect().to_dicts()
    return {row["target_id"]: row for row in rows if row["candidate_id"].endswith(".01")}
