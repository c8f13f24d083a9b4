"""The tables of cutouts: which places are asked for, which images show them, the squares cut out of these.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.images.cutout_schemas import CUTOUT_PLACES_SCHEMA, CUTOUTS_SCHEMA, FRAME_CELLS_SCHEMA
from astro_assets.images.cutouts import (
    MISSING,
    OUTSIDE,
    SideError,
    cell_of,
    cells_within,
    cut_out,
    mask_of,
    outside,
    position_in,
)
from astro_assets.images.reading.frames import read_frame
from astro_assets.images.reading.pointing import celestial_wcs
from astro_assets.images.tables import FRAMES, accepted_frames
from astro_assets.images.thumbnails import thumbnail
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table

__all__ = ["CUTOUTS", "CUTOUT_PLACES", "FRAME_CELLS", "TABLES", "place_row"]

#: What is told of an image with each of its cells and cutouts.
_OF_FRAMES: Final = ("filter_name", "exposure_s", "mid_mjd_utc")
_OF_IMAGES: Final = ("product", "n_columns", "n_rows_of_pixels", "hdu", "wcs", *_OF_FRAMES)
#: Four degrees.
_LARGEST_SIDE: Final = 14400.0
#: Of all cutouts of a place: some 300 MB.
_MOST_PIXELS: Final = 50_000_000


class TooManyPixelsError(ValueError):
    """The cutouts of a place are too large to be made at once."""


def place_row(
    place: str, target_id: str | None, ra_deg: float, dec_deg: float, side_arcsec: float
) -> dict[str, Any]:
    """Return the row of ``cutout_places`` of a place on the sky, ICRS.

    Raises
    ------
    ValueError
        If there is no such place, or the side is not positive.
    """
    if not (0 <= ra_deg < 360 and -90 <= dec_deg <= 90):
        raise ValueError(f"{place}: there is no position {ra_deg:g}, {dec_deg:g} in degrees")
    if not 0 < side_arcsec <= _LARGEST_SIDE:
        raise ValueError(f"{place}: a side of {side_arcsec:g} arcsec is not between 0 and {_LARGEST_SIDE:g}")
    return {
        "place": place,
        "target_id": target_id,
        "ra_deg": ra_deg,
        "dec_deg": dec_deg,
        "side_arcsec": side_arcsec,
        "cell": cell_of(ra_deg, dec_deg),
    }


def on_the_sky(frames: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``frames`` that can be used and have world coordinates."""
    return accepted_frames(frames).filter(pl.col("wcs").is_not_null())


def compute_frame_cells(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Tell which cells of the sky the image ``key`` may touch: a row each."""
    (frame,) = parents["frames"]
    cells = cells_within(frame["ra_deg"], frame["dec_deg"], frame["radius_deg"])
    told = {name: frame[name] for name in _OF_IMAGES}
    return [{"sha256": key, "frame_sha256": key, **told, "cell": cell} for cell in cells]


def compute_cutouts(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Cut the place ``key`` out of all images that show it: a row each, in order of their files.

    Raises
    ------
    SideError
        If one of them has more pixels a side than are cut out.
    TooManyPixelsError
        If all of its cutouts have more pixels than a worker is to hold.
    """
    (place,) = parents["cutout_places"]
    rows: list[dict[str, Any]] = []
    n_pixels = 0
    for frame in parents["frame_cells"]:
        row = _cutout_row(place, frame)
        if row is None:
            continue
        rows.append(row)
        n_pixels += row["side"] ** 2
        if n_pixels > _MOST_PIXELS:
            raise TooManyPixelsError(
                f"its cutouts have more than {_MOST_PIXELS} pixels together: ask for a smaller side than "
                f"{place['side_arcsec']:g} arcsec"
            )
    return sorted(rows, key=lambda row: str(row["sha256"]))


def _cutout_row(place: Row, frame: Row) -> dict[str, Any] | None:
    wcs = celestial_wcs(json.loads(frame["wcs"]))
    size = frame["n_columns"], frame["n_rows_of_pixels"]
    position = None if wcs is None else position_in(wcs, place["ra_deg"], place["dec_deg"], *size)
    if wcs is None or position is None:
        return None
    image = read_frame(frame["sha256"], frame["product"], hdu=str(frame["hdu"])).frame.image
    try:
        cutout = cut_out(image, wcs, position, place["side_arcsec"])
    except SideError as error:
        raise SideError(f"image {frame['frame_sha256'][:12]}: {error}") from None
    if not np.isfinite(cutout.pixels).any():
        return None
    side = cutout.pixels.shape[0]
    mask = mask_of(cutout.pixels, outside(image.shape, cutout.first_column, cutout.first_row, side))
    small = thumbnail(cutout.pixels)
    return {
        **{name: place[name] for name in ("place", "target_id", "ra_deg", "dec_deg")},
        "sha256": frame["frame_sha256"],
        **{name: frame[name] for name in ("product", "n_columns", "n_rows_of_pixels", *_OF_FRAMES)},
        **{name: getattr(cutout, name) for name in ("x", "y", "first_column", "first_row", "is_padded")},
        "side": side,
        "n_outside": int(np.count_nonzero(mask == OUTSIDE)),
        "n_missing": int(np.count_nonzero(mask == MISSING)),
        "missing_fraction": float(np.mean(mask != 0)),
        "wcs": json.dumps(cutout.wcs_header, sort_keys=True),
        "pixels": {"value": cutout.pixels.ravel()},
        "thumbnail": {"brightness": small.ravel()},
        "thumbnail_columns": small.shape[1],
    }


#: Which places of the sky are asked for, by the names that people give them.
CUTOUT_PLACES: Final = Table(name="images/cutout_places", schema=CUTOUT_PLACES_SCHEMA)

#: Which cells of the sky each image with world coordinates may touch, by which places find images.
FRAME_CELLS: Final = Table(
    name="images/frame_cells",
    schema=FRAME_CELLS_SCHEMA,
    compute=compute_frame_cells,
    parents=(Parent(FRAMES, columns=("sha256", "status", "ra_deg", "dec_deg", "radius_deg", *_OF_IMAGES)),),
    key="sha256",
    target=None,
    choose=on_the_sky,
    libraries=("astropy-healpix",),
)

#: Each place cut out of every image that shows it.
CUTOUTS: Final = Table(
    name="images/cutouts",
    schema=CUTOUTS_SCHEMA,
    compute=compute_cutouts,
    parents=(
        Parent(
            CUTOUT_PLACES,
            columns=("place", "target_id", "ra_deg", "dec_deg", "side_arcsec", "cell"),
        ),
        Parent(FRAME_CELLS, columns=("sha256", "frame_sha256", *_OF_IMAGES), on="cell"),
    ),
    key="place",
    target=None,
    libraries=("astropy", "numpy"),
    described_by={"star": "target_id"},
)

TABLES: Final = (CUTOUT_PLACES, FRAME_CELLS, CUTOUTS)
