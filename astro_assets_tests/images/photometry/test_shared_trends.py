"""Trends that stars share, told by other stars."""

import numpy as np
import pytest

from astro_assets.images.photometry.shared_trends import shared_trends

SHAPE = (500, 650)
NOISE = 0.003


def night(n_stars=60, n_frames=70, drift=3.0, seed=0):
    rng = np.random.default_rng(seed)
    start = rng.uniform([0, 0], [450, 450], (n_stars, 2))
    shift = np.column_stack(
        [np.linspace(0, drift * n_frames, n_frames), 10 * np.sin(np.arange(n_frames) / 9)]
    )
    places = start[:, None] + shift
    frames = {
        "fwhm": 3 + 0.5 * np.sin(np.arange(n_frames) / 5),
        "background": 300 + np.linspace(-1, 1, n_frames) ** 2 * 30,
        "airmass": 1 + np.linspace(-1, 1, n_frames) ** 2,
    }
    brightness = 10 ** rng.uniform(3, 5, n_stars)
    return places, frames, brightness, 1 + NOISE * rng.normal(size=(n_stars, n_frames))


def fitted(relative, places, frames, brightness, degree=4):
    weights = np.full(len(relative), 1 / len(relative))
    return shared_trends(relative, weights, places, brightness, frames, SHAPE, degree)


def scatter(relative):
    return np.median(np.std(relative, axis=1))


def test_vignetting_is_measured_by_stars_that_drift():
    places, frames, brightness, relative = night()
    vignetting = 1 - 0.1 * (((places - [325, 250]) / 325) ** 2).sum(axis=2)
    found = fitted(relative * vignetting / np.median(vignetting, axis=1)[:, None], places, frames, brightness)
    assert "position 2" in found.terms
    left = relative * vignetting / found.ratio
    # A common drift is the frames' own, and goes with the artificial star.
    left = left / np.median(left, axis=1)[:, None]
    left = left / np.median(left, axis=0)
    assert scatter(left) < 1.1 * NOISE < 2 * NOISE < scatter(vignetting / vignetting.mean(axis=1)[:, None])


@pytest.mark.parametrize("name", ["background", "fwhm by brightness"])
def test_sky_and_focus_are_told_by_stars_of_all_brightnesses(name):
    places, frames, brightness, relative = night()
    amount = {
        "background": frames["background"] / brightness[:, None] * 2,
        "fwhm by brightness": 0.05 * frames["fwhm"] * np.log10(brightness)[:, None],
    }[name]
    found = fitted(relative + amount - amount.mean(axis=1)[:, None], places, frames, brightness)
    assert name in found.terms


def test_noise_has_no_trends():
    places, frames, brightness, relative = night()
    found = fitted(relative, places, frames, brightness)
    assert np.std(found.ratio) < 0.2 * NOISE
    assert fitted(relative, places, frames, brightness, degree=0).terms == ()


def test_stars_that_do_not_drift_tell_no_map():
    places, frames, brightness, relative = night(drift=0.0)
    places = np.broadcast_to(places[:, :1], places.shape)
    assert not any(name.startswith("position") for name in fitted(relative, places, frames, brightness).terms)


def test_a_star_has_no_say_in_what_corrects_it():
    places, frames, brightness, relative = night()
    vignetting = 1 - 0.1 * (((places - [325, 250]) / 325) ** 2).sum(axis=2)
    before = relative * vignetting
    after = before.copy()
    after[7, 20:45] *= 0.9
    # With the star's weight in the choice of terms alone, its own correction stays what it was.
    one, other = (fitted(values, places, frames, brightness) for values in (before, after))
    dip = other.ratio[7] / one.ratio[7]
    assert abs(dip[20:45].mean() - dip[:20].mean()) < 0.002
