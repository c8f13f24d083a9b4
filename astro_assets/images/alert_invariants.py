"""What holds of every row of the tables of alerts: frames in, the rows that break it out.

Pure functions; which table is judged by what is declared in `alert_checks`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.images.alerts.fields import LATEST_MJD
from astro_assets.images.alerts.filters import hash_of
from astro_assets.images.invariants import out_of_bounds

#: Least and most of what packets may tell; null where they do not. From 1858 to 2132.
_BOUNDS: Final = {
    "mjd_utc": (0.0, LATEST_MJD),
    "ra_deg": (0.0, 360.0),
    "dec_deg": (-90.0, 90.0),
    "real_bogus": (0.0, 1.0),
    "deep_real_bogus": (0.0, 1.0),
}
_VERDICTS: Final = ("accepted", "rejected", "refused")


def untold_alerts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find accepted packets without identifier, survey or schema, and refused ones without a reason.

    Parameters
    ----------
    rows
        Columns ``key``, ``status``, ``alert_id``, ``survey``, ``schema_name``, ``has_stamps`` and
        ``reason_code``.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``.
    """
    accepted = pl.col("status") == "accepted"
    lacking = pl.any_horizontal(pl.col("alert_id", "survey", "schema_name", "has_stamps").is_null())
    wrong = pl.when(accepted).then(lacking).otherwise(pl.col("reason_code").is_null())
    what = (
        pl.when(accepted)
        .then(pl.lit("accepted without identifier, survey or schema"))
        .otherwise(pl.format("{} without a reason", pl.col("status").fill_null("unknown")))
    )
    return rows.filter(wrong).select("key", what=what)


def impossible_alerts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find packets of which a time, place or score is out of all bounds.

    Parameters
    ----------
    rows
        Columns ``key``, ``mjd_utc``, ``ra_deg``, ``dec_deg``, ``real_bogus`` and ``deep_real_bogus``.
    """
    return out_of_bounds(rows, _BOUNDS)


def misnamed_filters(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find filters whose version is not the hash of what they say, or of which two versions are applied.

    Parameters
    ----------
    rows
        Columns ``key``, ``alert_filter``, ``filter_version``, ``status`` and ``filter``.
    """
    said = pl.col("filter").map_elements(lambda text: hash_of(text.encode()), return_dtype=pl.String)
    misnamed = rows.filter(said != pl.col("filter_version")).select(
        "key", what=pl.format("{} does not say what its version names", "filter_version")
    )
    applied = (
        rows.filter(pl.col("status") == "applied").group_by("key").agg(pl.col("filter_version").n_unique())
    )
    several = applied.filter(pl.col("filter_version") > 1).select(
        "key", what=pl.format("{} versions are applied", "filter_version")
    )
    return pl.concat([misnamed, several])


def unexplained_decisions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find decisions that are none, accept with a condition that failed, or reject without one.

    Parameters
    ----------
    rows
        Columns ``key``, ``verdict``, ``rejected_by`` and ``filter_version``.
    """
    explained = (pl.col("verdict") == "accepted") == (pl.col("rejected_by") == "")
    right = pl.col("verdict").is_in(_VERDICTS) & explained & (pl.col("filter_version").str.len_chars() == 32)
    what = pl.format("{} by {}", "verdict", "rejected_by")
    return rows.filter(~right.fill_null(value=False)).select("key", what=what)


def unbalanced_examples(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find objects of which not as many examples are real as bogus.

    Parameters
    ----------
    rows
        Columns ``key`` and ``kind``.
    """
    real = (pl.col("kind") == "real").sum()
    counts = rows.group_by("key").agg(real=real, n=pl.len())
    what = pl.format("{} of {} examples are real", "real", "n")
    return counts.filter(2 * pl.col("real") != pl.col("n")).select("key", what=what)


def unscored(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Find scores that are no probability, and packets without a score or a reason.

    Parameters
    ----------
    rows
        Columns ``key``, ``score`` and ``why_none``.
    """
    is_told = pl.col("why_none").is_not_null()
    right = pl.when(is_told).then(pl.col("score").is_null()).otherwise(pl.col("score").is_between(0, 1))
    what = pl.format("score {}", pl.col("score").cast(pl.String).fill_null("and reason missing"))
    return rows.filter(~right.fill_null(value=False)).select("key", what=what)
