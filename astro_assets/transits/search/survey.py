"""The survey engine: box least squares on uniform grids by direct and fast folding, 16 stars a vector.

Which stars are searched together is decided here, and what becomes of their spectra. A star's spectrum is the
same to the bit in any company: each sum is made of its own numbers alone, in an order that only the length of
its grid decides.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, repeat
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.aligned import aligned_zeros
from astro_assets.transits.search.engine import Curve, Spectrum
from astro_assets.transits.search.grid import Grid, by_coverage, gridded
from astro_assets.transits.search.levels import (
    LEAST_FILLED,
    BaseGroup,
    Density,
    Level,
    Plan,
    base_groups,
    density_of,
    plan_search,
)

#: Stars a vector, as in ``lanes``, which must not be imported before it is used.
_LANES: Final = 16
#: From so many stars of equal coverage on it pays to search them in vectors of stars.
_FEWEST_ALIKE: Final = 2
#: And from so many of different ones.
_FEWEST_DIFFERENT: Final = 7
#: Where grids have more bins than this, so many alike are needed, and different ones are searched alone.
_LONG: Final = 16_384
_FEWEST_LONG: Final = 6
#: So many are in memory together, at most.
_MOST: Final = 256
#: Scales that stay in the second-level cache of a core beside the grid of a vector of stars.
_CACHED_SCALES: Final = 65_536
#: And those of long grids, which come from memory: each is read for more bases then.
_SCALES_OF_LONG: Final = 524_288
#: Scales of a level that are kept for other stars of the same coverage, and levels whose are, at most: some
#: 16 MB a sector of TESS, 150 MB where all are large.
_MOST_KEPT: Final = 3 * 2**20
_LEVELS_KEPT: Final = 12

#: Cells of spectra that are turned from vectors to stars together: their 128 bytes each stay in the cache.
_TURNED: Final = 1024

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SurveyEngine:
    """Searches stars in batches, and those that are alone or unlike the others one by one.

    Parameters
    ----------
    finest_step_days
        Width of the grid's bins; the cadence where that is longer, up to a whole second: stars whose cadences
        were measured differ by a hair, and are searched together.
    density
        Of trial periods and durations; when None, that of
        :func:`~astro_assets.transits.search.levels.density_of` each star.
    """

    finest_step_days: float = 15.0 / 1440
    density: Density | None = None

    def __call__(
        self,
        curves: Sequence[Curve],
        period_range: tuple[float, float],
        duration_factors: tuple[float, float],
        wholes: Sequence[Curve] | None = None,
    ) -> list[Spectrum]:
        """See :class:`astro_assets.transits.search.engine.SpectrumEngine`."""
        ranges = period_range, duration_factors
        return spectra_of(curves, wholes, ranges, self.finest_step_days, self.density, _search_blocks)


def spectra_of(
    curves: Sequence[Curve],
    wholes: Sequence[Curve] | None,
    ranges: tuple[tuple[float, float], tuple[float, float]],
    finest_step_days: float,
    density: Density | None,
    search: Callable[[Plan, list[Grid]], Iterator[tuple[int, NDArray[np.float64]]]],
) -> list[Spectrum]:
    """Put stars on grids, and search those that are equally long, at one density, together.

    Parameters
    ----------
    curves, wholes
        As in :class:`astro_assets.transits.search.engine.SpectrumEngine`.
    ranges
        Of periods, and of durations.
    finest_step_days, density
        As of :class:`SurveyEngine`.
    search
        Yields for each of some grids, in any order, its number, and power and duration of each cell of the
        plan's spectrum, shape (2, cells).
    """
    grids = [
        gridded(curve, max(finest_step_days, _whole_seconds(curve.cadence_days)), whole)
        for curve, whole in zip(curves, wholes or repeat(None, len(curves)), strict=True)
    ]
    alike: dict[tuple[float, int, Density], list[int]] = defaultdict(list)
    for number, grid in enumerate(grids):
        alike[grid.step, grid.residual.size, density or density_of(grid)].append(number)
    spectra: dict[int, Spectrum] = {}
    for (step, n_bins, chosen), numbers in alike.items():
        plan = plan_search(n_bins, step, *ranges, chosen)
        for among, (power, duration) in search(plan, [grids[number] for number in numbers]):
            number = numbers[among]
            longest = curves[number].longest_period(ranges[0][1])
            seen = slice(0, np.searchsorted(plan.periods, longest, side="right"))
            spectra[number] = Spectrum(plan.periods[seen], power[seen], duration[seen])
    return [spectra[number] for number in range(len(curves))]


def _whole_seconds(days: float) -> float:
    return math.ceil(round(86400 * days, 2)) / 86400


@dataclass(frozen=True, slots=True)
class _Block:
    """Stars that are searched together: of the same coverage, or of their own; or one in vectors of phase."""

    stars: Sequence[int]
    kind: Literal["alike", "different", "alone"]


def _search_blocks(plan: Plan, grids: list[Grid]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    for block in _blocks(grids):
        found = _search(plan, [grids[star] for star in block.stars], block.kind)
        yield from zip(block.stars, found, strict=True)


def _blocks(grids: Sequence[Grid]) -> Iterator[_Block]:
    """Put stars of equal coverage together, and the others in vectors or alone, whatever is faster."""
    others: list[int] = []
    is_long = grids[0].residual.size > _LONG
    for stars in by_coverage(grids):
        if len(stars) < (_FEWEST_LONG if is_long else _FEWEST_ALIKE):
            others += stars
        else:
            for first in range(0, len(stars), _MOST):
                yield _Block(stars[first : first + _MOST], "alike")
    for first in range(0, len(others), _LANES):
        some = others[first : first + _LANES]
        if len(some) >= _FEWEST_DIFFERENT and not is_long:
            yield _Block(some, "different")
        else:
            yield from (_Block([star], "alone") for star in some)


def _search(plan: Plan, grids: list[Grid], kind: str) -> NDArray[np.float64]:
    """Search all levels: power and duration, days, of each cell of the plan's spectrum.

    Returns
    -------
    ndarray
        Shape (stars, 2, cells).
    """
    residual = np.stack([grid.residual for grid in grids])
    seen = np.stack([grid.seen for grid in grids])
    coverage = np.stack([grid.coverage for grid in (grids if kind == "different" else grids[:1])])
    found = aligned_zeros(-(-len(grids) // _LANES), plan.periods.size, 2, _LANES)
    for n_bins, same_bins in groupby(plan.levels, key=lambda level: level.n_bins):
        levels = list(same_bins)
        while residual.shape[1] > n_bins:
            residual, seen, coverage = (
                values[:, ::2] + values[:, 1::2] for values in (residual, seen, coverage)
            )
        room = max(level.room for level in levels)
        residuals, weights = _vectors(residual, room), _vectors(coverage, room)[0]
        widths = max((level.widths for level in levels), key=len)
        factors = _noise_factors(residuals, _vectors(seen, room), n_bins, widths)
        if kind != "different":
            weights = weights[:, 0].copy()
        for level in levels:
            of_boxes = np.ascontiguousarray(factors[:, -len(level.widths) :])
            if kind == "alone":
                star, its_factors = residuals[0, :, 0].copy(), of_boxes[0, :, 0].copy()
                spectrum = found[0, :, :, 0].copy()
                _search_level(level, plan.every, star, weights, its_factors, spectrum)
                found[0, :, :, 0] = spectrum
            else:
                _search_level(level, plan.every, residuals, weights, of_boxes, found)
    return _by_star(found, len(grids))


def _by_star(found: Singles, n_stars: int) -> NDArray[np.float64]:
    """Turn spectra of vectors, (vectors, cells, 2, 16), into those of stars, a cached piece at a time."""
    n_vectors, n_cells = found.shape[:2]
    out = np.empty((n_vectors, _LANES, 2, n_cells))
    for begin in range(0, n_cells, _TURNED):
        cells = slice(begin, begin + _TURNED)
        out[..., cells] = found[:, cells].transpose(0, 3, 2, 1)
    return out.reshape(n_vectors * _LANES, 2, n_cells)[:n_stars]


def _search_level(
    level: Level, every: int, residuals: Singles, weights: Singles, factors: Singles, found: Singles
) -> None:
    """Raise spectra to those of a level: of vectors, (vectors, cells, 2, 16), or of one star, (cells, 2)."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.batch_folding import search_group
    from astro_assets.transits.search.single_folding import search_group_of_one

    n_bins, widths = level.n_bins, np.array(level.widths)
    is_alone = residuals.ndim == 1
    durations = (level.step * widths).astype(np.float32)
    tables, scratch = _tables(n_bins, level.bases, level.widths, 1 if is_alone else _LANES)
    # A group has its scales in the cache; then each vector of stars is read once for all of its bases.
    trials = n_bins, level.bases, level.widths, every
    groups = _groups(*trials, weights.shape[1:])
    is_kept = not is_alone and weights.ndim == 1 and sum(group.n_scales for group in groups) <= _MOST_KEPT
    scales_of_groups = kept_scales(weights.tobytes(), *trials) if is_kept else _scales(weights, *trials)
    for group, scales in zip(groups, scales_of_groups, strict=True):
        # Compiled loops over vectors of stars know how many boxes there are.
        search, boxes = (search_group_of_one, widths) if is_alone else (search_group, level.widths)
        search(
            residuals, n_bins, group.bases, group.counted, every, cast("Any", boxes), scales, durations,
            factors, level.cells[group.scanned :], tables, scratch, found,
        )  # fmt: skip


def _groups(
    n_bins: int, bases: tuple[int, int], widths: tuple[int, ...], every: int, lanes: tuple[int, ...]
) -> tuple[BaseGroup, ...]:
    most = _SCALES_OF_LONG if n_bins > _LONG else _CACHED_SCALES
    return base_groups(n_bins, bases, widths, every, most // math.prod(lanes))


def _tables(
    n_bins: int, bases: tuple[int, int], widths: tuple[int, ...], lanes: int
) -> tuple[Singles, Singles]:
    from astro_assets.transits.search.folding import table_size

    tables, scratch = aligned_zeros(2, table_size(n_bins, bases, widths[-1]) * lanes)
    return tables, scratch


def _scales(
    weights: Singles, n_bins: int, bases: tuple[int, int], widths: tuple[int, ...], every: int
) -> Iterator[Singles]:
    """Work out the scales of each group of bases, in the same room."""
    from astro_assets.transits.search.box_scale_lanes import set_scales_of_group

    lanes, boxes = weights.shape[1:], np.array(widths)
    groups = _groups(n_bins, bases, widths, every, lanes)
    tables, scratch = _tables(n_bins, bases, widths, math.prod(lanes))
    scales = aligned_zeros(max((group.n_scales for group in groups), default=0), *lanes)
    for group in groups:
        set_scales_of_group(
            weights, n_bins, group.bases, group.counted, every, boxes, LEAST_FILLED, tables, scratch, scales
        )
        yield scales


@lru_cache(maxsize=_LEVELS_KEPT)
def kept_scales(
    weights: bytes, n_bins: int, bases: tuple[int, int], widths: tuple[int, ...], every: int
) -> tuple[Singles, ...]:
    """Return the scales of a coverage: that of a sector's stars is met again and again."""
    scales = _scales(np.frombuffer(weights, np.float32), n_bins, bases, widths, every)
    groups = _groups(n_bins, bases, widths, every, ())
    return tuple(one[: group.n_scales].copy() for one, group in zip(scales, groups, strict=True))


def _vectors(values: NDArray[np.float64], room: int) -> Singles:
    """Put stars side by side, with zeros behind their bins: shape (vectors, room, 16)."""
    n_stars, n_bins = values.shape
    vectors = aligned_zeros(-(-n_stars // _LANES), room, _LANES)
    for first in range(0, n_stars, _LANES):
        some = values[first : first + _LANES]
        vectors[first // _LANES, :n_bins, : len(some)] = some.T
    return vectors


def _noise_factors(residuals: Singles, seen: Singles, n_bins: int, widths: tuple[int, ...]) -> Singles:
    """Return what the ratios of each box are multiplied by, shape (vectors, widths, 16)."""
    from astro_assets.transits.search.noise_lanes import noise_factors

    noise = aligned_zeros(len(residuals), len(widths), _LANES)
    for residual, weight, out in zip(residuals, seen, noise, strict=True):
        noise_factors(residual.reshape(-1), weight.reshape(-1), n_bins, widths, out.reshape(-1))
    return np.float32(1) / noise
