"""What holds of every row of the image wing's tables: frames in, the rows that break it out.

Pure functions; which table is judged by what is declared in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
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
#: What sums of probabilities may be off by.
_ROUNDING: Final = 1e-9


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


def out_of_bounds(rows: pl.LazyFrame, bounds: Mapping[str, tuple[float, float]]) -> pl.LazyFrame:
    """Find rows of which a number is not between its least and most; null is.

    Parameters
    ----------
    rows
        Columns ``key`` and those of the bounds.
    bounds
        Least and most by column.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    faults = [
        pl.when(~pl.col(name).is_between(low, high))
        .then(pl.format("{} is {}", pl.lit(name), pl.col(name)))
        .otherwise(None)
        for name, (low, high) in bounds.items()
    ]
    return rows.select("key", what=pl.concat_str(faults, separator="; ", ignore_nulls=True)).filter(
        pl.col("what") != ""
    )


def impossible_frames(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find frames of which a number is out of all bounds.

    Parameters
    ----------
    rows
        Columns ``key``, ``exposure_s``, ``gain``, ``airmass``, ``ra_deg``, ``dec_deg`` and
        ``missing_fraction``; null where unknown.
    """
    return out_of_bounds(rows, _BOUNDS)


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


def impossible_grades(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find frames whose probabilities are none, or whose grade is not their median.

    Parameters
    ----------
    rows
        Columns ``key``, ``frame_sha256``, ``grade``, ``p_good``, ``p_medium``, ``p_bad``, ``night_p_value``
        and ``training_p_value``.
    """
    parts = [pl.col(name) for name in ("p_good", "p_medium", "p_bad")]
    all_of_it = pl.sum_horizontal(parts).is_between(1 - _ROUNDING, 1 + _ROUNDING)
    inside = pl.all_horizontal(part.is_between(-_ROUNDING, 1 + _ROUNDING) for part in parts)
    values = pl.all_horizontal(
        (pl.col(name).is_between(0, 1) & (pl.col(name) > 0)).fill_null(value=name == "night_p_value")
        for name in ("night_p_value", "training_p_value")
    )
    worst = pl.when(pl.col("p_bad") >= 0.5).then(pl.lit("bad"))
    median = worst.when(pl.col("p_good") <= 0.5).then(pl.lit("medium")).otherwise(pl.lit("good"))
    what = pl.format(
        "{}: {} with {}, {}, {}, p-values {} and {}", pl.col("frame_sha256").str.head(12), "grade", *parts,
        pl.col("night_p_value").cast(pl.String).fill_null("unknown"), "training_p_value",
    )  # fmt: skip
    right = (all_of_it & inside & values & (median == pl.col("grade"))).fill_null(value=False)
    return rows.filter(~right).select("key", what=what.fill_null("unknown"))


def impossible_nights(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find simulated nights of which seed or settings are no JSON, or frames are counted otherwise.

    Parameters
    ----------
    rows
        Columns ``key``, ``role``, ``seed``, ``settings`` and ``n_frames``.
    """
    frames = pl.col("settings").str.json_path_match("$.frames").cast(pl.Int32, strict=False)
    seed = pl.col("seed").str.contains(r"^\[\d+(, \d+)*\]$")
    role = pl.col("role").is_in(["network", "forest", "calibration", "test"])
    right = (frames == pl.col("n_frames")) & seed & role
    what = pl.format("{} of {} frames, seed {}", "role", "n_frames", "seed")
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
