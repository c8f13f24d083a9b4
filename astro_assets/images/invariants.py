"""What holds of every row of the image wing's tables: frames in, the rows that break it out.

Pure functions; which table is judged by what is declared in `checks`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Least and most of each number that a header may tell, none included.
_BOUNDS: Final = {
    "exposure_s": (0.0, 30 * 86400.0),
    "gain": (0.01, 50.0),
    "airmass": (1.0, 40.0),
    "ra_deg": (0.0, 360.0),
    "dec_deg": (-90.0, 90.0),
    "missing_fraction": (0.0, 1.0),
}


def untold_frames(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find accepted frames without pixels or thumbnail, and refused ones without a reason.

    Parameters
    ----------
    rows
        Columns ``key``, ``status``, ``reason_code``, ``n_columns``, ``n_rows_of_pixels`` and ``thumbnail``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    accepted = pl.col("status") == "accepted"
    lacking = pl.any_horizontal(pl.col("n_columns", "n_rows_of_pixels", "thumbnail").is_null())
    wrong = pl.when(accepted).then(lacking).otherwise(pl.col("reason_code").is_null())
    what = (
        pl.when(accepted)
        .then(pl.lit("accepted without pixels or a thumbnail"))
        .otherwise(pl.format("{} without a reason", pl.col("status").fill_null("unknown")))
    )
    return rows.filter(wrong).select("key", what=what)


def impossible_frames(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find frames of which a number is out of all bounds.

    Parameters
    ----------
    rows
        Columns ``key``, ``exposure_s``, ``gain``, ``airmass``, ``ra_deg``, ``dec_deg`` and
        ``missing_fraction``; null where unknown.
    """
    faults = [
        pl.when(~pl.col(name).is_between(low, high))
        .then(pl.format("{} is {}", pl.lit(name), pl.col(name)))
        .otherwise(None)
        for name, (low, high) in _BOUNDS.items()
    ]
    return rows.select("key", what=pl.concat_str(faults, separator="; ", ignore_nulls=True)).filter(
        pl.col("what") != ""
    )


def misplaced_cutouts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find cutouts in which their place does not lie, or that show nothing.

    Parameters
    ----------
    rows
        Columns ``key``, ``x``, ``y``, ``side`` and ``missing_fraction``.
    """
    inside = pl.all_horizontal(pl.col(name).is_between(-0.5, pl.col("side") - 0.5) for name in ("x", "y"))
    shows = pl.col("missing_fraction").is_between(0, 1, closed="left")
    what = pl.format("place at {}, {} of {} pixels", "x", "y", "side")
    return rows.filter(~(inside & shows).fill_null(value=False)).select("key", what=what)


def unaccounted_frames(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find nights of which a frame is neither aligned nor left out with a reason.

    Parameters
    ----------
    rows
        Columns ``key``, ``n_frames``, ``n_aligned``, and the lists ``frame_sha256`` and ``left_out``.
    """
    n_left_out = pl.col("left_out").list.eval(pl.element() != "").list.sum()
    n_named = pl.col("frame_sha256").list.len()
    right = (pl.col("n_aligned") + n_left_out == pl.col("n_frames")) & (n_named == pl.col("n_frames"))
    what = pl.format("{} of {} frames aligned, {} left out", "n_aligned", "n_frames", n_left_out)
    return rows.filter(~right.fill_null(value=False)).select("key", what=what)


def untold_changes(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find compared frames without counts, others without a reason, and shares that none can be.

    Parameters
    ----------
    rows
        Columns ``key``, ``not_compared``, ``n_wanted``, ``n_unwanted`` and ``missing_fraction``.
    """
    counts = pl.col("n_wanted", "n_unwanted", "missing_fraction")
    told = pl.col("not_compared").is_null()
    wrong = (
        pl.when(told).then(pl.any_horizontal(counts.is_null())).otherwise(pl.col("n_wanted").is_not_null())
    )
    impossible = ~pl.col("missing_fraction").is_between(0, 1).fill_null(value=True)
    what = (
        pl.when(impossible)
        .then(pl.format("missing_fraction is {}", pl.col("missing_fraction")))
        .when(told)
        .then(pl.lit("neither counts nor a reason"))
        .otherwise(pl.lit("counts and a reason why there are none"))
    )
    return rows.filter(wrong | impossible).select("key", what=what)


def impossible_anomalies(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find objects without a place, a strength or pixels.

    Parameters
    ----------
    rows
        Columns ``key``, ``x``, ``y``, ``snr``, ``score`` and ``n_pixels``.
    """
    finite = pl.all_horizontal(pl.col("x", "y", "snr", "score").is_finite())
    wrong = ~finite | (pl.col("n_pixels") < 1) | (pl.min_horizontal("x", "y") < -0.5)
    what = pl.format("x {}, y {}, snr {}, score {}", "x", "y", "snr", "score")
    return rows.filter(wrong).select("key", what=what)
