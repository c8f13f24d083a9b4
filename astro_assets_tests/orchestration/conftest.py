"""A home that the tests of orchestration copy; it is read only."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import Home
from astro_assets_tests.orchestration import homes


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars at Kepler's cadence, searched."""
    return homes.searched_home(tmp_path_factory.getbasetemp())
