"""Models and versions are found by whatever short name is unambiguous, and by no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import Field

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_names import UnknownModelError, resolve
from astro_assets.ledger.model_tables import MODELS
from astro_assets.ledger.models import fit_model, promote
from astro_assets.ledger.table import Config
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger

N_VERSIONS = 17


class NumberConfig(Config):
    """Settings that make another version of the same rows."""

    number: int = Field(0, description="Which version.")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Two models of one name in two wings, and one of more versions than there are first digits."""
    ledger = toy_ledger(tmp_path_factory.mktemp("names"), with_models=True)
    put_files(ledger, toy.file_row("f", "SIM 1", [1.0]))
    refresh(ledger, ("curves", "stars"))
    spec = toy.level_spec(ledger.table("stars"))
    versions = [fit_model(ledger, replace(spec, config=NumberConfig(number=n))) for n in range(N_VERSIONS)]
    promote(ledger, "toy/level", versions[3], why="a test")
    promote(ledger, "toy/level", versions[4], alias="candidate", why="a test")
    for name in ("toy/twin", "other/twin"):
        fit_model(ledger, replace(spec, name=name))
    return ledger


def _versions(ledger: Ledger) -> list[str]:
    rows = ledger.open(MODELS).rows(["model", "model_version"]).collect()
    return [row["model_version"] for row in rows.iter_rows(named=True) if row["model"] == "toy/level"]


def test_every_version_is_found_by_its_beginning(ledger: Ledger) -> None:
    versions = _versions(ledger)
    assert len(versions) == N_VERSIONS
    for version in versions:
        shortest = next(n for n in range(1, 17) if sum(v.startswith(version[:n]) for v in versions) == 1)
        assert resolve(ledger, f"level@{version[:shortest]}") == ("toy/level", version)
    assert resolve(ledger, f"toy/level@{versions[0]}") == ("toy/level", versions[0])


def test_an_alias_is_a_version_and_the_champion_is_meant_where_none_is_named(ledger: Ledger) -> None:
    champion = resolve(ledger, "level")
    assert champion == resolve(ledger, "toy/level@champion")
    assert champion != resolve(ledger, "level@candidate")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lovel", "there is no model 'lovel'; there are other/twin, toy/level, toy/twin"),
        ("twin", "several models are called 'twin'; there are other/twin, toy/twin"),
        ("", "there is no model ''"),
        ("toy/twin", "toy/twin: there is no version or alias 'champion'; there are"),
        ("level@", "toy/level: there is no version or alias ''"),
        ("level@none", "toy/level: there is no version or alias 'none'"),
        ("level@champion@", "there is no version or alias 'champion@'"),
    ],
)
def test_what_names_none_or_several_is_refused(ledger: Ledger, text: str, problem: str) -> None:
    with pytest.raises(UnknownModelError, match=problem):
        resolve(ledger, text)


def test_an_ambiguous_beginning_is_refused(ledger: Ledger) -> None:
    first_digits = [version[0] for version in _versions(ledger)]
    ambiguous = next(digit for digit in first_digits if first_digits.count(digit) > 1)
    with pytest.raises(UnknownModelError, match=f"several versions begin with '{ambiguous}'; there are"):
        resolve(ledger, f"level@{ambiguous}")


def test_a_home_without_models_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match="none was trained yet"):
        resolve(toy_ledger(tmp_path, with_models=True), "level")
