"""Homes that the tests from end to end compare with, or copy; they are read only."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import Home
from astro_assets_tests.orchestration import homes


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars at Kepler's cadence, searched."""
    return homes.searched_home(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def simulated_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Twelve simulated stars, searched by ``astro-assets demo``."""
    return homes.demonstration(tmp_path_factory.getbasetemp())[0]
