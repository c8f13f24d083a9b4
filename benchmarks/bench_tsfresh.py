"""Features of folded views (`transits/tsfresh_features`): candidates a second beside tsfresh's own.

Views of random depth and noise in batches as workers get them. `extract_features` is called plainly: with the
same settings, on the same series in one table, in this process. The values must be equal.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from timing import REPEATS, end, milliseconds, on_one_thread

from astro_assets.transits.fold import VIEWS
from astro_assets.transits.view_features.features import view_features
from astro_assets.transits.view_features.series import normalised_views
from astro_assets.transits.view_features.settings import (
    FEATURE_COLUMNS,
    FEATURE_VIEWS,
    column_name,
    tsfresh_settings,
)

#: Candidates of a batch: those of a star, the fewest that workers get of many, and the most.
BATCHES = (5, 32, 100)
SEED, WANTED = 7, 1.2


def folds(n: int) -> list[dict[str, np.ndarray]]:
    """Make the folded views of candidates."""
    rng = np.random.default_rng(SEED)
    sizes = [201] + (len(VIEWS) - 1) * [61]
    code = np.repeat(np.arange(len(VIEWS), dtype=np.int32), sizes)
    made = []
    for depth in 10 ** rng.uniform(-4, -1, n):
        median = 1 + rng.normal(0, depth * rng.uniform(0.02, 0.3), code.size)
        for number, size in enumerate(sizes[:-1]):
            middle = np.flatnonzero(code == number)[size // 2]
            median[middle - size // 20 : middle + size // 20 + 1] -= depth
        made.append({"view": code, "median": median.astype(np.float32)})
    return made


def plainly(views: list[dict[str, np.ndarray]]) -> Any:
    """Extract the features of a batch as tsfresh's documentation does it."""
    from tsfresh import extract_features

    tables = [
        pl.DataFrame({"value": series, "place": np.arange(series.size)}).with_columns(
            id=pl.lit(number), kind=pl.lit(view)
        )
        for number, one in enumerate(views)
        for view, series in normalised_views(one).items()
        if view in FEATURE_VIEWS
    ]
    return extract_features(
        pl.concat(tables).to_pandas(), tsfresh_settings(), column_id="id", column_sort="place",
        column_kind="kind", column_value="value", n_jobs=0, disable_progressbar=True, show_warnings=False,
    )  # fmt: skip


def described(views: list[dict[str, np.ndarray]]) -> list[dict[str, float]]:
    """Describe a batch as the table does it."""
    return [view_features(one) for one in views]


def are_equal(views: list[dict[str, np.ndarray]]) -> bool:
    """Whether both ways give the same values, and import what they need."""
    theirs = plainly(views).rename(columns=lambda name: column_name(*name.split("__", 1)))
    ours = [[one[name] for name in FEATURE_COLUMNS] for one in described(views)]
    return np.array_equal(ours, theirs[list(FEATURE_COLUMNS)].to_numpy(), equal_nan=True)


def main() -> None:
    """Print candidates a second and how much longer the plain call takes."""
    on_one_thread()
    missed = []
    print(f"{len(FEATURE_COLUMNS)} features of {len(FEATURE_VIEWS)} views, candidates a second of one core")
    print(f"{'batch':>6}{'ours':>8}{'extract_features':>18}{'ratio':>8}   {'range':16}wanted")
    for size in BATCHES:
        views = folds(size)
        if not are_equal(views):
            missed.append(f"a batch of {size}: values differ")
        runs = [
            (milliseconds(partial(described, views), size), milliseconds(partial(plainly, views), size))
            for _ in range(REPEATS)
        ]
        ratios = [theirs / ours for ours, theirs in runs]
        ours, theirs = (1e3 / statistics.median(times) for times in zip(*runs, strict=True))
        ratio, span = statistics.median(ratios), f"{min(ratios):.1f}-{max(ratios):.1f}"
        print(f"{size:6}{ours:8.0f}{theirs:18.0f}{ratio:8.1f}   {span:16}{WANTED:g}", flush=True)
        if ratio < WANTED:
            missed.append(f"a batch of {size}: {ratio:.1f} times as fast")
    end(missed)


if __name__ == "__main__":
    main()
