"""What a device would sum, in plain NumPy, beside the folds that the CPU makes one after the other."""

import numpy as np
import pytest

from astro_assets.transits.search.levels import Level, trial_periods
from astro_assets.transits.search.stretch_plan import TRIALS, UNROLL, cells_of, runs_of
from astro_assets_tests.transits.search.test_folding import folds

WIDTHS = (2, 3, 4, 5, 6)


def _level(n_bins, bases, every):
    cells = np.zeros(trial_periods(n_bins, bases, every).size, np.int64)
    return Level(0.02, n_bins, WIDTHS, bases, cells)


def _total(arena, slots, length):
    total = arena[slots[0] : slots[0] + length] + arena[slots[1] : slots[1] + length]
    for first, second in slots[2:].reshape(-1, 2):
        total = total + (arena[first : first + length] + arena[second : second + length])
    return total


def _folds_of_runs(level, every, grid, most_bins):
    """All scanned folds, as the runs say."""
    made = []
    for run in runs_of(level, every, level.room, most_bins):
        arena = np.full(run.end, np.nan, np.float32)
        arena[: level.room] = 0
        arena[: level.n_bins] = grid
        for table in run.tables:
            for slots, (at, base, reach) in zip(table.slots.T, table.rows.T, strict=True):
                around = np.arange(base + reach) % base
                arena[at : at + base + reach] = _total(arena, slots, base)[around]
        assert run.first == len(made)
        for slots, base in zip(run.slots.T[: run.n_trials], run.bases, strict=False):
            made.append(_total(arena, slots, base + WIDTHS[-1]))
        longest = run.bases.reshape(-1, TRIALS).max(axis=1) + WIDTHS[-1]
        assert (np.diff(run.tiles) >= longest).all()
        assert not (run.tiles % UNROLL).any()
    return made


# Sums of rows, of tables, of tables of tables, and of tables of both.
@pytest.mark.parametrize(
    ("n_bins", "bases"),
    [(900, (55, 90)), (900, (400, 460)), (900, (30, 45)), (1500, (10, 13)), (700, (10, 12))],
)
@pytest.mark.parametrize(("every", "most_bins"), [(1, 10**9), (2, 4000)])
def test_folds_are_the_cpus_to_the_bit(n_bins, bases, every, most_bins):
    grid = np.random.default_rng(n_bins + bases[0]).normal(size=n_bins).astype(np.float32)
    level = _level(n_bins, bases, every)
    padded = np.zeros((level.room, 16), np.float32)
    padded[:n_bins] = grid[:, np.newaxis]
    expected = []
    for base in range(*bases):
        rows = -(-n_bins // base)
        expected += list(folds(padded[:, 0].copy(), rows, base, WIDTHS[-1])[: rows - 1, :, 0])
    expected = expected[every - 1 :: every]
    made = _folds_of_runs(level, every, grid, most_bins)
    assert len(made) == len(expected) == level.cells.size
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_little_memory_makes_many_runs():
    level = _level(900, (30, 45), 2)
    lengths = [run.end for run in runs_of(level, 2, level.room, 0)]
    assert len(lengths) == len(range(*level.bases))
    assert max(lengths) < next(runs_of(level, 2, level.room, 10**9)).end


def test_each_trial_is_in_its_cell_in_order():
    level = Level(0.02, 900, WIDTHS, (400, 405), np.array([3, 5, 3, 4, 5, 3]))
    cells = cells_of(level)
    assert cells.cells.tolist() == [3, 4, 5]
    assert [part.tolist() for part in np.split(cells.order, cells.starts[1:-1])] == [[0, 2, 5], [3], [1, 4]]
    assert cells.starts[-1] == level.cells.size
