"""A star that a real scorer was trained on is retracted, taken back, and forgotten."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.left_out import FORGOTTEN
from astro_assets.ledger.models import promote
from astro_assets.observations.spellings import spellings
from astro_assets_tests.catalogs.made_catalogs import TOI_ROW, write
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.ledger.home_bytes import contents
from astro_assets_tests.ledger.places import record_path
from astro_assets_tests.orchestration import homes
from astro_assets_tests.transits.scorer.events import event_frame, write_events

_SMALL = (
    "--mode", "custom", "--set", "folds=2", "--set", "members=1", "--set", "trees=10",
    "--set", "network.epochs=2", "--set", "network.batch=16", "--set", "resamples=50",
)  # fmt: skip
_N_STARS = 60
STAR, NUMBER = "TIC 1005", "1005"


def told(*arguments: str, home: Home) -> Any:
    result = astro_assets(*arguments, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def models(home: Home) -> dict[str, Any]:
    """Return the versions of the scorer by alias, and those without as ``older``."""
    found = {}
    for version in told("models", home=home):
        found |= dict.fromkeys(version["aliases"] or ["older"], version)
    return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Train a scorer on events, one of its stars in a catalogue, and write a report; an alias besides."""
    folder = tmp_path_factory.mktemp("trained")
    home = open_home(folder / "retracted", n_shards=homes.N_SHARDS)
    listed = write(folder / "toi.csv", {**TOI_ROW, "tid": NUMBER}, {**TOI_ROW, "toi": "701.01", "tid": "77"})
    result = astro_assets("catalogs", "add", listed, home=home)
    assert result.returncode == 0, result.stderr
    events = write_events(folder / "events.parquet", event_frame(_N_STARS, events_per_star=2))
    result = astro_assets("train", "transit_scorer", "--events", events, *_SMALL, home=home)
    assert result.returncode == 0, result.stderr
    ledger, version = homes.ledger_of(home), models(home)["champion"]
    promote(ledger, version["model"], version["model_version"], alias="published", why="a paper")
    assert astro_assets("report", home=home).returncode == 0
    # MLflow goes on writing where a home was made: the copy is what stays as it is.
    return homes.copy_of(home, folder / "home")


@pytest.fixture(scope="module")
def retracted(trained: Home) -> tuple[Home, str]:
    """Retract the star, and return what the command said, too."""
    home = open_home(trained.root.with_name("retracted"))
    result = astro_assets("retract", STAR, "--why", "blended", home=home)
    assert result.returncode == 0, result.stderr
    return home, result.stdout


@pytest.mark.slow
class TestRetract:
    def test_what_descends_is_listed_first_and_the_model_is_fitted_without_it(
        self, trained: Home, retracted: tuple[Home, str]
    ) -> None:
        (home, said), before = retracted, models(trained)["champion"]
        old, name = before["model_version"], before["model"]
        assert f"{name}@{old}: 2 of {2 * _N_STARS} rows that it was fitted on" in said
        assert said.index("What descends from the target TIC 1005") < said.index("rows of TIC 1005 are out")
        assert "catalogs/tess_objects: 1 rows of TIC 1005 are out" in said
        new = models(home)["champion"]
        assert new["model_version"] != old
        assert new["trained_on_real"] == 2 * (_N_STARS - 1)
        assert new["config"] == before["config"]
        assert new["retracted_stars"] == []
        assert f"{name} without TIC 1005: {new['model_version']} promoted" in said
        assert f"{old} was trained on 2 rows of TIC 1005: it is the published still, and is flagged" in said
        assert "Not fitted again: the published; only a champion is" in said

    def test_the_old_version_is_flagged_and_its_audit_shows_the_star(
        self, retracted: tuple[Home, str]
    ) -> None:
        home, _ = retracted
        old = models(home)["published"]
        assert old["retracted_stars"] == [STAR]
        shown = told("audit", f"transit_scorer@{old['model_version']}", home=home)
        assert STAR in shown["stars"]
        rows = {row["star"]: row["status"] for row in shown["members"]}
        assert rows[STAR] == "retracted"
        assert set(rows.values()) == {"retracted", "as trained on"}
        assert STAR not in told("audit", "transit_scorer", home=home)["stars"]

    def test_taken_back_its_rows_are_there_again(
        self, trained: Home, retracted: tuple[Home, str], tmp_path: Path
    ) -> None:
        home = homes.copy_of(retracted[0], tmp_path / "home")
        show = ("show", "catalogs/tess_objects", "--target", STAR)
        assert told(*show, home=home) == []
        result = astro_assets("retract", STAR, "--undo", "--why", "it was not", home=home)
        assert result.returncode == 0, result.stderr
        assert told(*show, home=home) == told(*show, home=trained) != []
        assert models(home)["published"]["retracted_stars"] == []
        assert len(told("models", home=home)) == 2


def _mentioning(home: Home, *words: str) -> set[str]:
    wanted = re.compile("|".join([spellings(STAR), *map(re.escape, words)]).encode())
    found = {name for name, data in contents(home.root) if wanted.search(data)}
    return {name for name in found if not name.startswith("sources/")}  # our own code may name any star


def _row_hashes(home: Home) -> list[str]:
    rows = homes.ledger_of(home)
    frame = rows.open(rows.table("events")).rows(["target_id"]).collect()
    return frame.filter(pl.col("target_id") == STAR)["row_hash"].to_list()


@pytest.mark.slow
def test_nothing_of_a_star_that_a_model_was_trained_on_remains(
    trained: Home, retracted: tuple[Home, str], tmp_path: Path
) -> None:
    """First what tells of others too is kept and named, with files of the user's own; then it goes."""
    home = homes.copy_of(retracted[0], tmp_path / "home")
    root, words, old = home.root, _row_hashes(home), models(home)["published"]
    assert astro_assets("report", home=home).returncode == 0
    notes, events = root / "notes.txt", root / "mine" / "events.parquet"
    notes.write_text(f"{STAR} is blended")
    events.parent.mkdir()
    shutil.copy(trained.root.parent / "events.parquet", events)
    shared = {sha256_of(events), sha256_of(trained.root.parent / "toi.csv")}
    kept = {f"files/{sha256[:2]}/{sha256}" for sha256 in shared}
    before = _mentioning(home, *words, old["artefact"])
    for place in ("tables/", "dagster/", "report/", "records/", "mlflow", "files/"):
        assert any(name.startswith(place) for name in before), place

    forget = ("forget", STAR, "--why", "its owner asked")
    result = astro_assets(*forget, home=home)
    assert result.returncode == 1, result.stderr
    assert "notes.txt mentions the star, and is yours" in result.stdout
    assert "mine/events.parquet may tell of the star, and is yours" in result.stdout
    for sha256 in shared:
        assert f"the stored file {sha256[:12]} tells of other stars too, and is kept" in result.stdout
    assert "4 files tell of the star still, or may" in result.stderr
    assert all((root / name).is_file() for name in kept)
    # As long as their file is there, the rows that a rebuild must leave out of it are known by their hashes.
    record = record_path(home, old["model"], models(home)["champion"]["model_version"])
    assert _mentioning(home, *words) <= {"notes.txt", *kept, f"records/{record.name}"}
    assert "1005" not in json.dumps(told("show", "catalogs/catalog_entries", home=home))
    assert len(told("show", "catalogs/catalog_entries", home=home)) == 1, "the other star's entry"

    notes.unlink()
    shutil.rmtree(events.parent)
    result = astro_assets(*forget, "--purge-files", home=home)
    assert result.returncode == 0, result.stderr
    assert not any((root / name).exists() for name in kept)
    assert _mentioning(home, *words) == set()
    _check_what_is_left(home, old)


def _check_what_is_left(home: Home, old: dict[str, Any]) -> None:
    ledger = homes.ledger_of(home)
    assert ledger.open(FORGOTTEN).rows([]).collect().height == 1
    assert told("targets", "find", STAR, home=home)["forgotten"]["why"] == "its owner asked"
    champion = models(home)["champion"]
    assert champion["trained_on_real"] == 2 * (_N_STARS - 1)
    assert STAR not in told("audit", "transit_scorer", home=home)["stars"]
    version = f"transit_scorer@{old['model_version']}"
    result = astro_assets("rebuild", version, home=home)
    assert result.returncode == 2
    assert "cannot be rebuilt: a star was forgotten" in result.stderr
    artefacts = {path.name for path in (home.root / "files").glob("*/*")}
    assert old["artefact"] not in artefacts
    assert champion["artefact"] in artefacts
    tracked = [sha256_of(path) for path in (home.root / "mlflow_artifacts").rglob("*.zip")]
    assert tracked == [champion["artefact"]]
