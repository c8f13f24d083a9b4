"""The search of 16 stars a vector beside plain NumPy, and beside the search of one."""

import numpy as np
import pytest

from astro_assets.transits.search.batch_folding import search_group
from astro_assets.transits.search.box_scale_lanes import set_scales_of_group
from astro_assets.transits.search.folding import table_size
from astro_assets.transits.search.levels import base_groups, trial_periods
from astro_assets_tests.transits.search.test_folding import folds

N_BINS = 900
WIDTHS = (2, 3, 4, 5, 6)
LEAST = 0.25


def _stars(seed, n_vectors, bases):
    """Residuals (vectors, room, 16), and weights with a gap, shape (room,)."""
    rng = np.random.default_rng(seed)
    room = N_BINS + 2 * bases[1] + 60
    weights = np.zeros(room, np.float32)
    weights[:N_BINS] = rng.choice([0.5, 1.0], N_BINS)
    weights[300:340] = 0
    weights /= weights.sum()
    residuals = np.zeros((n_vectors, room, 16), np.float32)
    residuals[:, :N_BINS] = rng.normal(size=(n_vectors, N_BINS, 16)) * np.sqrt(weights[:N_BINS, None])
    return residuals, weights


def _search(residuals, weights, bases, noise=None, every=1, widths=WIDTHS, cells=None):
    cells = np.arange(trial_periods(N_BINS, bases, every).size) if cells is None else cells
    n_vectors = residuals.shape[0]
    noise = np.ones((n_vectors, len(widths), 16), np.float32) if noise is None else noise
    tables, scratch = np.zeros((2, 16 * table_size(N_BINS, bases, widths[-1])), np.float32)
    found = np.zeros((n_vectors, cells.max() + 1, 2, 16), np.float32)
    (group,) = base_groups(N_BINS, bases, widths, every, 10**9)
    assert group.scanned + cells.size == trial_periods(N_BINS, bases, every).size
    scales = np.zeros((group.n_scales, *weights.shape[1:]), np.float32)
    boxes = np.array(widths)
    set_scales_of_group(weights, N_BINS, bases, 0, every, boxes, LEAST, tables, scratch, scales)
    search_group(
        residuals, N_BINS, bases, 0, every, widths, scales, boxes.astype(np.float32), noise, cells, tables,
        scratch, found,
    )  # fmt: skip
    return found


def _folds(values, base):
    """All folds of one star at a base that are scanned: shape (rows - 1, base + 6)."""
    rows = -(-N_BINS // base)
    return folds(values.copy(), rows, base, 6)[: rows - 1, :, 0].astype(np.float64)


def _best_boxes(residual, weight, bases, noise):
    """Highest ratio of each trial, by NumPy."""
    best = []
    for base in range(*bases):
        for fold, share in zip(_folds(residual, base), _folds(weight, base), strict=True):
            ratios = []
            for width, factor in zip(WIDTHS, noise, strict=True):
                dip = -np.convolve(fold, np.ones(width), "valid")[:base]
                part = np.convolve(share, np.ones(width), "valid")[:base]
                least = LEAST * width / base
                seen = (part > least) & (1 - part > least)
                ratios.append(factor * np.max(dip[seen] / np.sqrt(part[seen] * (1 - part[seen])), initial=0))
            best.append(max(ratios))
    return np.array(best)


@pytest.mark.parametrize("bases", [(12, 20), (76, 90), (150, 170), (400, 430)])
def test_ratios_are_those_of_plain_numpy(bases):
    residuals, weights = _stars(1, 2, bases)
    noise = np.random.default_rng(2).uniform(0.5, 1, (2, 5, 16)).astype(np.float32)
    found = _search(residuals, weights, bases, noise)
    for vector, lane in ((0, 0), (0, 15), (1, 7)):
        expected = _best_boxes(residuals[vector, :, lane], weights, bases, noise[vector, :, lane])
        np.testing.assert_allclose(found[vector, :, 0, lane], expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("bases", [(12, 20), (76, 90), (400, 430)])
def test_shared_weights_and_the_same_as_a_stars_own_give_the_same_bits(bases):
    residuals, weights = _stars(3, 1, bases)
    own = np.repeat(weights[:, np.newaxis], 16, axis=1).copy()
    assert _search(residuals, weights, bases).tobytes() == _search(residuals, own, bases).tobytes()


def test_stars_with_their_own_weights_are_those_searched_alone():
    bases = (70, 90)
    residuals, weights = _stars(4, 1, bases)
    own = np.repeat(weights[:, np.newaxis], 16, axis=1).copy()
    own[100:200, 5] = 0
    together = _search(residuals, own, bases)
    alone = _search(residuals, own[:, 5].copy(), bases)
    assert together[0, :, :, 5].tobytes() == alone[0, :, :, 5].tobytes()
    assert together[0, :, :, 5].tobytes() != together[0, :, :, 4].tobytes()


def test_a_cell_keeps_the_highest_of_its_trials_and_its_width():
    bases = (76, 90)
    residuals, weights = _stars(6, 1, bases)
    single = _search(residuals, weights, bases)[0]
    n_trials = single.shape[0]
    cells = np.arange(n_trials) * 3 // n_trials
    found = _search(residuals, weights, bases, cells=cells)
    for cell in range(3):
        inside = single[cells == cell]
        best = inside[:, 0].argmax(axis=0)
        np.testing.assert_array_equal(found[0, cell, 0], inside[:, 0].max(axis=0))
        np.testing.assert_array_equal(found[0, cell, 1], inside[best, 1, np.arange(16)])


@pytest.mark.parametrize("bases", [(12, 20), (76, 90), (400, 430)])
def test_wide_boxes_alone_have_the_ratios_they_have_beside_narrow_ones(bases):
    residuals, weights = _stars(8, 1, bases)
    noise = np.ones((1, 5, 16), np.float32)
    noise[:, :2] = 0
    among = _search(residuals, weights, bases, noise)
    assert _search(residuals, weights, bases, widths=(4, 5, 6)).tobytes() == among.tobytes()


def test_nothing_is_found_in_nothing():
    bases = (70, 90)
    residuals, weights = _stars(7, 1, bases)
    assert not _search(np.zeros_like(residuals), weights, bases).any()
    assert not _search(residuals, np.zeros_like(weights), bases).any()
