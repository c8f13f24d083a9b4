"""What is signed of a version of a model: an in-toto statement about its artefact.

Made from an audit, and checked by whoever has the statement, a proof, the artefact or the audit; no home is
needed for that. Signatures are in :mod:`astro_assets.ledger.signing`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from astro_assets.ledger.star_proofs import (
    Hash,
    Proof,
    ProofError,
    Rows,
    Stars,
    StarTrees,
    Strict,
    check_proof,
)

TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "urn:astro-assets:training:1"
RETRACTED: Final = "retracted"
#: What training rows are counted by.
_COUNTED: Final = ("origin", "class")


class Training(Strict):
    """What is said of a training: the predicate.

    Attributes
    ----------
    recipe
        Hash of rows, code and settings; the version is its beginning, the keys of the stars are made with it.
    source
        The sha256 of the zip of the code.
    status
        How many of the rows are, when this is stated, as they were trained on, changed, gone, retracted.
    n_retracted_stars
        Stars that were excluded since.
    """

    model: str
    version: str
    recipe: Hash
    continued_from: str | None
    source: str
    git_commit: str | None
    is_reproducible: bool
    made_at: str
    stated_at: str
    origin: str
    counts: dict[str, dict[str, int]]
    status: dict[str, int]
    n_retracted_stars: int = Field(ge=0)
    rows: Rows
    stars: Stars

    @model_validator(mode="after")
    def _is_of_one_recipe(self) -> Training:
        if not self.version or not self.recipe.startswith(self.version):
            raise ValueError("the version is not the beginning of the recipe")
        return self


class _Digest(Strict):
    sha256: Hash


class _Subject(Strict):
    name: str
    digest: _Digest


class Statement(Strict):
    """An in-toto statement, version 1, of one model."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    predicate_type: Literal["urn:astro-assets:training:1"] = Field(alias="predicateType")
    subject: tuple[_Subject]
    predicate: Training

    @property
    def artefact(self) -> str:
        """The sha256 of the model."""
        return self.subject[0].digest.sha256

    def to_bytes(self) -> bytes:
        """Return it as it is signed."""
        return self.model_dump_json(by_alias=True).encode()

    def check(self, proof: Proof) -> bool:
        """Return whether a proof shows that its star was trained on, or that it was not.

        Raises
        ------
        ProofError
            If it shows neither.
        """
        said = self.predicate
        if (proof.model, proof.version) != (said.model, said.version):
            raise ProofError(
                f"the proof is of {proof.model}@{proof.version}, the statement of {said.model}@{said.version}"
            )
        return check_proof(proof, said.rows, said.stars, said.recipe)

    def check_audit(self, text: str | bytes) -> None:
        """Check that the rows listed in an audit are those of the statement, all of them, and so its trees.

        Raises
        ------
        ProofError
            If they are not.
        """
        try:
            listed = _Listed.model_validate_json(text)
        except ValidationError as error:
            raise ProofError(f"this is no audit in JSON: {_first(error)}") from None
        said, lines = self.predicate, [member.model_dump(by_alias=True) for member in listed.members]
        trees = _trees(lines, said.recipe)
        if trees.heads() != (said.rows, said.stars):
            raise ProofError("the rows and stars that the audit lists are not those of the statement")
        if _counts(lines) != said.counts:
            raise ProofError("what the audit says of its rows is not what the statement counts")


class _Member(BaseModel):
    row_hash: Hash
    star: str | None
    origin: Any
    class_: Any = Field(alias="class")


class _Listed(BaseModel):
    members: tuple[_Member, ...]


def statement_of(audit: Mapping[str, Any], stated_at: str) -> Statement:
    """Put together what is said of an audited version.

    Parameters
    ----------
    audit
        As JSON values.

    Raises
    ------
    ProofError
        If the audit's rows are not those that the version is named after.
    """
    made, training, members = audit["made"], audit["training"], audit["members"]
    rows, stars = trees_of(audit).heads()
    name = f"{audit['model']}@{audit['version']}"
    predicate = {
        **{name: audit[name] for name in ("model", "version", "origin")},
        "recipe": training["recipe"],
        "continued_from": training["continued_from"],
        **{name: made[name] for name in ("source", "git_commit", "is_reproducible")},
        "made_at": made["at"],
        "stated_at": stated_at,
        "counts": _counts(members),
        "status": dict(sorted(Counter(line["status"] for line in members).items())),
        "n_retracted_stars": len({line["star"] for line in members if line["status"] == RETRACTED} - {None}),
        "rows": rows.model_dump(),
        "stars": stars.model_dump(),
    }
    subject = {"name": name, "digest": {"sha256": audit["artefact"]["sha256"]}}
    return read_statement(
        json.dumps(
            {"_type": TYPE, "subject": [subject], "predicateType": PREDICATE_TYPE, "predicate": predicate}
        )
    )


def trees_of(audit: Mapping[str, Any]) -> StarTrees:
    """Return the trees over the rows and stars of an audited version.

    Raises
    ------
    ProofError
        If the audit's rows are not those that the version is named after.
    """
    trees, training = _trees(audit["members"], audit["training"]["recipe"]), audit["training"]
    if trees.heads()[0].root != training["root"]:
        raise ProofError(
            f"nothing can be proved of {audit['model']}@{audit['version']}: the rows on record are not those "
            "that it was fitted on, as when some were forgotten"
        )
    return trees


def read_statement(payload: str | bytes) -> Statement:
    """Read a statement.

    Raises
    ------
    ProofError
        If it is none, or of something else than a training.
    """
    try:
        return Statement.model_validate_json(payload)
    except ValidationError as error:
        raise ProofError(f"this is no statement of a training: {_first(error)}") from None


def _trees(members: list[dict[str, Any]], recipe: str) -> StarTrees:
    return StarTrees.of(((line["star"], line["row_hash"]) for line in members), recipe)


def _counts(members: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found = {
        name: Counter(str(line[name]) for line in members if line[name] is not None) for name in _COUNTED
    }
    return {name: dict(sorted(of.items())) for name, of in found.items()}


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
