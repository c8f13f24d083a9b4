"""Homes whose reports are looked at, three searched stars each."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.cli.test_scorer import trained_home
from astro_assets_tests.orchestration import homes
from astro_assets_tests.reports import reported


@pytest.fixture(scope="session")
def reported_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with hostile names, a model, and its report written; nobody may change it."""
    return open_home(homes.made_once(tmp_path_factory, "reported_home", reported.make_home))


@pytest.fixture(scope="session")
def scored_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with a scorer, one star of it out of date, and its report; nobody may change it."""
    trained = trained_home(tmp_path_factory)
    made = homes.made_once(
        tmp_path_factory, "scored_home", lambda root: reported.make_scored_home(root, trained)
    )
    return open_home(made / "home")
