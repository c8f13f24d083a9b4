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


def untold_scores(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find light curves without a probability or the reason why, or with both; and verdicts likewise.

    Parameters
    ----------
    rows
        Columns ``key``, ``not_scored``, ``log_evidence``, ``p_constant``, ``p_usual``, ``variability`` and
        ``no_verdict``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    is_scored = pl.col("not_scored").is_null()
    probabilities = ("log_evidence", "p_constant", "p_usual")
    lacking = is_scored & pl.any_horizontal(pl.col(name).is_null() for name in probabilities)
    contradicted = ~is_scored & pl.any_horizontal(pl.col(name).is_not_null() for name in probabilities)
    verdict = pl.col("no_verdict").is_null() == pl.col("variability").is_null()
    what = (
        pl.when(lacking)
        .then(pl.lit("scored without a probability"))
        .when(contradicted)
        .then(pl.lit("not scored, with a probability"))
        .otherwise(pl.lit("neither a verdict nor a reason, or both"))
    )
    return rows.filter(lacking | contradicted | verdict).select("key", what=what)


def impossible_scores(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find p-values, changes and neighbours that cannot be.

    Parameters
    ----------
    rows
        Columns ``key``, ``p_constant``, ``p_usual``, ``change_start_s``, ``change_end_s`` and the lists
        ``neighbours`` and ``neighbour_distances``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    in_bounds = [pl.col(name).is_between(0, 1).fill_null(value=True) for name in ("p_constant", "p_usual")]
    ends = (pl.col("change_end_s") > pl.col("change_start_s")).fill_null(value=True)
    lengths = pl.col("neighbours").list.len() == pl.col("neighbour_distances").list.len()
    far = pl.col("neighbour_distances").list.min().fill_null(0) >= 0
    right = pl.all_horizontal(*in_bounds, ends, lengths.fill_null(value=True), far)
    what = pl.format(
        "p {} and {}, change from {} to {} s, or neighbours without distances",
        *(
            pl.col(name).cast(pl.String).fill_null("unknown")
            for name in ("p_constant", "p_usual", "change_start_s", "change_end_s")
        ),
    )
    return rows.filter(~right).select("key", what=what)
