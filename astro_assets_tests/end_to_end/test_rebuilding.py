"""Clusters of real candidates are made again to the bit from raw files alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from astro_assets.ledger.hashing import hash_json
from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

STARS = range(100, 124)
pytestmark = pytest.mark.slow
#: What a rebuild may read.
KEPT = ("records", "sources", "files")
COMPARED = {
    "transits/cluster_model",
    "observations/observation_files",
    "observations/light_curves",
    "observations/selected_files",
    "transits/detrended_light_curves",
    "transits/transit_candidates",
    "transits/folded_views",
    "transits/transit_features",
    "transits/tsfresh_features",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Keep what is left of a home when tables and models are gone."""
    root = tmp_path_factory.mktemp("kept")
    home = homes.new_home(root / "home", *STARS)
    assert astro_assets("run", home=home).returncode == 0
    fitted = astro_assets(
        "train", "cluster_model", "--mode", "custom", "--set", "fewest_candidates=20", home=home
    )
    assert fitted.returncode == 0, fitted.stderr
    (path,) = (home.root / "records").glob("*.json")
    bare = root / "bare"
    bare.mkdir()
    shutil.copy(home.root / "home.toml", bare)
    for name in KEPT:
        shutil.copytree(home.root / name, bare / name)
    artefact = json.loads(path.read_bytes())["expected"]["artefact"]
    (bare / "files" / artefact[:2] / artefact).unlink()
    return open_home(bare)


def test_a_rebuild_from_raw_files_is_the_same_to_the_bit(kept: Home, tmp_path: Path) -> None:
    result = astro_assets(
        "rebuild", "cluster_model", "--into", tmp_path / "into", "--format", "json", home=kept
    )
    assert result.returncode == 0, result.stdout + result.stderr
    told = json.loads(result.stdout)
    assert {of["name"] for of in told["compared"] if of["is_same"]} == COMPARED
    assert told["is_reproducible"]
    assert told["causes"] == []


def test_what_is_missing_is_named(kept: Home, tmp_path: Path) -> None:
    copy = homes.copy_of(kept, tmp_path / "copy")
    (path,) = (copy.root / "records").glob("*.json")
    rows = json.loads(path.read_bytes())["world"]["sources"]["observations/raw_files"]
    sha256 = min(key for key, of in rows.items() if of[0]["file_name"] == "star103.fits")
    (copy.root / "files" / sha256[:2] / sha256).unlink()
    result = astro_assets("rebuild", "cluster_model", home=copy)
    assert result.returncode == 2
    assert "a raw file is missing" in result.stderr
    assert "star103.fits" in result.stderr


def test_what_was_not_made_to_come_out_the_same_is_refused(kept: Home, tmp_path: Path) -> None:
    copy = homes.copy_of(kept, tmp_path / "copy")
    (path,) = (copy.root / "records").glob("*.json")
    told = json.loads(path.read_bytes())
    told["circumstances"]["why_not"] = ["it was fitted on 2 threads, not pinned to one"]
    del told["checksum"]
    path.write_text(json.dumps({**told, "checksum": hash_json(told)}))
    result = astro_assets("rebuild", "cluster_model", home=copy)
    assert result.returncode == 2
    assert "cannot be called reproducible: it was fitted on 2 threads" in result.stderr
    assert "--anyway" in result.stderr
