"""`astro-assets audit` and `impact` on a home with real files, a model fitted on their candidates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.update import put_units
from astro_assets.observations.tables import RAW_FILES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.depths import put_model


@pytest.fixture(scope="module")
def home(searched_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars, searched, and a model fitted on their candidates."""
    copy = homes.copy_of(searched_home, tmp_path_factory.mktemp("audited") / "home")
    put_model(homes.ledger_of(copy))
    return copy


def audit(home: Home) -> dict:
    result = astro_assets("audit", "depths", "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_an_audit_leads_to_the_files_with_what_their_headers_say(home: Home) -> None:
    found = audit(home)
    assert found["stars"] == [f"KIC {number}" for number in homes.STARS]
    assert [file["stars"] for file in sorted(found["files"], key=lambda file: file["stars"])] == [
        [star] for star in found["stars"]
    ]
    for file in found["files"]:
        assert sha256_of(home.root / "files" / file["sha256"][:2] / file["sha256"]) == file["sha256"]
        assert file["is_held"]
        assert (file["mission"], file["status"]) == ("Kepler", "as trained on")
        assert file["identity"]["segment_kind"] == "quarter"
    assert found["training"]["counts"]["files"], "by mission and quarter"
    names = {check["name"] for check in found["checks"]}
    assert "transits/transit_candidates: schema" in names, "what Dagster's checks came to last"
    assert all(check["passed"] for check in found["checks"])


def test_a_table_for_people_says_the_same(home: Home) -> None:
    result = astro_assets("audit", "transits/depths@champion", "--verify", home=home)
    assert result.returncode == 0, result.stderr
    for text in ("trained on 3 rows of 3 stars, 3 files", "Everything matches.", "run a run"):
        assert text in result.stdout


def test_a_damaged_file_is_named_and_the_command_fails(home: Home, tmp_path: Path) -> None:
    copy = homes.copy_of(home, tmp_path / "home")
    victim = audit(copy)["files"][0]
    path = copy.root / "files" / victim["sha256"][:2] / victim["sha256"]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    result = astro_assets("audit", "depths", "--verify", home=copy)
    assert result.returncode == 1
    assert victim["sha256"] in result.stdout
    assert "do not match" in result.stdout


@pytest.mark.parametrize("how", ["name", "hash", "path"])
def test_impact_of_a_file_however_it_is_named(home: Home, tmp_path: Path, how: str) -> None:
    file = next(file for file in audit(home)["files"] if file["stars"] == ["KIC 101"])
    copy = tmp_path / "whatever.fits"
    copy.write_bytes((home.root / "files" / file["sha256"][:2] / file["sha256"]).read_bytes())
    named = {"name": file["name"], "hash": file["sha256"][:10], "path": copy}[how]
    result = astro_assets("impact", named, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {unit["target"] for unit in found["units"] if unit["target"]} == {"KIC 101"}
    assert "transits/folded_views" in {unit["table"] for unit in found["units"]}
    (model,) = found["models"]
    assert (model["model"], model["n_rows"], model["n_all"]) == ("transits/depths", 1, 3)


def test_impact_of_a_target_and_of_a_table(home: Home) -> None:
    target = json.loads(astro_assets("impact", "kic101", "--format", "json", home=home).stdout)
    assert {unit["target"] for unit in target["units"] if unit["target"]} == {"KIC 101"}
    assert [model["n_rows"] for model in target["models"]] == [1]
    table = astro_assets("impact", "light_curves", home=home)
    assert "3 of 3 rows" in table.stdout


def test_what_nothing_is_called_is_an_error_that_says_so(home: Home) -> None:
    result = astro_assets("impact", "no such thing", home=home)
    assert result.returncode == 2
    assert "is no table, no target and no file that was taken in" in result.stderr
    result = astro_assets("audit", "depths@zz", home=home)
    assert result.returncode == 2
    assert "no version or alias 'zz'" in result.stderr


def test_two_files_of_one_name_are_told_apart_by_their_hashes(home: Home, tmp_path: Path) -> None:
    copy = homes.copy_of(home, tmp_path / "home")
    ledger = homes.ledger_of(copy)
    row = ledger.open(RAW_FILES).rows(list(RAW_FILES.schema.names)).collect()
    first = row.select(RAW_FILES.schema.names).row(0, named=True)
    put_units(ledger, RAW_FILES, {"ab" * 32: [first]})
    result = astro_assets("impact", first["file_name"], home=copy)
    assert result.returncode == 2
    assert "2 files are called" in result.stderr
    assert "ab" * 6 in result.stderr


@pytest.mark.parametrize("how", ["name", "hash"])
def test_impact_of_a_file_that_is_no_longer_in_its_table(home: Home, tmp_path: Path, how: str) -> None:
    copy = homes.copy_of(home, tmp_path / "home")
    ledger = homes.ledger_of(copy)
    names = ledger.open(RAW_FILES).rows(["sha256", "file_name"]).select("file_name", "sha256").collect()
    sha256 = dict(names.iter_rows())["star101.fits"]
    put_units(ledger, RAW_FILES, {}, remove=[sha256])
    named = {"name": "star101.fits", "hash": sha256[:10]}[how]
    result = astro_assets("impact", named, "--format", "json", home=copy)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {unit["target"] for unit in found["units"] if unit["target"]} == {"KIC 101"}
    assert [(model["n_rows"], model["n_all"]) for model in found["models"]] == [(1, 3)]
