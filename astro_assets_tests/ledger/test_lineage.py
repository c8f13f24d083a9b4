"""Lineage names what was actually used, also where it has been replaced since."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.ledger import Ledger, UnknownTableError
from astro_assets.ledger.lineage import Node, UnknownUnitError, descendants, lineage
from astro_assets.ledger.models import fit_model, promote
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import computed, put_entries, put_files, refresh, toy_ledger, units


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(
        ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.1 * i, 0.7], f"card {i}") for i in range(6))
    )
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    return ledger


def _of(node: Node, table: str) -> list[Node]:
    return [found for _, found in node.walk() if found.table == table]


def test_a_view_leads_back_to_its_files_and_catalogue_rows(ledger: Ledger) -> None:
    node = lineage(ledger, ledger.table("views"), "SIM 1.02")
    shape = [(depth, found.role, found.key) for depth, found in node.walk()]
    star = [
        (1, "catalogue", "e"),
        (1, "curves", "f2"),
        (2, "files", "f2"),
        (1, "curves", "f3"),
        (2, "files", "f3"),
    ]
    expected = [(0, "", "SIM 1.02"), (1, "signals", "SIM 1"), (2, "stars", "SIM 1"), (1, "stars", "SIM 1")]
    expected += [(depth + 2, role, key) for depth, role, key in star] + [
        (d + 1, role, key) for d, role, key in star
    ]
    assert sorted(shape) == sorted(expected)
    assert all(found.is_current for _, found in node.walk())
    (signal,) = _of(node, "toy/signals")
    rows = ledger.open(ledger.table("signals")).rows(["signal_id"]).filter(signal_id="SIM 1.02").collect()
    assert signal.row_hashes == tuple(rows["row_hash"]), "only the row that was read"
    assert {found.context["header"] for found in _of(node, "toy/files")} == {"card 2", "card 3"}


def test_a_node_says_what_made_it(ledger: Ledger) -> None:
    node = lineage(ledger, ledger.table("stars"), "SIM 1")
    columns = ("recipe_hash", "outcome", "origin", "code_version", "config_hash", "source", "environment")
    stored = units(ledger, "stars", *columns).filter(key="SIM 1").row(0, named=True)
    assert {name: getattr(node, name) for name in columns} == {name: stored[name] for name in columns}
    assert (node.table, node.key, node.version) == (
        "toy/stars",
        "SIM 1",
        ledger.open(ledger.table("stars")).version,
    )
    assert node.computed_at.startswith("20")


def test_history_names_the_file_that_was_used(ledger: Ledger) -> None:
    """The same values come in a reprocessed file: the star is not recomputed, it is still made of the old."""
    put_files(ledger, toy.file_row("f4 again", "SIM 2", [0.4, 0.7], "reprocessed"), remove=["f4"])
    assert computed(refresh(ledger)) == {"curves": ["f4 again"]}
    node = lineage(ledger, ledger.table("signals"), "SIM 2")
    assert sorted(found.key for found in _of(node, "toy/files")) == ["f4", "f5"]
    old = next(found for found in _of(node, "toy/files") if found.key == "f4")
    assert (old.is_current, old.context) == (False, {"header": "card 4"})
    assert old.version < ledger.open(toy.FILES).version


def test_history_names_the_unit_as_it_was_when_read(ledger: Ledger) -> None:
    before = lineage(ledger, ledger.table("stars"), "SIM 0")
    for remark in ("first", "second"):
        put_files(ledger, toy.file_row("f0", "SIM 0", [0.0, 0.7], "new card", remark))
        assert computed(refresh(ledger)) == {"curves": ["f0"]}
    after = lineage(ledger, ledger.table("stars"), "SIM 0")
    curves = {found.key: found for found in _of(after, "toy/curves")}
    assert curves["f0"].recipe_hash == {c.key: c for c in _of(before, "toy/curves")}["f0"].recipe_hash
    assert curves["f0"].context == {"remark": None}
    assert not curves["f0"].is_current
    assert curves["f1"].is_current
    now = lineage(ledger, ledger.table("curves"), "f0")
    assert now.context == {"remark": "second"}
    assert now.is_current


def test_the_applied_model_is_in_the_lineage(ledger: Ledger) -> None:
    spec = toy.level_spec(ledger.table("stars"))
    version = fit_model(ledger, spec)
    promote(ledger, "toy/level", version, why="the first")
    refresh(ledger)
    node = lineage(ledger, ledger.table("labels"), "SIM 0")
    (model,) = _of(node, "ledger/promoted_models")
    assert (model.role, model.key) == ("level_model", "toy/level:champion")


def test_a_failed_or_empty_unit_has_a_lineage_too(ledger: Ledger) -> None:
    put_files(ledger, toy.file_row("broken", "SIM 8", []), toy.file_row("quiet", "SIM 9", [0.0]))
    refresh(ledger)
    failed = lineage(ledger, ledger.table("curves"), "broken")
    assert (failed.outcome, failed.row_hashes, [n.key for _, n in failed.walk()]) == (
        "failed",
        (),
        ["broken"] * 2,
    )
    empty = lineage(ledger, ledger.table("signals"), "SIM 9")
    assert (empty.outcome, [node.key for node in _of(empty, "toy/files")]) == ("empty", ["quiet"])


def test_descendants_are_the_lineage_the_other_way(ledger: Ledger) -> None:
    found = set(descendants(ledger, toy.FILES, "f3").select("table", "key").iter_rows())
    expected = set()
    for table in ledger.tables:
        if table.parents:
            for key in units(ledger, table.name)["key"]:
                if ("toy/files", "f3") in {(n.table, n.key) for _, n in lineage(ledger, table, key).walk()}:
                    expected.add((table.name, key))
    assert found == expected
    assert ("toy/views", "SIM 1.01") in found
    assert descendants(ledger, toy.CATALOGUE, "e")["target"].unique().to_list() == ["SIM 1"]
    assert descendants(ledger, ledger.table("views"), "SIM 1.01").is_empty()


def test_unknown_names_are_errors_that_say_so(ledger: Ledger) -> None:
    with pytest.raises(UnknownUnitError, match="toy/stars holds no unit 'SIM 77'"):
        lineage(ledger, ledger.table("stars"), "SIM 77")
    with pytest.raises(UnknownTableError, match=r"no table 'starz'; there are .*toy/stars"):
        ledger.table("starz")
