"""A home that the tests of orchestration copy; it is read only."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.orchestration import homes


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars at Kepler's cadence, searched."""
    return open_home(homes.made_once(tmp_path_factory, "searched_home", homes.make_searched_home))
