"""Homes that the tests of the command line ask questions of; they are read only."""

from __future__ import annotations

import subprocess

import pytest

from astro_assets.ledger.home import Home
from astro_assets_tests.orchestration import homes


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three stars at Kepler's cadence, searched."""
    return homes.searched_home(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def demonstration(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Home, subprocess.CompletedProcess[str]]:
    """Run ``astro-assets demo`` and return its home with what it printed."""
    return homes.demonstration(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def simulated_home(demonstration: tuple[Home, subprocess.CompletedProcess[str]]) -> Home:
    """Twelve simulated stars, searched by ``astro-assets demo``."""
    return demonstration[0]
