"""What changes between two epochs."""

import numpy as np
import pytest

from astro_assets.images.simulation import events
from astro_assets.images.simulation.galaxies import Galaxies
from astro_assets.images.simulation.psf import Psf
from astro_assets.images.simulation.stars import Stars

FIELD = events.Field((120, 150), Psf(3.0, 3.5), lambda row, column: 100.0, faintest=0.01)


def galaxies() -> Galaxies:
    columns = (np.array([60.0, 30.0]), np.array([70.0, 20.0]), np.array([17.0, 20.0]))
    return Galaxies(*columns, np.array([6.0, 2.0]), np.ones(2), np.array([0.3, 0.9]), np.array([0.5, 0.0]))


def test_a_transient_has_the_flux_that_was_asked_for():
    event = events.transient(np.random.default_rng(1), FIELD, 12.0)
    assert event.electrons == pytest.approx(1200)
    assert event.patch.electrons.sum() == pytest.approx(1200, rel=0.06)  # wings beyond five FWHM are left out
    row, column = np.unravel_index(event.patch.electrons.argmax(), event.patch.electrons.shape)
    assert row + event.patch.row == pytest.approx(event.row, abs=0.6)
    assert column + event.patch.column == pytest.approx(event.column, abs=0.6)


def test_supernovae_follow_the_light_of_seen_hosts():
    rng = np.random.default_rng(2)
    seen = np.array([True, False])
    found = [events.supernova(rng, FIELD, galaxies(), seen, 5.0) for _ in range(300)]
    assert all(event is not None for event in found)
    y = np.array([event.row - 60 for event in found])
    x = np.array([event.column - 70 for event in found])
    major, minor = x * np.cos(0.5) + y * np.sin(0.5), y * np.cos(0.5) - x * np.sin(0.5)
    distance = np.hypot(major, minor / 0.3) / 6.0
    assert np.median(distance) == pytest.approx(1.0, abs=0.12)  # half within the effective radius
    assert distance.max() <= 3.001
    assert events.supernova(rng, FIELD, galaxies(), np.zeros(2, bool), 5.0) is None


def test_only_stars_that_can_change_so_much_do():
    stars = Stars(np.array([50.0, 60.0]), np.array([50.0, 90.0]), np.array([15.0, 15.0]))
    electrons = np.array([200.0, 5000.0])
    for seed in range(10):
        event = events.variable(np.random.default_rng(seed), FIELD, stars, electrons, np.ones(2, bool), 10.0)
        assert event is not None
        assert (event.row, event.column) == (60.0, 90.0)
        assert abs(event.electrons) == pytest.approx(1000)
    signs = {
        np.sign(event.electrons)
        for seed in range(20)
        if (
            event := events.variable(
                np.random.default_rng(seed), FIELD, stars, electrons, np.ones(2, bool), 10
            )
        )
    }
    assert signs == {-1.0, 1.0}
    assert events.variable(np.random.default_rng(3), FIELD, stars, electrons, np.zeros(2, bool), 10) is None
    assert events.variable(np.random.default_rng(3), FIELD, stars, electrons, np.ones(2, bool), 200) is None


def test_asteroids_trail():
    rng = np.random.default_rng(4)
    stretched = []
    for _ in range(30):
        patch = events.asteroid(rng, FIELD, 20.0).patch
        rows, columns = np.nonzero(patch.electrons > 0.3 * patch.electrons.max())
        roots = np.linalg.eigvalsh(np.cov(rows, columns))
        stretched.append(np.sqrt(roots[1] / roots[0]))
    assert np.median(stretched) > 1.5
    assert max(stretched) > 3


def test_events_at_the_edge_are_cut():
    event = events.point_source("transient", FIELD, 0.0, 149.0, 1000.0)
    assert event.patch.row == 0
    assert event.patch.column + event.patch.electrons.shape[1] == 150
    assert 200 < event.patch.electrons.sum() < 450
