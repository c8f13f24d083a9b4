"""An audit is kept as long as what it was read from is what it was, and no longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.audit import audit
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import promote
from astro_assets.ledger.retraction import set_retracted
from astro_assets.ledger.update import put_units
from astro_assets.observations.tables import RAW_FILES
from astro_assets.reports.known_audits import all_audits
from astro_assets_tests.ledger.places import file_path, record_path, table_path
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.depths import DEPTHS


@pytest.fixture
def home(reported_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(reported_home, tmp_path / "home")


def kept(home: Home) -> Path:
    (path,) = (home.root / "report" / ".audits").iterdir()
    return path


def doctored(home: Home) -> None:
    """Write another origin into the audit that is kept, to tell it from one that is made anew."""
    ledger = homes.ledger_of(home)
    all_audits(ledger, [DEPTHS])
    content = json.loads(kept(home).read_text())
    content["audit"]["origin"] = "doctored"
    kept(home).write_text(json.dumps(content))


def found(home: Home) -> dict[str, Any]:
    (one,) = all_audits(homes.ledger_of(home), [DEPTHS])
    return one


def anew(home: Home) -> dict[str, Any]:
    ledger, one = homes.ledger_of(home), found(home)
    return audit(ledger, one["model"], one["version"], [DEPTHS]).to_json()


def lose_a_file(ledger: Ledger, one: dict[str, Any]) -> None:
    file_path(ledger.objects, one["files"][0]["sha256"]).unlink()


def give_another_alias(ledger: Ledger, one: dict[str, Any]) -> None:
    promote(ledger, one["model"], one["version"], alias="other", why="a test")


def retract(ledger: Ledger, one: dict[str, Any]) -> None:
    set_retracted(ledger, "KIC 101", "a test", is_retracted=True)


def lose_the_record(ledger: Ledger, one: dict[str, Any]) -> None:
    record_path(ledger.home, one["model"], one["version"]).unlink()


def take_a_file_out(ledger: Ledger, one: dict[str, Any]) -> None:
    put_units(ledger, RAW_FILES, {}, remove=[one["files"][0]["key"]])


def lose_history(ledger: Ledger, one: dict[str, Any]) -> None:
    folder = table_path(ledger.home, "transits/transit_candidates")
    next(folder.glob("shard=*")).joinpath("old.parquet").touch()


def test_an_audit_is_made_once(home: Home) -> None:
    assert found(home) == anew(home)
    doctored(home)
    assert found(home)["origin"] == "doctored"


@pytest.mark.parametrize(
    "change",
    [lose_a_file, give_another_alias, retract, lose_the_record, take_a_file_out, lose_history],
)
def test_it_is_made_again_when_something_that_it_tells_of_changes(
    home: Home, change: Callable[[Ledger, dict[str, Any]], None]
) -> None:
    doctored(home)
    before = found(home)
    change(homes.ledger_of(home), before)
    now = found(home)
    assert now["origin"] == "real"
    assert now == anew(home)
    assert change is lose_history or now != {**before, "origin": "real"}


def test_a_change_elsewhere_is_no_reason(home: Home) -> None:
    doctored(home)
    path = table_path(home, "transits/variability")
    next(path.glob("shard=*")).joinpath("old.parquet").touch()
    assert found(home)["origin"] == "doctored"


def test_what_is_damaged_is_made_again(home: Home) -> None:
    doctored(home)
    for damage in ("{", "[]", "{}", '{"read": "x", "audit": {}}'):
        kept(home).write_text(damage)
        assert found(home)["origin"] == "real"


def test_audits_of_versions_that_are_gone_are_removed(home: Home) -> None:
    found(home)
    (kept(home).parent / "gone.json").write_text("{}")
    found(home)
    assert kept(home).name != "gone.json"
