"""A home whose report is looked at: three stars, searched, one with hostile names, and a model of them."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.orchestration import homes
from astro_assets_tests.reports import reported


@pytest.fixture(scope="session")
def reported_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return the home with its report written; nobody may change it."""
    return open_home(homes.made_once(tmp_path_factory, "reported_home", reported.make_home))
