"""The image wing's tables: what each reads, with which settings, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.images.frame import Site
from astro_assets.images.reading.frames import IMAGE, TARGET_PIXELS, FrameRead, read_frame
from astro_assets.images.refusals import FrameRefusedError
from astro_assets.images.schemas import FRAMES_SCHEMA, FramesConfig
from astro_assets.images.thumbnails import thumbnail
from astro_assets.ledger.table import Parent, Parents, Row, Table
from astro_assets.observations.tables import OBSERVATION_FILES

__all__ = ["FRAMES", "TABLES", "accepted_frames"]


def frames_among(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``observation_files`` that are images."""
    return files.filter((pl.col("status") == "passed_on") & pl.col("product").is_in((IMAGE, TARGET_PIXELS)))


def accepted_frames(frames: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``frames`` that can be used."""
    return frames.filter(pl.col("status") == "accepted")


def compute_frames(key: str, parents: Parents, config: FramesConfig) -> list[dict[str, Any]]:
    """Read the image ``key``: one row."""
    (file,) = parents["observation_files"]
    known = {"sha256": key, "product": file["product"], "target_id": file["target_id"]}
    row = dict.fromkeys(FRAMES_SCHEMA.names) | known
    place = config.observatory
    site = None if place is None else Site(place.latitude_deg, place.longitude_deg, place.elevation_m)
    try:
        read = read_frame(file["sha256"], file["product"], file["description"], config.hdu, site)
    except FrameRefusedError as error:
        return [row | {"status": "refused", "reason_code": error.code, "refusal_reason": str(error)}]
    return [row | {"status": "accepted"} | _frame_row(read)]


def _frame_row(read: FrameRead) -> dict[str, Any]:
    frame, area, site = read.frame, read.area, read.frame.site or Site(np.nan, np.nan, np.nan)
    small = thumbnail(frame.image)
    rows, columns = frame.image.shape
    names = (
        "filter_name", "exposure_s", "mid_mjd_utc", "gain", "read_noise_electrons", "saturation", "airmass",
        "ra_deg", "dec_deg",
    )  # fmt: skip
    return {
        **{name: getattr(frame, name) for name in names},
        "hdu": read.hdu,
        "n_columns": columns,
        "n_rows_of_pixels": rows,
        "n_images": read.n_images,
        "missing_fraction": float(np.mean(~np.isfinite(frame.image))),
        "object_name": read.object_name,
        "target_x": read.described.target_x,
        "target_y": read.described.target_y,
        "series_id": read.series_id,
        "field_id": read.field_id,
        "start_btjd": read.start_btjd,
        "end_btjd": read.end_btjd,
        "radius_deg": None if area is None else area.radius_deg,
        "scale_arcsec": None if area is None else area.scale_arcsec,
        "wcs": json.dumps(dict(read.wcs_header), sort_keys=True) if read.wcs_header else None,
        "site_latitude_deg": _known(site.latitude_deg),
        "site_longitude_deg": _known(site.longitude_deg),
        "site_elevation_m": _known(site.elevation_m),
        "thumbnail": {"brightness": small.ravel()},
        "thumbnail_columns": small.shape[1],
        "telescope": read.telescope,
        "instrument": read.instrument,
        "pixel_unit": read.unit,
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


#: What every image is, usable or not: a file has no place among others before its header is read.
FRAMES: Final = Table(
    name="images/frames",
    schema=FRAMES_SCHEMA,
    compute=compute_frames,
    parents=(Parent(OBSERVATION_FILES, columns=("sha256", "status", "product", "target_id", "description")),),
    config=FramesConfig(),
    key="sha256",
    target=None,
    choose=frames_among,
    libraries=("astropy", "numpy"),
    described_by={"star": "target_id"},
)

TABLES: Final = (FRAMES,)


def site_of(row: Row) -> Site | None:
    """Return the site that a row of ``frames`` tells."""
    latitude = row["site_latitude_deg"]
    return None if latitude is None else Site(latitude, row["site_longitude_deg"], row["site_elevation_m"])
