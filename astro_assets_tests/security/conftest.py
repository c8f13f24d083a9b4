"""One home of hostile files for all tests that look at what became of them; nobody changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets_tests.orchestration import homes
from astro_assets_tests.security.hostile_home import make_hostile_home


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the home, what its commands printed, and what they unpickled."""
    return homes.made_once(tmp_path_factory, "hostile_home", make_hostile_home)
