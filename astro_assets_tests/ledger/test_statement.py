"""A statement says what its audit says; nothing of it, of its proofs, of its signature can be changed."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.home import open_home
from astro_assets.ledger.signing import opened, public_key_file, signed
from astro_assets.ledger.star_proofs import ProofError, read_proof
from astro_assets.ledger.statement import Statement, read_statement, statement_of, trees_of
from astro_assets_tests.ledger import independent
from astro_assets_tests.ledger.audits import audit_of, digest, member, stars_audit

ARTEFACT = b"a fitted model"
NOW = "2026-11-27T12:00:00+00:00"


class Case:
    """A statement of 20 stars and two proofs, as a third party gets them."""

    def __init__(self, root: Path) -> None:
        home = open_home(root)
        self.audit = stars_audit(20, with_no_star=True)
        self.audit["artefact"]["sha256"] = independent.sha256(ARTEFACT).hexdigest()
        self.key = public_key_file(home)
        self.statement = signed(home, statement_of(self.audit, NOW).to_bytes())
        self.there, self.absent = (_written(self.audit, star) for star in ("SIM 7", "SIM 21"))

    def said(self, statement: bytes | None = None) -> Statement:
        return read_statement(opened(statement or self.statement, self.key))


def _written(audit: dict[str, Any], star: str) -> bytes:
    proof = trees_of(audit).prove(audit["model"], audit["version"], star)
    return proof.model_dump_json(exclude_none=True, indent=1).encode()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("home"))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in a JSON document, the containers as well."""
    yield path
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in inner:
            yield from _places(item, (*path, name))


def _mutated(document: Any, data: st.DataObject) -> Any:
    """Change one value of a document, or take it out."""
    document = deepcopy(document)
    *way, last = data.draw(st.sampled_from([path for path in _places(document) if path]))
    place = document
    for name in way:
        place = place[name]
    old, kind = place[last], data.draw(st.sampled_from(["gone", "near", "other", "twice"]))
    if kind == "gone":
        del place[last]
    elif kind == "twice" and isinstance(old, list) and old:
        old.append(old[-1])
    elif kind == "near" and isinstance(old, str) and old:
        i = data.draw(st.integers(0, len(old) - 1))
        place[last] = old[:i] + chr(ord(old[i]) ^ 1) + old[i + 1 :]
    elif kind == "near" and isinstance(old, int):
        place[last] = old + data.draw(st.sampled_from([-1, 1]))
    else:
        place[last] = data.draw(st.sampled_from([None, "", 0, 1, True, [], {}, digest("x"), "SIM 1"]))
    return document


def test_it_says_what_the_audit_says() -> None:
    lines = [member("SIM 1", 0), member("SIM 1", 1, "retracted"), member("SIM 2", 1, "gone since")]
    audit = audit_of([*lines, member(None, 3, "retracted")])
    document = json.loads(statement_of(audit, NOW).to_bytes())
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "urn:astro-assets:training:1"
    name = f"toy/level@{audit['version']}"
    assert document["subject"] == [{"name": name, "digest": {"sha256": audit["artefact"]["sha256"]}}]
    said = document["predicate"]
    assert said["counts"] == {"class": {"binary": 1, "planet": 3}, "origin": {"simulated": 4}}
    assert said["status"] == {"as trained on": 1, "gone since": 1, "retracted": 2}
    assert said["n_retracted_stars"] == 1
    assert said["rows"] == {"n_leaves": 4, "root": audit["training"]["root"]}
    assert (said["stars"]["n_leaves"], said["stars"]["n_stars"]) == (3, 2)
    assert (said["recipe"], said["source"]) == (audit["training"]["recipe"], audit["made"]["source"])


def test_rows_that_it_was_not_fitted_on_are_not_attested() -> None:
    audit = stars_audit(5)
    audit["members"].pop()
    for attempt in (lambda: statement_of(audit, NOW), lambda: trees_of(audit)):
        with pytest.raises(ProofError, match=r"nothing can be proved of toy/level@.* not those that it was"):
            attempt()


@pytest.mark.parametrize("n_stars", [0, 1, 2, 3, 100])
def test_somebody_elses_verifier_agrees(tmp_path: Path, n_stars: int) -> None:
    home, audit = open_home(tmp_path), stars_audit(n_stars, with_no_star=n_stars != 2)
    audit["artefact"]["sha256"] = independent.sha256(ARTEFACT).hexdigest()
    statement, key = signed(home, statement_of(audit, NOW).to_bytes()), public_key_file(home)
    for i in range(1, n_stars + 20, 1 + n_stars // 30):
        proof = _written(audit, f"SIM {i}")
        is_there = read_statement(opened(statement, key)).check(read_proof(proof))
        assert is_there == (i <= n_stars)
        assert independent.verify(statement, proof, key.read_bytes(), ARTEFACT) == is_there


def test_the_verifier_of_the_documents_refuses_as_well(case: Case) -> None:
    key = case.key.read_bytes()
    assert independent.verify(case.statement, case.there, key, ARTEFACT)
    with pytest.raises(AssertionError):
        independent.verify(case.statement, case.there, key, b"another model")
    with pytest.raises(AssertionError):
        independent.verify(case.statement, case.there.replace(b"SIM 7", b"SIM 8"), key, ARTEFACT)
    envelope = json.loads(case.statement)
    envelope["payload"] = b64encode(b64decode(envelope["payload"]).replace(b"planet", b"plants")).decode()
    with pytest.raises(InvalidSignature):
        independent.verify(json.dumps(envelope).encode(), case.there, key, ARTEFACT)


@given(data=st.data())
def test_no_field_of_a_proof_can_be_changed(case: Case, data: st.DataObject) -> None:
    said = case.said()
    for proof, was in ((case.there, True), (case.absent, False)):
        document = json.loads(proof)
        changed = _mutated(document, data)
        text = json.dumps(changed)
        try:
            is_there = said.check(read_proof(text))
        except ProofError:
            continue
        # What still holds is another star that lies between the same neighbours, or what null stands for.
        same = {name: value for name, value in changed.items() if value is not None}
        if same != document:
            assert (was, is_there) == (False, False)
            assert {**same, "star": "SIM 21"} == document
            assert same["star"] not in case.audit["stars"]


@given(data=st.data())
def test_no_field_of_a_statement_can_be_changed(case: Case, data: st.DataObject) -> None:
    envelope = json.loads(case.statement)
    changed = _mutated(envelope, data)
    _refuses(case, json.dumps(changed).encode(), unless=envelope)
    payload = json.loads(b64decode(envelope["payload"]))
    inner = _mutated(payload, data)
    forged = {**envelope, "payload": b64encode(json.dumps(inner).encode()).decode()}
    with pytest.raises(ProofError, match="changed since, or forged"):
        case.said(json.dumps(forged).encode())


def _refuses(case: Case, statement: bytes, unless: Any) -> None:
    """Check that a statement is refused, unless it reads the same or was signed once more."""
    try:
        said = case.said(statement)
    except ProofError:
        return
    assert said == case.said()
    read = json.loads(statement)
    assert {name: read[name] for name in ("payload", "payloadType")} == {
        name: unless[name] for name in ("payload", "payloadType")
    }
    assert unless["signatures"][0] in read["signatures"]


@given(st.data())
def test_no_byte_can_be_changed(case: Case, data: st.DataObject) -> None:
    for document in (case.statement, case.there, case.absent):
        i = data.draw(st.integers(0, len(document) - 1))
        changed = (
            document[:i] + bytes([document[i] ^ (1 << data.draw(st.integers(0, 7)))]) + document[i + 1 :]
        )
        try:
            if document is case.statement:
                assert case.said(changed) == case.said()
            else:
                is_there = case.said().check(read_proof(changed))
                assert is_there == (document is case.there)
        except ProofError:
            continue
        was, now = json.loads(document), json.loads(changed)
        if document is case.absent:
            assert now.pop("star") not in case.audit["stars"]
            del was["star"]
        assert json.dumps(now) == json.dumps(was), "white space may be another"


def test_a_proof_of_another_model_is_refused(case: Case) -> None:
    other = stars_audit(20, "toy/other", with_no_star=True)
    for star in ("SIM 7", "SIM 21"):
        foreign = json.loads(_written(other, star))
        with pytest.raises(ProofError, match=r"the proof is of toy/other@.*, the statement of toy/level@"):
            case.said().check(read_proof(json.dumps(foreign)))
        renamed = {**foreign, "model": case.audit["model"], "version": case.audit["version"]}
        with pytest.raises(ProofError):
            case.said().check(read_proof(json.dumps(renamed)))


def test_the_audit_shows_that_nothing_was_left_out(case: Case) -> None:
    case.said().check_audit(json.dumps(case.audit))
    for changed, problem in (
        ({"members": case.audit["members"][1:]}, "are not those of the statement"),
        (
            {"members": [{**case.audit["members"][0], "star": "SIM 9"}, *case.audit["members"][1:]]},
            "not those",
        ),
        ({"members": [{**case.audit["members"][0], "class": "x"}, *case.audit["members"][1:]]}, "counts"),
        ({"members": None}, "this is no audit"),
    ):
        with pytest.raises(ProofError, match=problem):
            case.said().check_audit(json.dumps({**case.audit, **changed}))


def test_a_version_is_the_beginning_of_its_recipe(case: Case) -> None:
    document = json.loads(statement_of(case.audit, NOW).to_bytes())
    document["predicate"]["version"] = "0" * 16
    with pytest.raises(ProofError, match="the version is not the beginning of the recipe"):
        read_statement(json.dumps(document))
    document["predicate"]["version"] = ""
    with pytest.raises(ProofError, match="the version is not the beginning of the recipe"):
        read_statement(json.dumps(document))
