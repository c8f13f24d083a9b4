"""The survey engine on a GPU: the spectra of ``SurveyEngine``, the same to the bit.

Which stars are searched together is decided here, and whether they can be; what happens on the device is in
``gpu_search``. Nothing needs this module: who wants it installs PyTorch and Triton and asks for it.
"""

from __future__ import annotations

import importlib.util
import operator
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Curve, Spectrum
from astro_assets.transits.search.grid import Grid, by_coverage
from astro_assets.transits.search.levels import Density, Plan
from astro_assets.transits.search.survey import spectra_of

if TYPE_CHECKING:
    from astro_assets.transits.search.gpu_search import Batch

#: Stars a tile, all of one coverage: the most that fill tiles nearly as well as the fewest do.
_TILES: Final = (128, 64, 32)
_FILLED: Final = 1.1
#: Memory of a star: of each bin, trial and cell.
_BYTES: Final = 64, 8, 16


@dataclass(frozen=True, slots=True)
class GpuEngine:
    """Searches stars as :class:`astro_assets.transits.search.survey.SurveyEngine` does, on a GPU.

    A star's spectrum is the same to the bit as the survey engine's, in any company.

    Parameters
    ----------
    finest_step_days, density
        As of the survey engine.
    star_bytes, table_bytes
        Memory on the device for the stars of a batch, and for the folds of groups of their rows. Less is
        slower.

    Raises
    ------
    ModuleNotFoundError
        Without PyTorch or Triton.
    RuntimeError
        Where PyTorch finds no GPU.
    """

    finest_step_days: float = 15.0 / 1440
    density: Density | None = None
    star_bytes: int = 4 << 30
    table_bytes: int = 4 << 30

    def __post_init__(self) -> None:
        device_name()

    def __call__(
        self,
        curves: Sequence[Curve],
        period_range: tuple[float, float],
        duration_factors: tuple[float, float],
        wholes: Sequence[Curve] | None = None,
    ) -> list[Spectrum]:
        """See :class:`astro_assets.transits.search.engine.SpectrumEngine`."""
        ranges = period_range, duration_factors
        return spectra_of(curves, wholes, ranges, self.finest_step_days, self.density, self._search)

    def _search(self, plan: Plan, grids: list[Grid]) -> Iterator[tuple[int, NDArray[np.float64]]]:
        # Few have PyTorch, and its import takes seconds.
        from astro_assets.transits.search.gpu_search import search

        for tiles in tiles_of_batches(plan, grids, self.star_bytes):
            found = search(plan, batch_of(grids, tiles), self.table_bytes, device_name())
            yield from zip((star for tile in tiles for star in tile.stars), found, strict=True)


@dataclass(frozen=True, slots=True)
class Tile:
    """Stars side by side on the device, the number of their coverage, and for how many there is room."""

    stars: Sequence[int]
    coverage: int
    size: int


def tiles_of_batches(plan: Plan, grids: Sequence[Grid], star_bytes: int) -> Iterator[list[Tile]]:
    """Divide stars of each coverage into tiles, and these into batches of so much memory, or one tile."""
    alike = by_coverage(grids)
    columns = {size: size * sum(-(-len(stars) // size) for stars in alike) for size in _TILES}
    size = next(size for size in _TILES if columns[size] <= _FILLED * columns[_TILES[-1]])
    tiles = [
        Tile(stars[first : first + size], coverage, size)
        for coverage, stars in enumerate(alike)
        for first in range(0, len(stars), size)
    ]
    n_trials = max((level.cells.size for level in plan.levels), default=0)
    numbers = grids[0].residual.size, n_trials, plan.periods.size
    most = max(1, star_bytes // (size * sum(map(operator.mul, numbers, _BYTES))))
    for first in range(0, len(tiles), most):
        yield tiles[first : first + most]


def batch_of(grids: Sequence[Grid], tiles: Sequence[Tile]) -> Batch:
    """Put the grids of some tiles together, still on the host."""
    from astro_assets.transits.search.gpu_search import Batch, rows

    device = device_name()
    stars = [grids[star] for tile in tiles for star in tile.stars]
    columns = [np.arange(len(tile.stars)) + n * tile.size for n, tile in enumerate(tiles)]
    first_of_coverage = {tile.coverage: grids[tile.stars[0]] for tile in tiles}
    place = {coverage: n for n, coverage in enumerate(first_of_coverage)}
    return Batch(
        residual=rows([star.residual for star in stars], device),
        is_seen=rows([star.seen > 0 for star in stars], device),
        coverage=rows([grid.coverage for grid in first_of_coverage.values()], device),
        columns=rows([np.concatenate(columns)], device)[0],
        coverages=rows([np.array([place[tile.coverage] for tile in tiles], np.int32)], device)[0],
        tile=tiles[0].size,
    )


def device_name() -> str:
    """Return PyTorch's name of what kernels run on: the CPU where they are interpreted, for tests.

    Raises
    ------
    ModuleNotFoundError, RuntimeError
        Where they cannot run.
    """
    for name in ("torch", "triton"):
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(
                f"the GPU engine needs {name}: pip install -c deploy/constraints.txt 'astro-assets[gpu]'",
                name=name,
            )
    if os.environ.get("TRITON_INTERPRET") == "1":
        return "cpu"
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError(
            "the GPU engine needs a GPU, and PyTorch finds none: search with SurveyEngine, whose spectra are "
            "the same"
        )
    return "cuda"
