"""What holds of every row of the X-ray wing's tables: frames in, the rows that break it out.

Pure functions; which table is judged by what is declared in `checks`.
"""

from __future__ import annotations

import polars as pl


def untold_curves(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find accepted light curves without bins, bands or arrays, and refused ones without a reason.

    Parameters
    ----------
    rows
        Columns ``key``, ``status``, ``reason_code``, ``n_bins``, ``n_bands`` and ``light_curve``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    accepted = pl.col("status") == "accepted"
    lacking = pl.any_horizontal(pl.col("n_bins", "n_bands", "light_curve").is_null())
    wrong = pl.when(accepted).then(lacking).otherwise(pl.col("reason_code").is_null())
    what = (
        pl.when(accepted)
        .then(pl.lit("accepted without bins, bands or arrays"))
        .otherwise(pl.format("{} without a reason", pl.col("status").fill_null("unknown")))
    )
    return rows.filter(wrong.fill_null(value=True)).select("key", what=what)


def impossible_curves(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find light curves whose bands, exposures or counts none can have; refused ones have none.

    Parameters
    ----------
    rows
        Columns ``key``, ``n_bins``, ``n_unexposed``, ``n_bands``, ``duration_s``, and the lists
        ``band_low_kev``, ``band_high_kev``, ``exposure_s`` and ``total_counts``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    n_bands = pl.col("n_bands")
    lengths = [pl.col(name).list.len() == n_bands for name in ("band_low_kev", "band_high_kev", "exposure_s")]
    # Lists of unlike lengths cannot be subtracted.
    low, high = (
        pl.when(pl.all_horizontal(lengths)).then(pl.col(name)) for name in ("band_low_kev", "band_high_kev")
    )
    right = pl.all_horizontal(
        *lengths,
        (high - low).list.min() > 0,
        pl.col("exposure_s").list.min() >= 0,
        pl.col("total_counts").list.min().fill_null(0) >= 0,
        pl.col("n_unexposed").is_between(0, pl.col("n_bins") - 1),
        pl.col("duration_s") > 0,
    )
    what = pl.format(
        "{} bands, {} of {} bins unexposed, {} s long", n_bands, "n_unexposed", "n_bins", "duration_s"
    )
    return rows.filter(n_bands.is_not_null() & ~right.fill_null(value=False)).select("key", what=what)
