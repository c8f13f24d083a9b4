"""Every star of a model is shown to be there, every other one not to be, and nothing else can be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.star_proofs import (
    FORMAT,
    Proof,
    ProofError,
    StarTrees,
    check_proof,
    read_proof,
    star_key,
)
from astro_assets_tests.ledger.audits import digest

SALT = digest("salt")
#: Names that sort, fold and look in every way.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def _members(stars: list[str]) -> list[tuple[str | None, str]]:
    return [(star, digest(f"{star} {k}")) for i, star in enumerate(stars) for k in range(1 + i % 3)]


def _holds(trees: StarTrees, proof: Proof) -> bool:
    return check_proof(read_proof(proof.model_dump_json(exclude_none=True)), *trees.heads(), trees.salt)


@pytest.mark.parametrize("with_rows_of_no_star", [False, True])
@pytest.mark.parametrize("n_stars", [0, 1, 2, 3, 100, 1000])
def test_each_star_is_shown_to_be_there_and_each_other_not(n_stars: int, with_rows_of_no_star: bool) -> None:
    members = _members([f"SIM {i}" for i in range(n_stars)])
    if with_rows_of_no_star:
        members += [(None, digest(f"nobody {i}")) for i in range(4)]
    trees = StarTrees.of(members, SALT)
    assert trees.heads()[1].n_stars == n_stars
    assert trees.heads()[1].n_leaves == n_stars + with_rows_of_no_star
    assert trees.heads()[1].n_rows_of_no_star == 4 * with_rows_of_no_star
    step = 1 if n_stars <= 100 else 37
    for i in range(0, n_stars, step):
        assert _holds(trees, trees.prove("m", "v", f"SIM {i}"))
    for name in ("", "SIM", "None", *(f"SIM {i}" for i in range(n_stars, 2 * n_stars + 40, step))):
        assert not _holds(trees, trees.prove("m", "v", name))


@given(st.sets(NAMES, max_size=12), NAMES, st.data())
def test_whatever_stars_are_called(stars: set[str], other: str, data: st.DataObject) -> None:
    trees = StarTrees.of(_members(data.draw(st.permutations(sorted(stars)))), SALT)
    for star in {*stars, other}:
        assert _holds(trees, trees.prove("m", "v", star)) == (star in stars)


def test_a_row_that_was_trained_on_twice_is_counted_twice() -> None:
    row = digest("row")
    trees = StarTrees.of([("SIM 1", row), ("SIM 1", row), ("SIM 2", digest("other"))], SALT)
    proof = trees.prove("m", "v", "SIM 1")
    assert proof.included is not None
    first, second = proof.included.rows
    assert second.index == first.index + 1
    assert _holds(trees, proof)
    included = proof.included.model_copy(update={"rows": (first, first)})
    with pytest.raises(ProofError, match="is not where the proof has it"):
        _holds(trees, proof.model_copy(update={"included": included}))


def test_rows_of_no_star_have_a_key_that_no_name_has() -> None:
    assert star_key(None, SALT) not in {star_key(name, SALT) for name in ("", "None", "null", SALT)}


def test_a_star_between_two_that_are_no_neighbours_may_be_there() -> None:
    """The cheat that adjacency is for: leaves either side of a star that is there."""
    trees = StarTrees.of(_members([f"SIM {i}" for i in range(20)]), SALT)
    keys = [key for key, _ in trees.stars]
    inside = next(name for name in (f"SIM {i}" for i in range(20)) if star_key(name, SALT) == keys[7])
    without = StarTrees.of(
        _members([name for name in (f"SIM {i}" for i in range(20)) if name != inside]), SALT
    )
    lie = without.prove("m", "v", inside)
    with pytest.raises(ProofError, match="not in the statement's tree"):
        _holds(trees, lie)
    around = Proof(
        format=FORMAT,
        model="m",
        version="v",
        star=inside,
        before=trees._neighbour(_tree(trees), 6),
        after=trees._neighbour(_tree(trees), 8),
    )
    with pytest.raises(ProofError, match="not neighbours"):
        _holds(trees, around)
    for ends in (
        {"before": trees._neighbour(_tree(trees), 6)},
        {"after": trees._neighbour(_tree(trees), 8)},
        {},
    ):
        with pytest.raises(ProofError, match="not neighbours"):
            _holds(trees, Proof(format=FORMAT, model="m", version="v", star=inside, **ends))
    elsewhere = [trees._neighbour(_tree(trees), index) for index in (11, 12)]
    with pytest.raises(ProofError, match="does not lie between"):
        _holds(
            trees,
            Proof(
                format=FORMAT, model="m", version="v", star=inside, before=elsewhere[0], after=elsewhere[1]
            ),
        )
    moved = trees._neighbour(_tree(trees), 8).model_copy(update={"index": 7})
    with pytest.raises(ProofError, match="leaf 7 of the proof is not in"):
        _holds(trees, around.model_copy(update={"after": moved}))


def _tree(trees: StarTrees) -> Any:
    from astro_assets.ledger.star_proofs import _star_tree

    return _star_tree(trees.stars)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", "\x00", '{"format": "astro_assets proof 2"}', "[" * 10_000, '{"a":' * 5_000],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(ProofError, match="this is no proof"):
        read_proof(text)


def test_numbers_and_hashes_are_not_converted() -> None:
    trees = StarTrees.of(_members(["SIM 1", "SIM 2", "SIM 3"]), SALT)
    proof = json.loads(trees.prove("m", "v", "SIM 2").model_dump_json(exclude_none=True))
    included = proof["included"]
    for changed in (
        {"index": float(included["index"])},
        {"index": str(included["index"])},
        {"index": bool(included["index"])},
        {"row_hashes": [included["row_hashes"][0].upper(), *included["row_hashes"][1:]]},
        {"row_hashes": [included["row_hashes"][0] + "\n", *included["row_hashes"][1:]]},
        {"remark": "x"},
    ):
        with pytest.raises(ProofError, match="this is no proof: included"):
            read_proof(json.dumps({**proof, "included": {**included, **changed}}))
