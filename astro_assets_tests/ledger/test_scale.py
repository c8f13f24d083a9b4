"""Ten thousand targets in eight tables: what one changed star costs, and what two questions find.

How long the answers take is measured by ``benchmarks/bench_ledger_scale.py``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.staleness import stale
from astro_assets_tests.ledger import survey
from astro_assets_tests.ledger.scale import ancestry_of_model, asked, size

_N_STARS = 10_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home that nothing has changed in since."""
    return survey.built(tmp_path_factory.mktemp("survey") / "home", _N_STARS).home.root


@pytest.mark.slow
def test_what_a_model_came_from_and_what_is_stale_are_known(root: Path) -> None:
    answers = {question: asked("survey", question, root) for question in ("ancestry", "stale")}
    assert answers["ancestry"].found == {"units": 7 * _N_STARS, "current": 7 * _N_STARS, "missing": 0}
    assert answers["stale"].found == {"current": 6 * _N_STARS}


@pytest.mark.slow
def test_one_changed_star_costs_what_one_star_costs(root: Path, tmp_path: Path) -> None:
    ledger = survey.opened(shutil.copytree(root, tmp_path / "home"))
    before = size(ledger.home.root)
    survey.put_stars(ledger, [1], 0.5)
    computed = survey.refresh(ledger)
    assert {name: len(keys) for name, keys in computed.items()} == dict.fromkeys(computed, 1)
    assert size(ledger.home.root) - before < 5_000_000
    assert stale(ledger).entries.is_empty()


@pytest.mark.slow
def test_replaced_units_are_found(root: Path, tmp_path: Path) -> None:
    """Half of what the model was trained on changes, in commits that touch every shard."""
    ledger = survey.opened(shutil.copytree(root, tmp_path / "home"))
    before = _made_of(ledger)
    for part in range(2):
        survey.put_stars(ledger, range(part, _N_STARS, 4), 0.5)
        survey.refresh(ledger)
    survey.put_stars(ledger, range(0, _N_STARS, 4), 0.25)
    found = asked("survey", "ancestry", ledger.home.root)
    # The labels' tables are as they were, and half of the stars.
    n_left = _N_STARS // 2
    assert found.found == {"units": 7 * _N_STARS, "current": 6 * n_left + _N_STARS, "missing": 0}
    assert _made_of(ledger) == before
    moving = asked("survey", "stale", ledger.home.root)
    n_changed = _N_STARS // 4
    # A view may appear at each of the stars, and so on.
    assert moving.found == {
        "current": 6 * (_N_STARS - n_changed), "stale": n_changed, "unsettled": 5 * n_changed,
    }  # fmt: skip


def _made_of(ledger: Ledger) -> set[tuple[str, str, str]]:
    return set(ancestry_of_model(ledger).units.select("table", "key", "recipe_hash").iter_rows())
