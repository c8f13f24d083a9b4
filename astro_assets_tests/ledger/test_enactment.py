"""What a model or a unit was made of is enough to make it again, to the bit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.circumstances import THREADS_VARIABLE
from astro_assets.ledger.enactment import Enacted, Stage
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.records import (
    RecordError,
    find_record,
    read_record,
    record_key,
    why_not_reproducible,
)
from astro_assets.ledger.retraction import set_retracted
from astro_assets.ledger.table import Config, Parents, Table
from astro_assets.ledger.update import put_units
from astro_assets.ledger.worlds import LostHistoryError, World, world_of_model, world_of_unit
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import file_path, record_path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home", with_models=True, config={"curves": toy.CurveConfig(offset=0.25)})
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.1 * i, 0.7]) for i in range(12)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    return ledger


def spec_of(ledger: Ledger) -> ModelSpec:
    return toy.level_spec(ledger.table("stars"))


def stage(ledger: Ledger, root: Path) -> Stage:
    """Return a stage with default settings: what settings there were is told by the world."""
    default = toy_ledger(root / "unused", with_models=True)
    return Stage(default.tables, (spec_of(default),), ledger.objects, root)


def world_of_row(ledger: Ledger, table: str, key: str) -> World:
    rows = ledger.open(ledger.table(table)).rows([]).filter(pl.col("key") == key).collect()
    of = rows.select(pl.lit(ledger.table(table).name).alias("table"), "key", "row_hash")
    return world_of_unit(ledger, ancestry(ledger, of), ledger.table(table).name, key)


def artefact(ledger: Ledger, version: str) -> str:
    rows = ledger.open(MODELS).rows(["model_version", "artefact"]).collect()
    return str(rows.filter(pl.col("model_version") == version)["artefact"][0])


def test_a_model_is_made_again_from_what_was_put_in(ledger: Ledger, tmp_path: Path) -> None:
    version = fit_model(ledger, spec_of(ledger))
    sha256 = artefact(ledger, version)
    put_files(ledger, toy.file_row("f0", "SIM 0", [9.0]), remove=["f5"])
    refresh(ledger)
    world = world_of_model(ledger, "toy/level", version)
    found = stage(ledger, tmp_path / "again").enact(world)
    assert (found.version, found.artefact) == (version, sha256)
    assert set(found.roots) == {"toy/curves", "toy/stars"}


def test_a_world_survives_json(ledger: Ledger) -> None:
    promote(ledger, "toy/level", fit_model(ledger, spec_of(ledger)), why="the first")
    refresh(ledger)
    world = world_of_row(ledger, "labels", "SIM 1")
    assert World.from_json(json.loads(json.dumps(world.to_json()))) == world
    assert set(world.applied) == {"toy/level:champion"}


def test_a_row_is_made_again_with_the_model_that_it_applied(ledger: Ledger, tmp_path: Path) -> None:
    promote(ledger, "toy/level", fit_model(ledger, spec_of(ledger)), why="the first")
    refresh(ledger)
    world = world_of_row(ledger, "labels", "SIM 1")
    found = stage(ledger, tmp_path / "again").enact(world)
    rows = ledger.open(ledger.table("labels")).rows(["target_id", "is_high"]).filter(key="SIM 1").collect()
    assert found.rows == rows.select("target_id", "is_high").to_dicts()
    assert set(found.models) == {"toy/level:champion"}, "it was fitted again"
    known = {world.applied["toy/level:champion"].world.digest: _file(ledger, found)}
    again = replace(stage(ledger, tmp_path / "known"), known=known).enact(world)
    assert (again.rows, again.models) == (found.rows, {}), "what is known is not fitted"


def _file(ledger: Ledger, found: Enacted) -> Path:
    return file_path(ledger.objects, str(found.models["toy/level:champion"].artefact))


def test_other_settings_make_another_model(ledger: Ledger, tmp_path: Path) -> None:
    version = fit_model(ledger, spec_of(ledger))
    world = world_of_model(ledger, "toy/level", version)
    assert world.configs["toy/curves"] == {"offset": 0.25}
    other = replace(world, configs={**world.configs, "toy/curves": {"offset": 0.5}})
    found = stage(ledger, tmp_path / "again").enact(other)
    assert found.artefact != artefact(ledger, version)


def fit_chain(rows: Parents, config: Config) -> tuple[bytes, dict[str, Any]]:
    """Add the sum of the levels to what was there before."""
    before = b"".join(row["artefact"].read_bytes() for row in rows["previous"])
    return before + f"{sum(row['level'] for row in rows['stars'])}\n".encode(), {}


def test_a_model_is_made_again_that_goes_on_from_one_that_goes_on_from_another(
    ledger: Ledger, tmp_path: Path
) -> None:
    def chain(stars: Table) -> ModelSpec:
        return ModelSpec("toy/level", fit_chain, (Training(stars, ("level",), "stars"),), is_continued=True)

    made = []
    for level in (3.0, 4.0, 5.0):
        put_files(ledger, toy.file_row("f0", "SIM 0", [level]))
        refresh(ledger, ["curves", "stars"])
        made.append(fit_model(ledger, chain(ledger.table("stars"))))
        promote(ledger, "toy/level", made[-1], why="the next")
    assert len(set(made)) == 3
    world = world_of_model(ledger, "toy/level", made[-1])
    (second,) = world.applied.values()
    assert [of.world.wanted[1] for of in second.world.applied.values()] == made[:1]
    default = toy_ledger(tmp_path / "unused", with_models=True)
    again = Stage(default.tables, (chain(default.table("stars")),), ledger.objects, tmp_path / "again")
    found = again.enact(world)
    assert (found.version, found.artefact) == (made[-1], artefact(ledger, made[-1]))
    assert read_record(ledger.home.storage, record_key("toy/level", made[-1])).world == world


def test_a_version_that_could_not_be_recorded_says_why(ledger: Ledger, tmp_path: Path) -> None:
    version = fit_model(ledger, spec_of(ledger))
    path = record_path(ledger.home, "toy/level", version)
    assert why_not_reproducible(ledger.home, "toy/level", version) == []
    path.unlink()
    assert why_not_reproducible(ledger.home, "toy/level", version) == [
        "it has no record: it was fitted before records were kept"
    ]
    environments = (ledger.home.root / "environments").rename(tmp_path / "environments")
    assert fit_model(ledger, spec_of(ledger)) == version
    (reason,) = why_not_reproducible(ledger.home, "toy/level", version)
    assert reason.startswith("it has no record: ")
    assert reason.endswith(".json is missing")
    with pytest.raises(RecordError, match=r"toy/level@.* has no record: .*\.json is missing"):
        find_record(ledger, f"level@{version}")
    environments.rename(ledger.home.root / "environments")
    fit_model(ledger, spec_of(ledger))
    assert why_not_reproducible(ledger.home, "toy/level", version) == []


def test_what_is_gone_is_named(ledger: Ledger) -> None:
    with pytest.raises(LostHistoryError, match="ledger/models holds no unit 'toy/level@zz'"):
        world_of_model(ledger, "toy/level", "zz")


def test_rows_of_a_retracted_star_stay_out_of_a_unit_of_many_stars(tmp_path: Path) -> None:
    """The world names nobody: rows that did not count are told by their hashes."""
    described = replace(toy.CATALOGUE, described_by={"star": "target_id"})
    home = toy_ledger(tmp_path / "home", with_models=True)
    ledger = replace(home, tables=tuple(described if t == toy.CATALOGUE else t for t in home.tables))
    rows = [{"entry": f"e{i}", "target_id": f"TIC {i}", "factor": 1.0 + i} for i in range(4)]
    put_units(ledger, described, {"all": rows})
    spec = ModelSpec("toy/level", fit_factors, (Training(described, ("factor",), "stars"),))
    with_all = fit_model(ledger, spec)
    set_retracted(ledger, "TIC 2", "a blend", is_retracted=True)
    version = fit_model(ledger, spec)
    assert version != with_all
    world = world_of_model(ledger, "toy/level", version)
    assert len(world.without["stars"]) == 1
    assert world_of_model(ledger, "toy/level", with_all).without == {}
    made = Stage(ledger.tables, (spec,), ledger.objects, tmp_path / "again").enact(world)
    assert (made.version, made.artefact) == (version, artefact(ledger, version))


def fit_factors(rows: Parents, config: Config) -> tuple[bytes, dict[str, float]]:
    return repr(sorted(row["factor"] for row in rows["stars"])).encode(), {}


def test_a_fit_on_more_threads_is_another_version(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS_VARIABLE, "2")
    unpinned = fit_model(ledger, spec_of(ledger))
    monkeypatch.delenv(THREADS_VARIABLE)
    assert fit_model(ledger, spec_of(ledger)) != unpinned
