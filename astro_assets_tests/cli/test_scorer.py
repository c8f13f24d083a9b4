"""`astro-assets train`, `models`, `model-card` and `score`: from a file of labelled events to scores."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import MODEL_AUDITS, MODEL_MEMBERS, MODELS, PROMOTED_MODELS
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.models import promote
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.instance import open_instance
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets_tests.cli.commands import astro_assets, kill_session, started, wait_for_end
from astro_assets_tests.ledger.places import file_path
from astro_assets_tests.orchestration import homes
from astro_assets_tests.transits.scorer.events import event_frame, write_events

SMALL = (
    "--mode", "custom", "--set", "folds=2", "--set", "members=1", "--set", "trees=20",
    "--set", "network.epochs=6", "--set", "network.batch=16", "--set", "resamples=50",
)  # fmt: skip
N_STARS = 80


def trained_home(factory: pytest.TempPathFactory) -> Home:
    """Return three searched stars scored by a scorer that was trained on made-up events, the same for all."""
    searched = homes.made_once(factory, "searched_home", homes.make_searched_home)

    def make(folder: Path) -> None:
        folder.mkdir()
        home = homes.copy_of(open_home(searched), folder / "home")
        events = write_events(folder / "events.parquet", event_frame(N_STARS, events_per_star=2))
        result = astro_assets("train", "transit_scorer", "--events", events, *SMALL, home=home)
        assert result.returncode == 0, result.stderr

    return open_home(homes.made_once(factory, "trained", make) / "home")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    return trained_home(tmp_path_factory)


@pytest.fixture(scope="module")
def events(home) -> Path:
    return home.root.parent / "events.parquet"


def models(home):
    return json.loads(astro_assets("models", "--format", "json", home=home).stdout)


@pytest.mark.slow
class TestScorer:
    def test_a_version_says_what_it_is_made_of(self, home, events):
        (version,) = models(home)
        assert version["aliases"] == ["champion"]
        assert version["origin"] == "real"
        assert version["trained_on_real"] == 2 * N_STARS
        assert version["figures"]["counts"]["judged"] == N_STARS
        assert version["config"]["network"]["epochs"] == 6
        ledger = homes.ledger_of(home)
        members = ledger.open(MODEL_MEMBERS).rows(["model_version", "member_table", "member_key"]).collect()
        assert members.height == 2 * N_STARS
        assert set(members["member_key"]) == {sha256_of(events)}, "down to the file"
        assert not (home.root / "trainings" / version["model_version"]).exists()

    def test_the_card_tells_data_figures_and_hashes(self, home, events):
        (version,) = models(home)
        card = astro_assets("model-card", "champion", home=home).stdout
        for text in (
            version["model_version"], version["training_root"], "| PC |", "average precision",
            "Calibration", "Gate", "Edge model", "Leaks across folds: none found", "1 version(s)",
        ):  # fmt: skip
            assert text in card
        assert astro_assets("model-card", version["model_version"][:6], home=home).stdout == card

    @pytest.mark.parametrize("options", [(), ("--edge",), ("--model", "champion")])
    def test_scores_are_one_row_an_event_in_order(self, home, events, tmp_path, options):
        frame = event_frame(30, seed=5)
        unlabelled = write_events(tmp_path / "new.parquet", frame.drop("disposition", "src"))
        out = tmp_path / "made" / "scores.parquet"
        result = astro_assets("score", unlabelled, "--out", out, *options, home=home)
        assert result.returncode == 0, result.stderr
        scores = pl.read_parquet(out)
        assert scores.columns == [*CLASSES, "planet_or_eb", "abstain", "conformal_set", "gate"]
        assert scores.height == 30
        np.testing.assert_allclose(scores.select(pl.sum_horizontal(CLASSES)).to_series(), 1)
        np.testing.assert_allclose(
            scores["planet_or_eb"], scores["planetary_transit"] + scores["eclipsing_binary"]
        )
        is_eclipse = frame["disposition"].is_in(["PC", "EB"])
        assert ((scores["planet_or_eb"] > 0.5) == is_eclipse).mean() > 0.8
        assert set(scores["conformal_set"].explode().drop_nulls()) <= set(CLASSES)
        assert [path.name for path in out.parent.iterdir()] == ["scores.parquet"], "nothing half-written"

    def test_the_same_again_is_not_trained_again(self, home, events):
        result = astro_assets("train", "transit_scorer", "--events", events, *SMALL, home=home)
        assert result.returncode == 0, result.stderr
        assert len(models(home)) == 1

    def test_the_run_is_recorded_with_the_hashes(self, home):
        from astro_assets.learning.tracking import aliases, find_run

        (version,) = models(home)
        assert find_run(home.root, "transits/transit_scorer", version["model_version"])
        assert aliases(home.root, "transits.transit_scorer") == {"champion": "1"}

    def test_its_page_shows_every_picture(self, home):
        with open_instance(home) as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey(["transits", "transit_scorer"]))
        shown = event.asset_materialization.metadata
        pictures = {name for name, value in shown.items() if "data:image/png;base64" in str(value.value)}
        assert pictures == {
            "precision, recall and ROC", "calibration", "confusion", "learning", "hardest examples",
        }  # fmt: skip

    def test_the_ui_tells_what_the_command_audits(self, home):
        told = json.loads(astro_assets("audit", "transit_scorer", "--format", "json", home=home).stdout)
        ledger = homes.ledger_of(home)
        (row,) = ledger.open(MODEL_AUDITS).rows().collect().to_dicts()
        assert json.loads(file_path(ledger.objects, row["audit"]).read_text()) == told
        assert (row["n_rows_trained_on"], row["n_stars"], row["n_files"]) == (2 * N_STARS, N_STARS, 1)
        assert row["n_checks_failed"] == 0
        with open_instance(home) as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey(["transits", "transit_scorer"]))
        shown = event.asset_materialization.metadata
        counts: dict[str, dict[str, int]] = {}
        for record in shown["audit_counts"].records:
            counts.setdefault(record.data["counted by"], {})[record.data["value"]] = record.data["rows"]
        assert counts == {name: of for name, of in told["training"]["counts"].items() if of}
        assert sum(counts["class"].values()) == 2 * N_STARS
        assert shown["audit"].value.startswith(f"{2 * N_STARS} rows of {N_STARS} stars from 1 files")
        assert shown["audits"].value == "/assets/ledger/model_audits"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("score", "{events}", "--out", "{out}", "--model", "nobody"), "no version or alias 'nobody'"),
            (("score", "{out}", "--out", "{out}"), "there is no such file"),
            (("model-card", "zz"), "no version or alias 'zz'"),
            (("train", "transit_scorer", "--events", "{text}"), "cannot be read as Parquet"),
            (("train", "transit_scorer", "--set", "folds=3"), "--set goes with --mode custom"),
            (
                ("train", "transit_scorer", "--events", "{events}", "--mode", "custom", "--set", "fold"),
                "NAME=VALUE",
            ),
            (
                ("train", "transit_scorer", "--events", "{events}", "--mode", "custom", "--set", "fold=3"),
                "fold: there is no such setting; there are ",
            ),
            (
                ("train", "transit_scorer", "--mode", "custom", "--set", "network.epochs=few"),
                "the settings of transits/transit_scorer network.epochs: Input should be a valid integer",
            ),
            (
                ("train", "cluster_model", "--mode", "custom", "--set", "nothing=1"),
                "nothing: there is no such setting",
            ),
        ],
    )
    def test_faults_are_told_in_a_line(self, home, events, tmp_path, arguments, message):
        text = tmp_path / "text.parquet"
        text.write_text("not a table")
        places = {"events": events, "out": tmp_path / "none.parquet", "text": text}
        result = astro_assets(*(argument.format(**places) for argument in arguments), home=home)
        assert result.returncode != 0
        assert message in result.stderr
        assert "Traceback" not in result.stderr
        assert not (tmp_path / "none.parquet").exists()


#: Networks of a training with SMALL: one in each fold, a student in each, and the one that is shipped.
N_NETWORKS = 5


def networks(home: Home) -> dict[str, tuple[int, int]]:
    """Return the networks that trainings have kept: which file each is, and when it was written."""
    found = {}
    for path in (home.root / "trainings").glob("*/*.safetensors"):
        with suppress(FileNotFoundError):  # a training that ends removes its folder
            found[path.name] = (path.stat().st_ino, path.stat().st_mtime_ns)
    found.pop("inputs.safetensors", None)
    return found


def kill_a_training(home: Home, events: Path) -> dict[str, tuple[int, int]]:
    """Kill a training and all its processes once a network is fitted; return the networks that it leaves."""
    run = started("train", "transit_scorer", "--events", events, *SMALL, home=home)
    try:
        while not networks(home) and run.poll() is None:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
        assert run.wait(timeout=60) == -signal.SIGKILL
        assert not wait_for_end(run.pid)
    finally:
        kill_session(run.pid)
    return networks(home)


def networks_during(run: subprocess.Popen[bytes], home: Home) -> dict[str, set[tuple[int, int]]]:
    """Wait for the end of a training, and return each file that a network of it was in meanwhile."""
    seen: dict[str, set[tuple[int, int]]] = {}
    while run.poll() is None:
        for name, file in networks(home).items():
            seen.setdefault(name, set()).add(file)
        time.sleep(0.01)
    return seen


def put_champion(home: Home, version: dict[str, Any]) -> None:
    """Store a version under another name, and promote it."""
    ledger = homes.ledger_of(home)
    row = {name: version[name] for name in (*MODELS.schema.names, "origin")}
    put_units(ledger, MODELS, {f"{row['model']}@earlier": [{**row, "model_version": "earlier"}]})
    promote(ledger, row["model"], "earlier", why="planted")


def stored(home: Home) -> dict[str, list[Any]]:
    """Return what there is of models in a home: the units of their tables, and files that are kept."""
    tables = (MODELS, MODEL_MEMBERS, PROMOTED_MODELS)
    kept = [path.name for path in (home.root / "files").rglob("*") if path.is_file()]
    return {
        **{table.name: homes.units(home, table.name, "output_hash").rows() for table in tables},
        "files": sorted(name for name in kept if not name.startswith(".partial-")),
    }


@pytest.mark.slow
def test_a_killed_training_stores_nothing_and_goes_on_with_its_networks(home, events, tmp_path):
    """The undisturbed training in the other home says what is to come of it."""
    (undisturbed,) = versions(homes.ledger_of(home))
    killed = open_home(tmp_path / "home")
    put_champion(killed, undisturbed)
    before = stored(killed)
    kept = kill_a_training(killed, events)
    assert 0 < len(kept) < N_NETWORKS
    assert [(row["model_version"], row["aliases"]) for row in models(killed)] == [("earlier", ["champion"])]
    assert stored(killed) == {**before, "files": [sha256_of(events)]}

    run = started("train", "transit_scorer", "--events", events, *SMALL, home=killed)
    seen = networks_during(run, killed)
    assert run.returncode == 0
    assert {name: seen[name] for name in kept} == {name: {file} for name, file in kept.items()}
    assert len(seen) > len(kept), "what was missing is fitted"
    _, version = versions(homes.ledger_of(killed))
    for name in ("model_version", "training_root", "artefact", "aliases"):
        assert version[name] == undisturbed[name]


def test_a_home_without_labels_says_so(tmp_path):
    home = open_home(tmp_path / "home")
    result = astro_assets("train", "transit_scorer", home=home)
    assert result.returncode == 1
    assert "there are no rows to fit on" in result.stderr
    result = astro_assets("model-card", "champion", home=home)
    assert result.returncode == 2
    assert "no transit scorer was trained yet" in result.stderr
