"""Which files and light curves count where there are several of one thing.

Pure selections of rows by content columns, for the tables' `choose`; nothing is read or computed here.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.observations.missions import MISSIONS

#: Content columns of ``observation_files`` that `newest_products` needs.
PRODUCT_COLUMNS: Final = (
    "sha256", "status", "target_id", "mission", "segment_kind", "segment", "cadence_s", "start_btjd",
    "data_release", "file_created",
)  # fmt: skip
#: Content columns of ``light_curves`` that `one_cadence_per_segment` needs.
CADENCE_COLUMNS: Final = ("target_id", "mission", "segment_kind", "segment", "cadence_s")
_SEGMENT: Final = ("target_id", "mission", "segment_kind", "segment")
#: Kepler short cadence comes in one file a month, three to a quarter, so files of one quarter are one product
#: only if they begin together. Reprocessing moves the start by seconds; months begin 28 d apart or more.
_SAME_START_DAYS: Final = 10.0
_SECONDS: Final = pl.col("cadence_s").round(0).cast(pl.Int64)


def newest_products(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the newest accepted file of each product.

    A product is a target's segment at one cadence (in whole seconds), begun within 10 d. The newest file has
    the highest data release, then the latest creation date, then, so that the choice never depends on the
    order of rows, the highest SHA-256. A missing release or date counts as the oldest.

    Parameters
    ----------
    files
        Rows of ``observation_files`` with at least `PRODUCT_COLUMNS`.

    Returns
    -------
    polars.DataFrame
        Some of the rows, columns unchanged.
    """
    product = (*_SEGMENT, "product_cadence_s")
    begins = pl.col("start_btjd") - pl.col("start_btjd").shift(1) > _SAME_START_DAYS
    return (
        files.filter(pl.col("status") == "accepted")
        .with_columns(product_cadence_s=_SECONDS)
        .sort("start_btjd", "sha256")
        .with_columns(product_part=begins.fill_null(value=False).cum_sum().over(product))
        .sort("data_release", "file_created", "sha256", descending=True, nulls_last=True)
        .unique((*product, "product_part"), keep="first", maintain_order=True)
        .sort("sha256")
        .select(files.columns)
    )


def one_cadence_per_segment(light_curves: pl.DataFrame) -> pl.DataFrame:
    """Keep one cadence of each segment, so that no photon is counted twice when segments are stitched.

    The mission's search cadence wins (TESS 2 min, Kepler and K2 30 min: whole segments); where it
    is missing, the shortest cadence there is. All files of the chosen cadence are kept: Kepler short
    cadence has one a month.

    Parameters
    ----------
    light_curves
        Rows of ``light_curves`` with at least `CADENCE_COLUMNS`.

    Returns
    -------
    polars.DataFrame
        Some of the rows, columns and order unchanged.
    """
    standard = pl.col("mission").replace_strict(
        {mission.name: mission.search_cadence_s for mission in MISSIONS.values()}, return_dtype=pl.Int64
    )
    # The search cadence ranks 0, before every other, which ranks by its length.
    rank = pl.when(standard == _SECONDS).then(0).otherwise(_SECONDS)
    return light_curves.filter(rank == rank.min().over(_SEGMENT))
