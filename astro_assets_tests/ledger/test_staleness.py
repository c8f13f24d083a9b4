"""What is stale after going back, and what telling it reads; random changes are elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import entries, put_files, refresh, toy_ledger, units


def _opened(root: Path, **changed: float) -> Ledger:
    offset = changed.get("offset", 0.0)
    return toy_ledger(
        root, code={"curves": int(changed.get("code", 0))}, config={"curves": toy.CurveConfig(offset=offset)}
    )


@pytest.mark.parametrize("changed", [{"offset": 0.25}, {"code": 1}], ids=["config", "code"])
def test_after_going_back_only_what_was_recomputed_in_between_is_stale(
    tmp_path: Path, changed: dict[str, float]
) -> None:
    ledger = _opened(tmp_path)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [-0.7, 0.1 * i]) for i in range(12)))
    refresh(ledger)
    other = _opened(tmp_path, **changed)
    assert {key for table, key, status in entries(other) if status == "stale"} == {f"f{i}" for i in range(12)}
    done = refresh(other, ["curves"], shards=[0, 1])["curves"].computed
    assert 0 < len(done) < 12
    back = _opened(tmp_path)
    found = entries(back)
    assert {line for line in found if line[0] == "curves"} == {("curves", key, "stale") for key in done}
    stars = {units(back, "curves", "target").filter(key=key)["target"][0] for key in done}
    assert {line for line in found if line[0] == "stars"} == {("stars", star, "stale") for star in stars}
    refresh(back)
    assert not entries(back)
    assert entries(other), "the other one is due again"


def test_what_is_stale_is_known_without_reading_any_curve(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.7]) for i in range(3)))
    refresh(ledger)
    (ledger.home.root / "objects").rename(tmp_path / "away")
    assert not entries(ledger)
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.8]))
    assert ("curves", "f1", "stale") in entries(ledger)
