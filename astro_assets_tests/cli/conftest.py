"""Homes that the tests of the command line ask questions of; they are read only."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.orchestration import homes


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars at Kepler's cadence, searched."""
    return open_home(homes.made_once(tmp_path_factory, "searched_home", homes.make_searched_home))


@pytest.fixture(scope="session")
def simulated_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Twelve simulated stars, searched by ``astro-assets demo``."""
    return open_home(homes.made_once(tmp_path_factory, "demonstration", homes.make_demonstration))
