"""The commands of signed statements about models, and of proofs for third parties: parse, call, print."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from astro_assets.cli import printing
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.audit import audit
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.model_names import resolve
from astro_assets.ledger.signing import opened, public_key_file, signed
from astro_assets.ledger.star_proofs import Proof, ProofError, read_proof
from astro_assets.ledger.statement import Statement, read_statement, statement_of, trees_of
from astro_assets.observations.targets import TargetIdError, canonical_target_id
from astro_assets.tables import MODEL_SPECS, TABLES

_ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL[@VERSION]", help="As transit_scorer@3f2a; without, the champion.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(attest)
    app.command()(prove)
    app.command("verify-proof")(verify_proof)


def attest(
    model: _ModelArgument,
    out: Annotated[Path, typer.Option(dir_okay=False, help="File to write: a signed in-toto statement.")],
    home: HomeOption = None,
) -> None:
    """Sign what a version of a model was trained on, for people who do not have this home."""
    ledger = _ledger(home)
    statement = statement_of(_audited(ledger, model), datetime.now(UTC).isoformat(timespec="seconds"))
    write_bytes(out.absolute(), signed(ledger.home, statement.to_bytes()))
    printing.notes(
        [
            f"{out}: {_named(statement)}, trained on {statement.predicate.stars.n_stars} stars",
            f"the key to verify it with: {public_key_file(ledger.home)}",
        ]
    )


def prove(
    model: _ModelArgument,
    target: Annotated[str, typer.Argument(help="A star, however it is written: 'TIC 100100827'.")],
    out: Annotated[
        Path, typer.Option(dir_okay=False, help="File to write: the proof, to go with the statement.")
    ],
    home: HomeOption = None,
) -> None:
    """Prove that a version of a model was trained on a star, or that it was not."""
    audited = _audited(_ledger(home), model)
    star = target if target in audited["stars"] else canonical_target_id(target)
    trees = trees_of(audited)
    proof = trees.prove(audited["model"], audited["version"], star)
    write_bytes(out.absolute(), proof.model_dump_json(exclude_none=True, indent=1).encode() + b"\n")
    status = Counter(line["status"] for line in audited["members"] if line["star"] == star)
    rows = ", ".join(f"{n} {name}" for name, n in sorted(status.items()))
    said = f"was trained on {star} (rows: {rows})" if status else f"was not trained on {star}"
    printing.notes([f"{out}: {audited['model']}@{audited['version']} {said}"])
    if not status:
        printing.notes(_nameless(trees.n_rows_of_no_star))


def verify_proof(
    statement: Annotated[Path, typer.Argument(dir_okay=False, help="What `attest` wrote.")],
    proof: Annotated[Path | None, typer.Argument(dir_okay=False, help="What `prove` wrote.")] = None,
    *,
    public_key: Annotated[
        Path, typer.Option(dir_okay=False, help="The key of whoever signed, as you got it from them.")
    ],
    artefact: Annotated[Path | None, typer.Option(dir_okay=False, help="The model's file.")] = None,
    audit_file: Annotated[
        Path | None,
        typer.Option("--audit", dir_okay=False, help="What `audit --format json` printed: all the rows."),
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """Verify a statement and a proof, without a home and the network; exits with 1 if they do not hold."""
    try:
        said = read_statement(opened(statement.read_bytes(), public_key))
        found = _checked(said, proof, artefact, audit_file)
    except ProofError as error:
        if output is Format.json:
            sys.stdout.write(json.dumps({"holds": False, "why": str(error)}, indent=1) + "\n")
        typer.echo(f"astro-assets: does not hold: {printing.plain(str(error))}", err=True)
        raise typer.Exit(1) from None
    if output is Format.json:
        sys.stdout.write(json.dumps({"holds": True, **found}, indent=1) + "\n")
    else:
        printing.notes(_lines(said, found))


def _checked(
    said: Statement, proof_file: Path | None, artefact: Path | None, audit_file: Path | None
) -> dict[str, Any]:
    """Return what holds, as plain values.

    Raises
    ------
    ProofError
        If something does not.
    """
    found: dict[str, Any] = {"statement": json.loads(said.to_bytes()), "star": None, "is_included": None}
    if artefact is not None and sha256_of(artefact) != said.artefact:
        raise ProofError(f"{artefact} is another file than the model of the statement")
    if audit_file is not None:
        said.check_audit(audit_file.read_bytes())
    if proof_file is not None:
        proof = read_proof(proof_file.read_bytes())
        found |= {"star": proof.star, "is_included": said.check(proof)}
        _check_spelling(proof)
    return {**found, "artefact": artefact is not None, "audit": audit_file is not None}


def _check_spelling(proof: Proof) -> None:
    """Refuse another spelling of a star's name: under that, no star was trained on."""
    try:
        is_canonical = canonical_target_id(proof.star) == proof.star
    except TargetIdError:
        is_canonical = False
    if proof.included is None and not is_canonical:
        raise ProofError(f"{proof.star!a} is not how a star is named; a star may hide behind that")


def _lines(said: Statement, found: dict[str, Any]) -> list[str]:
    training, name = said.predicate, _named(said)
    rows, stars = training.rows.n_leaves, training.stars.n_stars
    lines = [
        f"signed: {name}, sha256 {said.artefact}",
        f"  made {training.made_at}, origin {training.origin}; trained on {rows} rows of {stars} stars",
        f"  by {training.stated_at}, {training.n_retracted_stars} of the stars were retracted",
    ]
    if found["star"] is not None:
        was = "was trained on" if found["is_included"] else "was NOT trained on"
        lines.append(f"proved: {name} {was} {found['star']}")
        lines += [] if found["is_included"] else _nameless(training.stars.n_rows_of_no_star)
    if found["artefact"]:
        lines.append("the file is the model of the statement")
    if found["audit"]:
        lines.append("the audit lists all rows and stars of the statement, and no others")
    return lines


def _nameless(n_rows: int) -> list[str]:
    """Say what makes it doubtful that a star was not trained on."""
    return [f"  but {n_rows} of its rows are of no star that is known"] if n_rows else []


def _named(said: Statement) -> str:
    return f"{said.predicate.model}@{said.predicate.version}"


def _audited(ledger: Ledger, model: str) -> dict[str, Any]:
    return audit(ledger, *resolve(ledger, model), MODEL_SPECS).to_json()


def _ledger(home: Path | None) -> Ledger:
    return open_ledger(open_home(home, must_exist=True), TABLES)
