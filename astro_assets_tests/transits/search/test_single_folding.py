"""The compiled search of one star beside that of 16, and beside what is put in."""

import numpy as np
import pytest

from astro_assets.transits.search.batch_folding import search_group
from astro_assets.transits.search.box_scale_lanes import set_scales_of_group
from astro_assets.transits.search.folding import table_size
from astro_assets.transits.search.levels import base_groups, trial_periods
from astro_assets.transits.search.single_folding import search_group_of_one

LEAST = 0.25


def _weights(n_bins, room, gap):
    weights = np.zeros(room, np.float32)
    weights[:n_bins] = 1
    weights[gap] = 0
    return weights / weights.sum()


def _searched(residuals, weights, n_bins, bases, widths, every=1, least_factor=1.0):
    """Spectra, shape (stars, trials, 2), of stars searched side by side, and of each searched alone."""
    (group,) = base_groups(n_bins, bases, widths, every, 10**9)
    cells = np.arange(trial_periods(n_bins, bases, every).size)
    boxes, factors = np.array(widths), np.linspace(least_factor, 1, len(widths), dtype=np.float32)
    tables, scratch = np.zeros((2, 16 * table_size(n_bins, bases, widths[-1])), np.float32)
    scales = np.zeros(group.n_scales, np.float32)
    set_scales_of_group(weights, n_bins, bases, 0, every, boxes, LEAST, tables, scratch, scales)
    found = np.zeros((1, cells.size, 2, 16), np.float32)
    names = boxes.astype(np.float32)
    search_group(
        residuals[np.newaxis], n_bins, bases, 0, every, widths, scales, names,
        np.repeat(factors[np.newaxis, :, np.newaxis], 16, axis=2), cells, tables, scratch, found,
    )  # fmt: skip
    alone = np.zeros((16, cells.size, 2), np.float32)
    for star, spectrum in enumerate(alone):
        search_group_of_one(
            residuals[:, star].copy(), n_bins, bases, 0, every, boxes, scales, names, factors, cells, tables,
            scratch, spectrum,
        )  # fmt: skip
    return found[0].transpose(2, 0, 1), alone


@pytest.mark.parametrize("widths", [(2, 3, 4, 5, 6), (4, 5, 6)])
@pytest.mark.parametrize("bases", [(10, 14), (50, 60), (110, 115), (400, 405)])
def test_one_star_is_the_same_to_the_bit_as_beside_others(bases, widths):
    n_bins = 900
    room = n_bins + 2 * bases[1] + 60
    residuals = np.zeros((room, 16), np.float32)
    residuals[:n_bins] = np.random.default_rng(1).normal(size=(n_bins, 16)) / 30
    together, alone = _searched(
        residuals, _weights(n_bins, room, slice(300, 340)), n_bins, bases, widths, 2, 0.8
    )
    assert together.tobytes() == alone.tobytes()
    assert np.mean(alone[..., 0] > 0) > 0.99


@pytest.mark.parametrize("base", [20, 40, 400])
def test_a_dip_is_found_at_its_period(base):
    n_bins = 8000
    room = n_bins + 2 * (base + 20) + 60
    period = base + 7.6
    residuals = np.zeros((room, 16), np.float32)
    dimmed = np.where(np.arange(n_bins) % period < 5, -1.0, 0.0)
    residuals[:n_bins] = ((dimmed - dimmed.mean()) / np.sqrt(n_bins))[:, np.newaxis]
    weights = _weights(n_bins, room, slice(0, 0))
    _, alone = _searched(residuals, weights, n_bins, (base, base + 20), (4, 5, 6))
    periods = trial_periods(n_bins, (base, base + 20), 1)
    best = int(np.argmax(alone[0, :, 0]))
    assert periods[best] == pytest.approx(period, abs=1.2 * base / n_bins)
    assert alone[0, best, 1] == 5
    # Nearly all of the dip's weight, but for what half a bin of drift costs.
    expected = np.sqrt(n_bins * 5 / period * (1 - 5 / period))
    assert alone[0, best, 0] == pytest.approx(expected, rel=0.12)


def test_trials_go_from_each_base_to_the_next():
    periods = trial_periods(8000, (40, 60), 1)
    assert periods.size == np.sum(-(-8000 // np.arange(40, 60)) - 1)
    assert periods[0] == 40
    assert (np.diff(periods) > -1.1 / 40).all(), "the last of a base is past the first of the next by a hair"


def test_a_box_with_nearly_all_of_the_weight_has_nothing_to_be_compared_with():
    n_bins, bases = 900, (50, 52)
    room = n_bins + 2 * bases[1] + 60
    weights = np.zeros(room, np.float32)
    # The same few bins of each row: all of the weight is in one box.
    weights[:n_bins][np.arange(n_bins) % 50 < 3] = 1
    residuals = np.zeros((room, 16), np.float32)
    residuals[:n_bins] = -weights[:n_bins, np.newaxis]
    _, alone = _searched(residuals, weights / weights.sum(), n_bins, bases, (4, 5, 6))
    assert alone[:, 0, 0].max() < 1e4
