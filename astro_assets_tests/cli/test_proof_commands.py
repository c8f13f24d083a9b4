"""Statements and proofs as files that people hand to others: made in a home, verified without one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from astro_assets.cli.app import app
from astro_assets.cli.audit_commands import AuditFormat, _exported
from astro_assets.ledger.audit import Audit, audit
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_names import resolve
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.signing import public_key_file, signed
from astro_assets.ledger.statement import statement_of, trees_of
from astro_assets.ledger.table import Config, Parents
from astro_assets.ledger.update import put_units
from astro_assets.tables import TABLES
from astro_assets.transits.completeness_tables import COMPLETENESS_TARGETS
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.ledger import independent
from astro_assets_tests.ledger.audits import stars_audit


def fit(rows: Parents, config: Config) -> tuple[bytes, Mapping[str, Any]]:
    """Count the rows."""
    return str(len(rows["examples"])).encode(), {}


@dataclass(frozen=True)
class Given:
    """What a third party is given."""

    home: Home
    folder: Path
    artefact: Path

    @property
    def key(self) -> Path:
        return self.home.root / "keys" / "public.pem"

    def audit(self) -> Audit:
        ledger = open_ledger(self.home, TABLES)
        return audit(ledger, *resolve(ledger, "counter"))

    def arguments(self, *arguments: str | Path) -> list[str]:
        return ["verify-proof", *map(str, (self.folder / "statement.json", *arguments))]

    def verified(self, *arguments: str | Path) -> Result:
        """Verify what lies in the folder, without a process of its own."""
        return CliRunner().invoke(app, self.arguments(*arguments))


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """Make a model of 30 stars, its statement, and the proofs of TIC 7 and TIC 700."""
    home, folder = open_home(tmp_path_factory.mktemp("home")), tmp_path_factory.mktemp("given")
    ledger = open_ledger(home, TABLES)
    rows = {
        f"search {i}": [
            {
                "search_id": f"search {i}",
                "target_id": f"TIC {i}",
                "n_injected": i,
                "star_radius_sun": 1.0,
                "star_mass_sun": 1.0,
            }
        ]
        for i in range(1, 31)
    }
    put_units(ledger, COMPLETENESS_TARGETS, rows)
    spec = ModelSpec("toy/counter", fit, (Training(COMPLETENESS_TARGETS, ("n_injected",)),))
    promote(ledger, "toy/counter", fit_model(ledger, spec), why="a test")
    for arguments in (
        ("attest", "counter", "--out", folder / "statement.json"),
        ("prove", "counter", "tic0007", "--out", folder / "there.json"),
        ("prove", "counter@champion", "TIC 700", "--out", folder / "absent.json"),
    ):
        result = astro_assets(*arguments, home=home)
        assert result.returncode == 0, result.stderr
    artefact = folder / "model"
    artefact.write_bytes(b"30")
    return Given(home, folder, artefact)


def test_what_is_proved_is_said(given: Given) -> None:
    for name, said in (("there", "was trained on TIC 7"), ("absent", "was NOT trained on TIC 700")):
        proof = given.folder / f"{name}.json"
        arguments = given.arguments(proof, "--public-key", given.key, "--artefact", given.artefact)
        result = astro_assets(*arguments, ASTRO_ASSETS_HOME=str(given.folder / "nowhere"))
        assert (result.returncode, result.stderr) == (0, "")
        proved = next(line for line in result.stdout.splitlines() if line.startswith("proved: "))
        assert proved.startswith("proved: toy/counter@")
        assert proved.endswith(said)
        assert "trained on 30 rows of 30 stars" in result.stdout
        assert "the file is the model of the statement" in result.stdout
    assert not (given.folder / "nowhere").exists()


def test_somebody_elses_verifier_agrees(given: Given) -> None:
    statement, key = (given.folder / "statement.json").read_bytes(), given.key.read_bytes()
    for name, is_there in (("there", True), ("absent", False)):
        proof = (given.folder / f"{name}.json").read_bytes()
        assert independent.verify(statement, proof, key, given.artefact.read_bytes()) == is_there


def test_the_audit_shows_that_nothing_was_left_out(given: Given) -> None:
    file = given.folder / "audit.json"
    file.write_text(json.dumps(given.audit().to_json()))
    arguments = ("--public-key", given.key, "--audit", file, "--format", "json")
    result = given.verified(*arguments)
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["holds"], answer["audit"], answer["star"]) == (0, True, True, None)
    document = json.loads(file.read_text())
    document["members"].pop()
    file.write_text(json.dumps(document))
    result = given.verified(*arguments)
    assert result.exit_code == 1
    assert "are not those of the statement" in json.loads(result.stdout)["why"]


def test_what_does_not_hold_exits_with_1_and_the_reason(given: Given, tmp_path: Path) -> None:
    proof, forged, respelt = given.folder / "there.json", tmp_path / "forged.json", tmp_path / "respelt.json"
    forged.write_text(proof.read_text().replace("TIC 7", "TIC 8"))
    # A prover who wants to deny that TIC 7 was trained on: TIC 07, indeed, was not.
    audited = given.audit().to_json()
    denied = trees_of(audited).prove(audited["model"], audited["version"], "TIC 07")
    respelt.write_text(denied.model_dump_json())
    other = open_home(tmp_path / "other")
    signed(other, b"")
    for arguments, reason in (
        ((forged, "--public-key", given.key), "is not in the statement's tree of stars"),
        ((respelt, "--public-key", given.key), "'TIC 07' is not how a star is named"),
        ((given.artefact, "--public-key", given.key), "this is no proof"),
        ((proof, "--public-key", given.key, "--artefact", proof), "is another file than the model"),
        ((proof, "--public-key", public_key_file(other)), "is not signed by the key"),
    ):
        result = given.verified(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith("astro-assets: does not hold: ")
        assert reason in line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("attest", "counter@none", "--out", "{out}"), "no version or alias 'none'"),
        (("prove", "counter", "star 7", "--out", "{out}"), "unknown catalogue 'star'"),
        (("prove", "counter@", "TIC 7", "--out", "{out}"), "no version or alias ''"),
    ],
)
def test_faults_are_told_in_a_line(given: Given, tmp_path: Path, arguments: Any, reason: str) -> None:
    out = tmp_path / "out"
    out.write_text("")
    result = astro_assets(*(argument.format(out=out) for argument in arguments), home=given.home)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert reason in line


def test_a_key_that_is_none_is_named(given: Given) -> None:
    result = astro_assets(*given.arguments("--public-key", given.artefact))
    assert result.returncode == 2
    assert "model holds no public key of Ed25519 in PEM" in result.stderr


def test_rows_of_no_star_make_it_doubtful_that_one_was_not_trained_on(tmp_path: Path) -> None:
    audited = stars_audit(5, with_no_star=True)
    statement, proof, home = (
        tmp_path / "statement.json",
        tmp_path / "proof.json",
        open_home(tmp_path / "home"),
    )
    statement.write_bytes(signed(home, statement_of(audited, "2026-11-27T00:00:00+00:00").to_bytes()))
    proof.write_text(trees_of(audited).prove(audited["model"], audited["version"], "SIM 9").model_dump_json())
    result = astro_assets("verify-proof", statement, proof, "--public-key", public_key_file(home))
    assert result.returncode == 0
    assert "was NOT trained on SIM 9\n  but 3 of its rows are of no star that is known\n" in result.stdout


def test_an_audit_is_printed_in_the_forms_of_others(given: Given) -> None:
    found = given.audit()
    document = json.loads(_exported(found, AuditFormat.prov))
    assert f"model:toy%2Fcounter%40{found.version}" in document["entity"]
    events = json.loads(_exported(found, AuditFormat.openlineage))
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    assert json.loads(_exported(found, AuditFormat.json)) == found.to_json()
