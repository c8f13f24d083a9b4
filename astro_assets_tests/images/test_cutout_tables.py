"""Places become rows, and cutouts that are too many to hold are refused before they fill the memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from astro_assets.images import cutout_tables
from astro_assets.images.cutout_tables import TooManyPixelsError, compute_cutouts, place_row
from astro_assets.images.cutouts import SideError
from astro_assets.ledger.table import Config
from astro_assets_tests.images.made_images import image_file, wcs_cards


def frame(path: Path) -> dict[str, Any]:
    told = dict.fromkeys(("filter_name", "exposure_s", "mid_mjd_utc"))
    size = {"n_columns": 80, "n_rows_of_pixels": 60}
    known = {"sha256": path, "frame_sha256": path.name, "product": "image", "hdu": 0}
    return {**known, **size, **told, "wcs": json.dumps(wcs_cards())}


def test_cutouts_are_in_order_of_their_files_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [frame(image_file(tmp_path / name, **wcs_cards())) for name in ("b.fits", "a.fits", "c.fits")]
    parents = {"cutout_places": [place_row("x", None, 150.0, 2.0, 40.0)], "frame_cells": frames}
    found = compute_cutouts("x", parents, Config())
    assert [row["sha256"] for row in found] == ["a.fits", "b.fits", "c.fits"]
    assert {row["side"] for row in found} == {21}
    assert {(row["n_outside"], row["n_missing"]) for row in found} == {(0, 0)}
    monkeypatch.setattr(cutout_tables, "_MOST_PIXELS", 2 * 21**2)
    with pytest.raises(TooManyPixelsError, match="ask for a smaller side than 40 arcsec"):
        compute_cutouts("x", parents, Config())


@pytest.mark.parametrize(("ra", "dec", "side"), [(360.0, 0.0, 1.0), (0.0, 91.0, 1.0), (0.0, 0.0, 0.0)])
def test_what_is_no_place(ra: float, dec: float, side: float) -> None:
    with pytest.raises(ValueError, match="M 1: "):
        place_row("M 1", None, ra, dec, side)


def test_a_square_that_is_too_large_for_an_image_names_it(tmp_path: Path) -> None:
    parents = {"cutout_places": [place_row("x", None, 150.0, 2.0, 3000.0)]}
    parents["frame_cells"] = [frame(image_file(tmp_path / "a.fits", **wcs_cards()))]
    with pytest.raises(SideError, match=r"image a\.fits: a side of 3000 arcsec has 1500 pixels"):
        compute_cutouts("x", parents, Config())
    edge = {**parents, "cutout_places": [place_row("x", None, 150.0219, 2.0, 20.0)]}
    (row,) = compute_cutouts("x", edge, Config())
    assert (row["is_padded"], row["n_outside"], row["n_missing"]) == (True, 5 * 11, 0)
