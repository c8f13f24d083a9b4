"""What holds of every row of the transit wing's tables: frames in, the rows that break it out.

Pure functions; rules about light curves are the same in all wings, and which table is judged by what is
declared in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from numpy.typing import NDArray

from astro_assets.transits.scorer.classes import CLASSES

#: What a comparison of the ends of data may be off by, days: a minute, below any cadence searched.
_SLACK_DAYS = 1 / 1440
#: What a sum of probabilities may be off by.
_LITTLE = 1e-6


def periods_beyond_the_data(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find periods that are not positive or longer than the data.

    Parameters
    ----------
    rows
        Columns ``key``, ``period_days`` and ``baseline_days``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    period, baseline = pl.col("period_days"), pl.col("baseline_days")
    wrong = ~(period.is_finite() & (period > 0) & (period <= baseline))
    return rows.filter(wrong).select(
        "key", what=pl.format("period {} d in {} d of data", _said(period), _said(baseline))
    )


def too_few_transits(rows: pl.LazyFrame, *, min_transits: int) -> pl.LazyFrame:
    """Find signals of fewer observed transits than the search requires.

    Parameters
    ----------
    rows
        Columns ``key`` and ``n_transits``.
    min_transits
        Fewest observed transits.
    """
    return rows.filter(pl.col("n_transits") < min_transits).select(
        "key", what=pl.format("{} observed transits, fewer than {}", "n_transits", pl.lit(min_transits))
    )


def epochs_outside_the_data(rows: pl.LazyFrame, *, column: str = "epoch_btjd") -> pl.LazyFrame:
    """Find epochs before the first or after the last time of the data searched.

    Parameters
    ----------
    rows
        Columns ``key``, ``column``, ``first_btjd`` and ``last_btjd``; the latter two null where there are no
        data.
    column
        Name of the epochs.
    """
    epoch, first, last = pl.col(column), pl.col("first_btjd"), pl.col("last_btjd")
    inside = epoch.is_finite() & epoch.is_between(first - _SLACK_DAYS, last + _SLACK_DAYS)
    where = (
        pl.when(first.is_null())
        .then(pl.lit("no data are there"))
        .otherwise(pl.format("the data are from {} to {}", _said(first), _said(last)))
    )
    return rows.filter(~inside.fill_null(value=False)).select(
        "key", what=pl.format("epoch {}, but {}", _said(epoch), where)
    )


def impossible_transits(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find durations that are not positive or as long as the period, and depths that are not positive.

    Parameters
    ----------
    rows
        Columns ``key``, ``period_days``, ``duration_hours`` and ``depth_ppm``.
    """
    period, duration, depth = pl.col("period_days"), pl.col("duration_hours"), pl.col("depth_ppm")
    is_short = duration.is_finite() & (duration > 0) & (duration < 24 * period)
    wrong = ~(is_short & depth.is_finite() & (depth > 0))
    what = pl.format(
        "duration {} h and depth {} ppm at a period of {} d",
        _said(duration),
        _said(depth, 3),
        _said(period),
    )
    return rows.filter(wrong).select("key", what=what)


def impossible_events(
    rows: pl.LazyFrame, *, shortest_hours: float, longest_hours: float, threshold: float
) -> pl.LazyFrame:
    """Find dips of a duration that is not tried, or weaker than the search requires.

    Parameters
    ----------
    rows
        Columns ``key``, ``duration_hours`` and ``snr``.
    shortest_hours, longest_hours, threshold
        Settings of the search.
    """
    duration, snr = pl.col("duration_hours"), pl.col("snr")
    # Durations are powers of a ratio: their ends are off by rounding.
    is_tried = duration.is_between(shortest_hours * (1 - 1e-9), longest_hours * (1 + 1e-9))
    wrong = ~(is_tried & snr.is_finite() & (snr >= threshold))
    return rows.filter(wrong).select(
        "key", what=pl.format("duration {} h, signal-to-noise ratio {}", _said(duration, 3), _said(snr, 3))
    )


#: Columns of candidates' measures that have bounds.
BOUNDED_FEATURES = (
    "n_transits_measured",
    "n_transits_expected",
    "transit_coverage",
    "near_gap_fraction",
    "duty_cycle",
    "weak_secondary_phase",
    "brightening_over_dip",
    "mean_depth_err_ppm",
    "red_noise",
    "phase_noise",
)


def impossible_features(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find measures that nothing observed can have; what could not be measured is NaN and possible.

    Parameters
    ----------
    rows
        Columns ``key`` and :data:`BOUNDED_FEATURES`.
    """
    parts = (
        "transit_coverage", "near_gap_fraction", "duty_cycle", "weak_secondary_phase", "brightening_over_dip",
    )  # fmt: skip
    error = pl.col("mean_depth_err_ppm").fill_nan(1.0)
    right = (
        pl.col("n_transits_measured").is_between(0, pl.col("n_transits_expected")),
        *(pl.col(name).fill_nan(0.5).is_between(0, 1) for name in parts),
        error.is_finite() & (error > 0),
        *(pl.col(name).is_finite() & (pl.col(name) >= 1) for name in ("red_noise", "phase_noise")),
    )
    what = pl.format(", ".join(f"{name} {{}}" for name in BOUNDED_FEATURES), *BOUNDED_FEATURES)
    return rows.filter(~pl.all_horizontal(right)).select("key", what=what)


def impossible_memberships(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find candidates that are not nearest to the centre of their own cluster.

    Parameters
    ----------
    rows
        Columns ``key``, ``distance`` and ``distance_to_second``.
    """
    first, second = pl.col("distance"), pl.col("distance_to_second")
    right = first.is_finite() & second.is_finite() & (first >= 0) & (first <= second)
    what = pl.format("distance {} to its cluster, {} to the next", _said(first), _said(second))
    return rows.filter(~right).select("key", what=what)


def wrong_counts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find maps of more planets found than put in, or of none put in.

    Parameters
    ----------
    rows
        Columns ``key``, ``n_injected`` and ``n_recovered``.
    """
    tried, found = pl.col("n_injected"), pl.col("n_recovered")
    return rows.filter(~(found.is_between(0, tried) & (tried > 0))).select(
        "key", what=pl.format("{} found of {} put in", found, tried)
    )


def broken_cells(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """Say what is wrong with the cells of a completeness map.

    Parameters
    ----------
    arrays
        As of :func:`~astro_assets.transits.completeness.completeness_cells`.
    """
    wrong = []
    if (arrays["n_recovered"] > arrays["n_injected"]).any() or (arrays["n_recovered"] < 0).any():
        wrong.append("a cell has more planets found than put in")
    for name in ("period_days", "radius_earth"):
        low, high = arrays[f"{name}_from"], arrays[f"{name}_to"]
        if not ((low > 0) & (low < high)).all():
            wrong.append(f"a cell has no width in {name}")
    return wrong


def _said(number: pl.Expr, decimals: int = 6) -> pl.Expr:
    return number.round(decimals).cast(pl.String).fill_null("unknown")


def impossible_probabilities(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find scores whose probabilities are none, or do not add up.

    Parameters
    ----------
    rows
        Columns ``key``, those of the classes, and ``planet_or_eb``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    total = pl.sum_horizontal(CLASSES)
    outside = pl.any_horizontal(~pl.col(*CLASSES, "planet_or_eb").is_between(0, 1))
    wrong = outside | ~((total - 1).abs() < _LITTLE)
    return rows.filter(wrong).select("key", what=pl.format("probabilities add up to {}", _said(total)))
