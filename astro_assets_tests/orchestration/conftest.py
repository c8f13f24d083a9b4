"""What the tests of orchestration begin with: a home that they copy, and an inbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.looking import Looking


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars at Kepler's cadence, searched."""
    return open_home(homes.made_once(tmp_path_factory, "searched_home", homes.make_searched_home))


@pytest.fixture
def looking(tmp_path: Path) -> Looking:
    """Return an empty inbox of a home of its own."""
    return Looking(open_home(tmp_path / "home", n_shards=homes.N_SHARDS))
