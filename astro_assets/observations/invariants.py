"""What holds of every row of the observation tables: frames in, the rows that break it out.

Pure functions of scalars; rules about arrays are the same in all wings, and which table is judged by what is
declared in `checks`.
"""

from __future__ import annotations

import polars as pl


def too_few_finite(rows: pl.LazyFrame, *, least_finite_fraction: float) -> pl.LazyFrame:
    """Find accepted files too few of whose unflagged cadences have a flux that can be used.

    Parameters
    ----------
    rows
        Columns ``key``, ``status`` and ``finite_fraction``.
    least_finite_fraction
        Share of the unflagged cadences that must have a finite flux, 0 to 1.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    fraction = pl.col("finite_fraction")
    enough = fraction.is_between(least_finite_fraction, 1) & (fraction > 0)
    wrong = (pl.col("status") == "accepted") & ~enough.fill_null(value=False)
    what = pl.format(
        "accepted, though {} of its unflagged cadences have a finite flux, and {} must",
        pl.coalesce(fraction.cast(pl.String), pl.lit("an unknown share")),
        pl.lit(least_finite_fraction),
    )
    return rows.filter(wrong).select("key", what=what)


def broken_spans(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find observations that end before they start, or whose cadence is no positive number of seconds.

    Parameters
    ----------
    rows
        Columns ``key``, ``start_btjd``, ``end_btjd`` and ``cadence_s``; null where unknown.
    """
    start, end, cadence = pl.col("start_btjd"), pl.col("end_btjd"), pl.col("cadence_s")
    in_order = start.is_finite() & end.is_finite() & (start <= end)
    wrong = ~(in_order & cadence.is_finite() & (cadence > 0))
    said = (column.cast(pl.String).fill_null("unknown") for column in (start, end, cadence))
    what = pl.format("from {} to {} at a cadence of {} s", *said)
    return rows.filter(wrong).select("key", what=what)


def unidentified(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find files of which something is not told: accepted ones' identity, a product, why they are refused.

    Parameters
    ----------
    rows
        Columns ``key``, ``status``, ``target_id``, ``mission``, ``product`` and ``reason_code``.
    """
    accepted = pl.col("status") == "accepted"
    lacking = pl.any_horizontal(pl.col("target_id", "mission", "product").is_null())
    wrong = (
        pl.when(accepted)
        .then(lacking)
        .when(pl.col("status") == "passed_on")
        .then(pl.col("product").is_null())
        .otherwise(pl.col("reason_code").is_null())
    )
    what = (
        pl.when(accepted)
        .then(pl.lit("accepted without target, mission or product"))
        .otherwise(pl.format("{} without a reason", pl.col("status").fill_null("unknown")))
    )
    return rows.filter(wrong).select("key", what=what)
