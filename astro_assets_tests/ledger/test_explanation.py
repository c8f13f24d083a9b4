"""Thirty planted changes: each is attributed to what was changed, and the parts add up to the whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pytest

from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.enactment import Stage
from astro_assets.ledger.explanation import Explanation, explain
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.model_tables import MODEL_TABLES, PROMOTED_MODELS
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.worlds import World, world_of_unit
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh

STAR = "SIM 1"
HERE = "versions that are here"


class ScoreConfig(Config):
    """Settings of the scores."""

    weight: float = 1.0
    seed: int = 0


class ModelConfig(Config):
    """Settings of the model."""

    power: float = 1.0
    seed: int = 0


def score(key: str, parents: Parents, config: ScoreConfig) -> list[dict[str, Any]]:
    (star,), (model,) = parents["stars"], parents["model"]
    noise = float(np.random.default_rng(config.seed).normal())
    difference = star["level"] - float(model["artefact"].read_text())
    return [{"target_id": key, "score": config.weight * difference + 0.01 * noise}]


def score_again(key: str, parents: Parents, config: ScoreConfig) -> list[dict[str, Any]]:
    return [{**row, "score": 2 * row["score"]} for row in score(key, parents, config)]


def fit(rows: Parents, config: ModelConfig) -> tuple[bytes, Mapping[str, Any]]:
    levels = np.array([row["level"] for row in rows["stars"]])
    start = float(np.random.default_rng(config.seed).normal())
    return repr(float((levels**config.power).mean()) + 0.1 * start).encode(), {}


@dataclass
class Setting:
    """A home of the toy wing with scores, and how it is made now."""

    root: Path
    code: dict[str, int] = field(default_factory=dict)
    configs: dict[str, Config] = field(default_factory=dict)
    model: ModelConfig = field(default_factory=ModelConfig)
    installed: str = HERE
    codes: dict[str, dict[str, int]] = field(default_factory=dict)

    def tables(self, code: Mapping[str, int], configs: Mapping[str, Config]) -> tuple[Table, ...]:
        own = toy.tables(code, configs)
        stars = next(table for table in own if table.name == "toy/stars")
        scores = Table(
            "toy/scores",
            Schema((toy.TARGET, Column("score", "float64", "A number."))),
            (score, score_again)[code.get("scores", 0)],
            (
                Parent(stars, ("level",)),
                Parent(PROMOTED_MODELS, ("artefact",), "model", on="alias", equals="toy/model:champion"),
            ),
            configs.get("scores", ScoreConfig()),
        )
        return (*own, *MODEL_TABLES, scores)

    def spec(self, tables: tuple[Table, ...]) -> ModelSpec:
        stars = next(table for table in tables if table.name == "toy/stars")
        return ModelSpec("toy/model", fit, (Training(stars, ("level",), "stars"),), self.model)

    def ledger(self) -> Ledger:
        return open_ledger(open_home(self.root, n_shards=2), self.tables(self.code, self.configs))

    def refreshed(self, *, refit: bool = True) -> Ledger:
        ledger = self.ledger()
        refresh(ledger, ["curves", "stars"])
        if refit:
            promote(ledger, "toy/model", fit_model(ledger, self.spec(ledger.tables)), why="it is new")
        refresh(ledger, ["scores"])
        return ledger

    def world(self) -> tuple[World, float]:
        """Return what the star's score is made of, and its value."""
        ledger = self.ledger()
        rows = ledger.open(ledger.table("scores")).rows(["score"]).filter(pl.col("key") == STAR).collect()
        found = ancestry(ledger, rows.select(pl.lit("toy/scores").alias("table"), "key", "row_hash"))
        name = repr(sorted(self.code.items()))
        self.codes[name] = dict(self.code)
        world = _of(world_of_unit(ledger, found, "toy/scores", STAR), name, self.installed)
        return world, float(rows["score"][0])

    def value_of(self, world: World, root: Path) -> float:
        """Make a world again in this process, with its code."""
        tables = self.tables(self.codes[world.code], {})
        stage = Stage(tables, (self.spec(tables),), self.ledger().objects, root)
        (row,) = stage.enact(world).rows
        return float(row["score"])


def _of(world: World, code: str, installed: str) -> World:
    """Name code and environment of a world, and of those of its models."""
    applied = {
        alias: replace(of, world=_of(of.world, code, installed)) for alias, of in world.applied.items()
    }
    return replace(world, code=code, installed=installed, applied=applied, versions={})


Change = Callable[[Setting], None]


def files(*rows: tuple[str, str, list[float]], remove: tuple[str, ...] = ()) -> Change:
    return lambda setting: (
        put_files(setting.ledger(), *(toy.file_row(*row) for row in rows), remove=remove) and None
    )


def entries(found: Mapping[str, tuple[str, float]], remove: tuple[str, ...] = ()) -> Change:
    return lambda setting: put_entries(setting.ledger(), found, remove) and None


def settings(**configs: Config) -> Change:
    return lambda setting: setting.configs.update(configs)


def code(**versions: int) -> Change:
    return lambda setting: setting.code.update(versions)


def model(**values: Any) -> Change:
    def change(setting: Setting) -> None:
        setting.model = setting.model.model_copy(update=values)

    return change


def installed(setting: Setting) -> None:
    setting.installed = "other versions"


NEW_VALUE = files(("f2", STAR, [-2.0, 0.9]))
NEW_FILE = files(("g", STAR, [4.0]))
OTHER_STAR = files(("f6", "SIM 3", [5.0]))
FACTOR = entries({"e": (STAR, 3.0)})
OTHER_ENTRY = entries({"o": ("SIM 3", 4.0)})
SCALE, OFFSET = settings(stars=toy.StarConfig(scale=2.0)), settings(curves=toy.CurveConfig(offset=1.5))
WEIGHT, SEED = settings(scores=ScoreConfig(weight=3.0)), settings(scores=ScoreConfig(seed=5))
ABSOLUTE, DOUBLED, SAME = code(curves=1), code(scores=1), code(stars=1)
POWER, MODEL_SEED = model(power=2.0), model(seed=7)

#: What is changed, and what is to be named: the factors whose part is not zero.
PLANTED: dict[str, tuple[tuple[Change, ...], set[str]]] = {
    "a value of its file": ((NEW_VALUE,), {"data"}),
    "a further file": ((NEW_FILE,), {"data"}),
    "a file less": ((files(remove=("f3",)),), {"data"}),
    "a file of another star": ((OTHER_STAR,), {"data"}),
    "a new star": ((files(("n", "SIM 9", [7.0])),), {"data"}),
    "a star less": ((files(remove=("f8", "f9")),), {"data"}),
    "its entry": ((FACTOR,), {"labels"}),
    "its entry less": ((entries({}, remove=("e",)),), {"labels"}),
    "a further entry of its own": ((entries({"e2": (STAR, 1.0)}),), {"labels"}),
    "an entry of another star": ((OTHER_ENTRY,), {"labels"}),
    "code of curves": ((ABSOLUTE,), {"code"}),
    "code of scores": ((DOUBLED,), {"code"}),
    "code that makes the same": ((SAME,), set()),
    "scale": ((SCALE,), {"config"}),
    "offset": ((OFFSET,), {"config"}),
    "weight": ((WEIGHT,), {"config"}),
    "power of the model": ((POWER,), {"config"}),
    "seed": ((SEED,), {"seed"}),
    "seed of the model": ((MODEL_SEED,), {"seed"}),
    "versions": ((installed,), set()),
    "data and labels": ((NEW_VALUE, FACTOR), {"data", "labels"}),
    "data and code": ((NEW_VALUE, DOUBLED), {"data", "code"}),
    "data and config": ((NEW_FILE, SCALE), {"data", "config"}),
    "data and seed": ((OTHER_STAR, SEED), {"data", "seed"}),
    "labels and code": ((FACTOR, ABSOLUTE), {"labels", "code"}),
    "labels and seed of the model": ((OTHER_ENTRY, MODEL_SEED), {"labels", "seed"}),
    "code and config": ((DOUBLED, WEIGHT), {"code", "config"}),
    "config and versions": ((OFFSET, installed), {"config"}),
    "data, labels and config": ((NEW_FILE, FACTOR, WEIGHT), {"data", "labels", "config"}),
    "everything": (
        (NEW_VALUE, FACTOR, DOUBLED, OFFSET, MODEL_SEED),
        {"data", "labels", "code", "config", "seed"},
    ),
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explained") / "home"
    setting = Setting(root)
    rows = [toy.file_row(f"f{i}", f"SIM {i // 2}", [0.3 * i - 1, 0.7]) for i in range(10)]
    put_files(setting.ledger(), *rows)
    put_entries(setting.ledger(), {"e": (STAR, 2.0)})
    setting.refreshed()
    return root


def explained(setting: Setting, changes: tuple[Change, ...], root: Path) -> Explanation:
    before, then = setting.world()
    for change in changes:
        change(setting)
    setting.refreshed()
    after, now = setting.world()
    return explain(
        before,
        after,
        (then, now),
        lambda world: setting.value_of(world, root),
        ("toy/catalogue",),
        here=(HERE,),
    )


#: One of each kind; the others are more of the same.
_ENOUGH: Final = {
    "a value of its file", "a file of another star", "its entry", "an entry of another star",
    "code of curves", "code that makes the same", "offset", "power of the model", "seed",
    "seed of the model", "versions", "labels and code", "config and versions", "data, labels and config",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in _ENOUGH else pytest.mark.exhaustive) for name in PLANTED],
)
def test_a_planted_change_is_named(begun: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(begun, tmp_path / "home")
    changes, expected = PLANTED[name]
    found = explained(Setting(tmp_path / "home"), changes, tmp_path / "again")
    assert {factor for factor, part in found.parts.items() if abs(part) > 1e-9} == expected
    assert sum(found.parts.values()) == pytest.approx((found.after or 0) - (found.before or 0), abs=1e-12)


def test_those_of_each_kind_are_planted() -> None:
    assert PLANTED.keys() >= _ENOUGH


def test_what_does_not_come_out_again_is_said_to_be_that(begun: Path, tmp_path: Path) -> None:
    """What was stored then is another number than what it was made of makes now."""
    shutil.copytree(begun, tmp_path / "home")
    setting = Setting(tmp_path / "home")
    world, value = setting.world()
    stored = (value - 0.5, value)
    for installed, told in ((HERE, "not reproducible"), ("others", "environment (not re-executed)")):
        before = _of(world, world.code, installed)
        found = explain(
            before,
            world,
            stored,
            lambda of: setting.value_of(of, tmp_path / "again"),
            ("toy/catalogue",),
            here=(HERE,),
        )
        assert found.parts == {told: pytest.approx(0.5, abs=1e-9)}


def test_thirty_changes_are_planted() -> None:
    assert len(PLANTED) == 30
