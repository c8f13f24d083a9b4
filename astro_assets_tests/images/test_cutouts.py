"""Cutouts keep their place on the sky; what an image does not show is NaN."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy_healpix import HEALPix
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astro_assets.images.cutouts import (
    MISSING,
    OUTSIDE,
    SideError,
    cell_of,
    cells_within,
    cut_cube,
    cut_out,
    mask_of,
    outside,
    position_in,
)
from astro_assets.images.reading.pointing import celestial_wcs
from astro_assets_tests.images.made_images import sky, wcs_cards

IMAGE = sky()
WCS = celestial_wcs(fits.Header(wcs_cards(150.0, 2.0, 2.0)))


@settings(max_examples=40)
@given(st.floats(-0.49, 79.49), st.floats(-0.49, 59.49), st.integers(1, 60))
def test_a_cutout_is_the_image_around_its_place(x: float, y: float, side: int) -> None:
    assert WCS is not None
    place = WCS.pixel_to_world(x, y).icrs
    position = position_in(WCS, place.ra.deg, place.dec.deg, 80, 60)
    assert position == pytest.approx((x, y), abs=1e-6)
    cutout = cut_out(IMAGE, WCS, position, 2.0 * side)
    n = cutout.pixels.shape[0]
    assert cutout.pixels.shape == (n, n)
    assert n % 2 == 1
    assert abs(n - max(side, 3)) <= 1
    padded = np.full((60 + 2 * n, 80 + 2 * n), np.nan, np.float32)
    padded[n : n + 60, n : n + 80] = IMAGE
    first = (cutout.first_row + n, cutout.first_column + n)
    np.testing.assert_array_equal(cutout.pixels, padded[first[0] : first[0] + n, first[1] : first[1] + n])
    assert cutout.is_padded == bool(np.isnan(cutout.pixels).any())
    beyond = outside((60, 80), cutout.first_column, cutout.first_row, n)
    np.testing.assert_array_equal(beyond, np.isnan(cutout.pixels))
    np.testing.assert_array_equal(
        cut_cube(np.stack([IMAGE, 2 * IMAGE]), cutout.first_column, cutout.first_row, n),
        np.stack([cutout.pixels, 2 * cutout.pixels]),
    )
    # The place lies in the middle pixel, and the cutout's own coordinates say so.
    assert max(abs(cutout.x - n // 2), abs(cutout.y - n // 2)) <= 0.5 + 1e-9
    own = celestial_wcs(fits.Header(cutout.wcs_header))
    assert own is not None
    assert own.pixel_to_world(cutout.x, cutout.y).separation(place) < 1e-4 * u.arcsec


def test_what_the_image_does_not_show_has_no_position() -> None:
    assert WCS is not None
    assert position_in(WCS, 150.0, 2.5, 80, 60) is None
    assert position_in(WCS, 330.0, -2.0, 80, 60) is None  # behind the projection


@settings(max_examples=60)
@example(ra=4.0, dec=-85.5, radius=0.25, share=1.0, angle=0.0)
@given(
    ra=st.floats(0, 359.99), dec=st.floats(-90, 90), radius=st.floats(0.001, 3), share=st.floats(0, 1),
    angle=st.floats(0, 360),
)  # fmt: skip
def test_every_place_in_a_circle_lies_in_one_of_its_cells(
    ra: float, dec: float, radius: float, share: float, angle: float
) -> None:
    centre = SkyCoord(ra, dec, unit="deg")
    inside = centre.directional_offset_by(angle * u.deg, share * radius * u.deg)
    cells = cells_within(ra, dec, radius)
    assert cell_of(inside.ra.deg % 360, inside.dec.deg) in cells
    assert cells == sorted(set(cells))
    cell = 0.92  # degrees; a few of the cells may be too many, not most of the sky
    assert len(cells) <= 4 + 2 * np.pi * (radius + cell) ** 2 / cell**2


def test_cells_are_those_of_healpix() -> None:
    grid = HEALPix(nside=64, order="nested")
    assert cell_of(150.0, 2.0) == int(grid.lonlat_to_healpix(150 * u.deg, 2 * u.deg))


def test_a_side_has_3_to_1025_pixels() -> None:
    assert WCS is not None
    assert cut_out(IMAGE, WCS, (10.0, 10.0), 0.1).pixels.shape == (3, 3)
    assert cut_out(IMAGE, WCS, (10.0, 10.0), 2050.0).pixels.shape == (1025, 1025)
    with pytest.raises(SideError, match=r"1026 pixels of 2 arcsec; from 3 to 1025 .* at most 2050 arcsec"):
        cut_out(IMAGE, WCS, (10.0, 10.0), 2052.0)
    with pytest.raises(SideError, match="from 3 to 1025 are cut out"):
        cut_out(IMAGE, WCS, (10.0, 10.0), 1e300)


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 25))
def test_a_mask_tells_the_edge_from_what_the_image_lacks(column: int, row: int, side: int) -> None:
    image = np.arange(8 * 12, dtype=np.float32).reshape(8, 12)
    image[::3] = np.nan
    cut = cut_cube(image[np.newaxis], column, row, side)
    mask = mask_of(cut, outside((8, 12), column, row, side))[0]
    for y in range(side):
        for x in range(side):
            is_inside = 0 <= y + row < 8 and 0 <= x + column < 12
            wanted = OUTSIDE if not is_inside else MISSING if (y + row) % 3 == 0 else 0
            assert mask[y, x] == wanted
            assert np.isnan(cut[0, y, x]) == bool(wanted)
