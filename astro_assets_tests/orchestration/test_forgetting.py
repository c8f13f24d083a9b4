"""Forgetting removes what this package wrote, asks about what tells of others, and names what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import FORGOTTEN
from astro_assets.ledger.model_tables import MODELS, TRACKED_RUNS
from astro_assets.ledger.models import fit_model, promote
from astro_assets.ledger.retraction import forgotten_models
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.forgetting import forget
from astro_assets.orchestration.forgetting_files import Gone
from astro_assets.orchestration.forgetting_journal import ForgettingError, begun, end
from astro_assets.orchestration.run_marks import journal_path
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.home_bytes import contents
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger

PATTERN = r"(?i:sim)[\s_.-]*0*2(?![0-9])"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Three stars, a model that was trained on them, its record."""
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.6 + i, 0.3]) for i in (1, 2, 20)))
    refresh(ledger)
    promote(ledger, "toy/level", fit_model(ledger, toy.level_spec(ledger.table("stars"))), why="a test")
    return ledger


def forgotten(ledger: Ledger, target: str = "SIM 2", *, with_shared: bool = False) -> Gone:
    gone = forget(ledger, begun(ledger, target, PATTERN, "asked for", with_shared=with_shared))
    end(ledger.home)
    return gone


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_files_of_others_stay_and_are_named(ledger: Ledger) -> None:
    root = ledger.home.root
    places = {
        "notes.txt": b"on SIM 2", "files/mine.txt": b"SIM_002", "tables/toy/mine.csv": b"id\nsim 2\n",
        "records/mine/of it.json": b"'SIM 2'", "report/my remarks.md": b"sim2", "mine/SIM 2/file": b"",
        "objects/drawing.png": b"\x89PNG\r\n", "config.toml": b"# because of SIM 2\n",
        "inbox/plan.csv": b"sim-2", "mlflow_artifacts/mine/model.txt": b"SIM 2",
    }  # fmt: skip
    for name, data in places.items():
        write(root / name, data)
    silent = write(root / "mine" / "other.txt", b"SIM 20")
    gone = forgotten(ledger)
    assert {name: (root / name).read_bytes() for name in places} == places
    assert silent.exists()
    told = "\n".join(gone.left)
    for name in places:
        assert f"{name} m" in told or str(Path(name).parent) + " m" in told, name
    assert "objects/drawing.png may tell of the star" in told
    assert "other.txt" not in told


def test_what_this_package_wrote_goes(ledger: Ledger) -> None:
    root = ledger.home.root
    mine = {
        "report/pages.json": b'{"pages": {"targets/SIM-2.html": "x"}}', "report/targets/SIM-2.html": b"SIM 2",
        "report/index.html": b"SIM 2", "report/static/names.js": b"SIM 2", "inbox.sqlite": b"SIM 2",
        "report/xray.html": b"SIM 2", "report/xray/0f0f.html": b"SIM 2", "report/images.html": b"SIM 2",
        "files/ab/.partial-xyz": b"SIM 2", "trainings/abc/inputs": b"SIM 2", "records/toy.lost": b"SIM 2",
    }  # fmt: skip
    for name, data in mine.items():
        write(root / name, data)
    assert list((root / "records").glob("*.json"))
    gone = forgotten(ledger)
    assert gone.left == []
    assert not [name for name in mine if (root / name).exists()]
    assert not [name for name, data in contents(root) if b"SIM 2\n" in data + b"\n" and "sources" not in name]
    assert not list((root / "records").iterdir()), "the model cannot be rebuilt, whatever its record told"
    assert len(forgotten_models(ledger)) == 1


def test_a_model_on_a_server_is_named_where_it_is(ledger: Ledger) -> None:
    (version,) = ledger.open(MODELS).rows(["model_version"]).select("model_version").collect().to_series()
    known = {"model": "toy/level", "model_version": version, "tracker": "mlflow", "tracked_run": "abc"}
    rows = {f"toy/level@{version}": [{**known, "address": "https://mlflow.example"}]}
    put_units(ledger, TRACKED_RUNS, rows)
    (line,) = forgotten(ledger).left
    assert "the MLflow server at https://mlflow.example keeps a model" in line
    assert "as run abc" in line


def test_what_was_interrupted_may_take_more_with_it_and_not_less(ledger: Ledger) -> None:
    journal = begun(ledger, "SIM 2", PATTERN, "asked for", with_shared=False)
    with pytest.raises(ForgettingError, match="forgetting another target was interrupted"):
        begun(ledger, "SIM 1", PATTERN, "asked for", with_shared=False)
    more = begun(ledger, "SIM 2", PATTERN, "asked for", with_shared=True)
    assert (more.with_shared, more.salt, more.trace) == (True, journal.salt, journal.trace)
    assert begun(ledger, "SIM 2", PATTERN, "asked for", with_shared=True) == more
    with pytest.raises(ForgettingError, match="give --purge-files again"):
        begun(ledger, "SIM 2", PATTERN, "asked for", with_shared=False)
    end(ledger.home)
    assert not journal_path(ledger.home).exists()


def test_a_target_is_forgotten_again_under_the_same_tombstone(ledger: Ledger) -> None:
    forgotten(ledger)
    (before,) = ledger.open(FORGOTTEN).rows().collect().to_dicts()
    put_files(ledger, toy.file_row("again", "SIM 2", [0.7, 0.3]))
    forgotten(ledger)
    (after,) = ledger.open(FORGOTTEN).rows().collect().to_dicts()
    assert after == before
    assert json.loads(after["removed"])["models"] == 1
    assert not [name for name, data in contents(ledger.home.root / "tables") if b"SIM 2\n" in data + b"\n"]
