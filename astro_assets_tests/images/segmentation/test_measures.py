"""What tells point sources from rays, trails, rings and dipoles."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.segmentation.measures import (
    MEASURES,
    fitted_points,
    measured,
    side_of,
    squares_of,
)
from astro_assets.images.simulation.psf import Psf, add_point_sources

NOTHING = np.full((10, 96, 96), -9.0, np.float32)


def noise() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (96, 96)).astype(np.float32)


def at(difference, row=48, column=48, logits=NOTHING, n_pixels=0) -> dict[str, float]:
    places = (np.array([one]) for one in (row, column, n_pixels))
    return dict(zip(MEASURES, measured(logits, difference, *places)[0], strict=True))


@pytest.mark.parametrize("fwhm", [2.5, 4.0])
def test_cosmic_rays_are_sharp_trails_are_not_and_neither_is_a_point(fwhm):
    point, trail, ray = np.zeros((3, 96, 96), np.float32)
    add_point_sources(point, Psf(fwhm, 4.0), 48.3, 48.4, 400.0, 1e-3)
    add_point_sources(trail, Psf(fwhm, 4.0), 48, 48, 900.0, 1e-3, 4 * fwhm, 0.5)
    ray[48, 48], ray[49, 49] = 60, 40
    places = np.array([48]), np.array([48])
    found = {
        name: fitted_points(squares_of(image + noise(), *places, side_of(fwhm)), fwhm)
        for name, image in (("point", point), ("trail", trail), ("ray", ray))
    }
    assert found["point"][0] < 0.15 < found["trail"][0] < found["ray"][0]
    assert max(found["point"][1], found["trail"][1]) < 2 < found["ray"][1]


def test_trails_go_on_and_rings_are_filled(scene):
    plain = replace(
        scene.difference,
        difference=noise(),
        significance=noise(),
        is_missing=np.zeros((96, 96), bool),
        fwhm_pixels=3.0,
    )
    plain.significance[48, 48] = 5
    of_noise = at(plain)
    trail = replace(plain, significance=plain.significance.copy())
    trail.significance[np.arange(96), np.arange(96)] += 5
    assert at(trail)["line"] > 3 > of_noise["line"] + 2
    half = replace(plain, significance=plain.significance.copy())
    half.significance[48, :49] += 6  # ends here
    assert at(half)["ray"] > 3 > of_noise["ray"] + 1
    assert at(trail, 80, 80)["line"] > 3, "the edge is near"
    broken = replace(trail, is_missing=np.arange(96)[:, None] // 4 % 2 == np.zeros(96))
    assert at(broken)["line"] > 3, "half of it was not measured"
    ghost = replace(plain, difference=plain.difference + 1)
    assert at(ghost)["surround"] > 5 > of_noise["surround"] + 2
    dipole = replace(plain, significance=plain.significance.copy())
    dipole.significance[48, 48], dipole.significance[48, 51] = 9, -9
    assert at(dipole)["opposite"] == pytest.approx(1, abs=0.01)
    assert at(dipole)["rises"] == 1
    assert at(dipole, 48, 51)["rises"] == 0


def test_what_the_network_says_is_taken_from_around_the_peak(scene):
    logits = NOTHING.copy()
    logits[-1, 49, 48], logits[2, 47, 47], logits[3, 48, 52] = 20.0, 3.0, 5.0
    found = at(scene.difference, logits=logits, n_pixels=8)
    assert (found["wanted"], found["variable"], found["asteroid"]) == (12.0, 3.0, -9.0)
    assert found["log_pixels"] == pytest.approx(np.log(9))
    assert found["wanted_around"] == pytest.approx(-9 + 21 / 25)


def test_measures_at_the_edge_are_finite_and_do_not_depend_on_each_other(scene):
    rows, columns = np.array([0, 95, 0, 48]), np.array([0, 95, 50, 48])
    together = measured(NOTHING, scene.difference, rows, columns, np.zeros(4, np.int64))
    assert np.isfinite(together).all()
    for place, expected in zip(zip(rows, columns, strict=True), together, strict=True):
        assert list(at(scene.difference, *place).values()) == pytest.approx(expected)


def test_badly_subtracted_stars_are_told_of(scene):
    bad = replace(
        scene.difference,
        reference=np.full((96, 96), 50, np.float32),
        significance=np.full((96, 96), 4, np.float32),
        is_missing=np.zeros((96, 96), bool),
    )
    assert at(bad)["subtraction"] == pytest.approx(4)
    assert at(replace(bad, reference=noise()))["subtraction"] == 1
