"""Whatever is changed behind the ledger's back is found, and named exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from astro_assets.ledger.audit import audit
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS
from astro_assets.ledger.models import fit_model
from astro_assets.ledger.store import open_table
from astro_assets.ledger.verification import Verified, verify
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two commits of files, so that half of what the model was fitted on is in history."""
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(6)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    fit_model(ledger, toy.level_spec(ledger.table("stars")))
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [5.0 + i]) for i in range(3)))
    refresh(ledger)
    return ledger


def verified(ledger: Ledger) -> Verified:
    (version,) = ledger.open(MODELS).rows(["model_version"]).collect()["model_version"]
    return verify(ledger, audit(ledger, "toy/level", version))


def edit(ledger: Ledger, name: str, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a stored unit by hand, in its parquet file."""
    table = (
        ledger.table(name)
        if not name.startswith("ledger/")
        else next(t for t in (MODELS, MODEL_MEMBERS) if t.name == name)
    )
    handle = open_table(ledger.home, table)
    units = handle.units().collect()
    lines = units.to_dicts()
    (line,) = [line for line in lines if line["key"] == key]
    change(line)
    edited = pl.DataFrame(lines, schema=units.schema)
    handle.commit(edited, edited["shard"].unique().to_list())


def told(found: Verified) -> set[tuple[str, str]]:
    return {(mismatch.table, mismatch.key) for mismatch in found.mismatches}


def test_what_nobody_touched_matches_also_in_history(ledger: Ledger) -> None:
    found = verified(ledger)
    assert found.mismatches == []
    # 6 files, 6 curves, 6 stars, a catalogue entry; the version, its members.
    assert found.n_units == 6 + 6 + 6 + 1 + 2
    assert found.n_objects > 9, "arrays, the artefact, the zip of the code, environments"


def test_a_changed_value_names_its_table_unit_and_column(ledger: Ledger) -> None:
    edit(ledger, "toy/stars", "SIM 4", lambda line: line["level"].__setitem__(0, 123.0))
    (mismatch,) = verified(ledger).mismatches
    assert (mismatch.table, mismatch.key) == ("toy/stars", "SIM 4")
    assert mismatch.problem == "row 1 of 1 is not what its hash says: level"


def test_a_value_changed_with_all_its_hashes_is_found_by_what_read_it(ledger: Ledger) -> None:
    """Somebody who computes the hashes of the row anew cannot change what its children recorded."""

    def other_row(line: dict[str, Any]) -> None:
        line["row_hash"] = ["00" * 32]

    edit(ledger, "toy/curves", "f4", other_row)
    found = verified(ledger)
    assert ("toy/stars", "SIM 4") in told(found)
    assert any("holds no such row" in mismatch.problem for mismatch in found.mismatches)


def test_a_changed_recipe_and_outcome_are_found(ledger: Ledger) -> None:
    edit(ledger, "toy/curves", "f5", lambda line: line.update(code_version="ff" * 32))
    edit(ledger, "toy/files", "f5", lambda line: line.update(output_hash="ee" * 32))
    problems = {(m.table, m.problem.partition(" is not")[0]) for m in verified(ledger).mismatches}
    assert problems == {("toy/curves", "its recipe"), ("toy/files", "its output")}


def test_a_member_left_out_is_found(ledger: Ledger) -> None:
    (key,) = ledger.open(MODELS).units(["key"]).collect()["key"]

    def without_first(line: dict[str, Any]) -> None:
        for name, value in line.items():
            if isinstance(value, list) and name not in ("inputs", "parents"):
                line[name] = value[1:]
        line["n_rows"] -= 1

    edit(ledger, MODEL_MEMBERS.name, key, without_first)
    found = verified(ledger)
    assert any("Merkle root" in mismatch.problem for mismatch in found.mismatches)
    assert (MODEL_MEMBERS.name, key) in told(found), "its output is another one, too"


@pytest.mark.parametrize("place", ["objects", "files", "sources", "environments"])
def test_what_lies_in_a_store_is_read_again(ledger: Ledger, place: str) -> None:
    paths = sorted(path for path in (ledger.home.root / place).rglob("*") if path.is_file())
    for path in paths:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-9])
    found = verified(ledger)
    assert found.mismatches
    assert all("damaged" in m.problem or "cannot be read" in m.problem for m in found.mismatches)
    for path in paths:
        path.unlink()
    assert all("missing" in mismatch.problem for mismatch in verified(ledger).mismatches)


def test_progress_is_told(ledger: Ledger) -> None:
    (version,) = ledger.open(MODELS).rows(["model_version"]).collect()["model_version"]
    seen: list[tuple[int, int]] = []
    verify(ledger, audit(ledger, "toy/level", version), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (21, 21)
