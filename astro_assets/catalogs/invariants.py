"""What holds of every signal that catalogues list: frames in, the rows that break it out.

Pure functions of scalars; which table is judged by what is declared in `checks`.
"""

from __future__ import annotations

import polars as pl


def broken_ephemerides(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find periods and durations that are neither positive nor unknown, and epochs that are infinite.

    Parameters
    ----------
    rows
        Columns ``key``, ``catalog``, ``entry``, ``period_days``, ``epoch_btjd`` and ``duration_hours``; null
        or NaN where unknown.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    period, duration, epoch = pl.col("period_days"), pl.col("duration_hours"), pl.col("epoch_btjd")
    wrong = _not_positive(period) | _not_positive(duration) | epoch.is_infinite().fill_null(value=False)
    what = pl.format(
        "{} of {}: period {} d, epoch {}, duration {} h",
        *(
            column.cast(pl.String).fill_null("unknown")
            for column in (pl.col("entry"), pl.col("catalog"), period, epoch, duration)
        ),
    )
    return rows.filter(wrong).select("key", what=what)


def _not_positive(column: pl.Expr) -> pl.Expr:
    known = column.fill_nan(None)
    return ((known <= 0) | known.is_infinite()).fill_null(value=False)
