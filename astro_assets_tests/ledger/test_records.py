"""A record tells what a version was made of and came to, and what speaks against its coming out again."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.hashing import merkle_root
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_names import UnknownModelError
from astro_assets.ledger.models import ModelSpec, Training, fit_model
from astro_assets.ledger.records import Record, find_record, read_record, record_key
from astro_assets.ledger.table import Config
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger


def spec(ledger: Ledger, *roles: str) -> ModelSpec:
    """Return a model of some tables; it reads a number of each."""
    columns = {"stars": ("level",), "signals": ("height",)}
    trainings = tuple(Training(ledger.table(f"toy/{role}"), columns[role], role) for role in roles)
    return ModelSpec("toy/level", toy.fit_level, trainings)


def filled(root: Path, code: dict[str, int] | None = None) -> Ledger:
    ledger = toy_ledger(root, with_models=True, code=code)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.1 * i, 0.7]) for i in range(6)))
    return ledger


def recorded(ledger: Ledger, model: ModelSpec) -> Record:
    return read_record(ledger.home.storage, record_key(model.name, fit_model(ledger, model)))


def root_of(ledger: Ledger, name: str) -> str:
    rows = ledger.open(ledger.table(name)).rows([]).select("row_hash").collect()
    return merkle_root(sorted(rows["row_hash"]))


def test_it_tells_rows_roots_and_keys(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "home")
    refresh(ledger)
    record = recorded(ledger, spec(ledger, "stars"))
    assert record.out_of_date == []
    assert record.why_not_reproducible == []
    assert set(record.world.sources["toy/files"]) == {f"f{i}" for i in range(6)}
    assert record.expected.roots == {name: root_of(ledger, name) for name in ("toy/curves", "toy/stars")}
    assert record.expected.keys["toy/stars"] == ["SIM 0", "SIM 1", "SIM 2"]


def test_rows_that_other_code_would_make_are_out_of_date(tmp_path: Path) -> None:
    refresh(filled(tmp_path / "home"))
    ledger = toy_ledger(tmp_path / "home", with_models=True, code={"curves": 1})
    record = recorded(ledger, spec(ledger, "stars"))
    assert record.out_of_date == [f"toy/curves f{i}" for i in range(6)]
    assert record.why_not_reproducible[0].startswith(
        "6 units were out of date when it was fitted: toy/curves f0"
    )


def test_what_came_out_the_same_again_is_not_out_of_date_and_counts_once(tmp_path: Path) -> None:
    """Signals read the stars of before, the model those of other code, which are the same."""
    refresh(filled(tmp_path / "home"))
    ledger = toy_ledger(tmp_path / "home", with_models=True, code={"stars": 1})
    refresh(ledger)
    recipes = ledger.open(ledger.table("toy/signals")).units(["parents"]).collect()
    assert recipes.height == 3
    record = recorded(ledger, spec(ledger, "stars", "signals"))
    assert record.out_of_date == []
    assert record.expected.roots["toy/stars"] == root_of(ledger, "toy/stars")
    assert record.expected.keys["toy/stars"] == ["SIM 0", "SIM 1", "SIM 2"]


def test_it_is_found_without_tables(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "home")
    refresh(ledger)
    record = recorded(ledger, spec(ledger, "stars"))
    (ledger.home.root / "tables").rename(tmp_path / "elsewhere")
    bare = toy_ledger(tmp_path / "home", with_models=True)
    for text in ("level", "toy/level", f"level@{record.version[:5]}"):
        assert find_record(bare, text) == record
    with pytest.raises(UnknownModelError, match="no model 'other'"):
        find_record(bare, "other")


def test_settings_and_seed_are_in_it(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "home")
    refresh(ledger)
    record = recorded(ledger, spec(ledger, "stars"))
    assert record.expected.config == Config().model_dump(mode="json")
    assert record.world.configs["toy/stars"] == {"scale": 1.0}
    assert pl.Series([record.world.code, record.world.installed]).str.len_chars().to_list() == [64, 64]


def test_rows_that_were_computed_elsewhere_are_told(tmp_path: Path) -> None:
    """Made again they are computed with the libraries and instructions of the fit."""
    ledger = filled(tmp_path / "home")
    refresh(ledger)
    handle = ledger.open(ledger.table("curves"))
    other = ledger.objects.put_environment({"instruction-set": "x86-64-v1"})
    units = (
        handle.units()
        .collect()
        .with_columns(
            environment=pl.lit("00" * 32),
            installed=pl.when(pl.col("key") == "f1").then(pl.lit(other)).otherwise("installed"),
        )
    )
    handle.commit(units, units["shard"].unique().to_list())
    record = recorded(ledger, spec(ledger, "stars"))
    assert record.why_not_reproducible == [
        "6 units of toy/curves were computed with other versions of its libraries",
        "1 units of toy/curves were computed with other instructions of the processor",
    ]
