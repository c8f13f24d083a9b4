"""A product has a name that is safe here, whatever an archive calls it."""

from __future__ import annotations

import pytest

from astro_assets.archives.products import Product


def named(name: str) -> Product:
    return Product("mast", "mast:x", "http://127.0.0.1/x", name, None, "light_curve", None)


@pytest.mark.parametrize(
    "name", ["../star.fits", "/etc/passwd", ".hidden", "a\\b", "a b", "", "x" * 300, "a\n", "..", "\u0661"]
)
def test_a_name_that_is_a_path_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a file here"):
        named(name)


@pytest.mark.parametrize(
    "name",
    [
        "kplr011446443-2009131105131_llc.fits",
        "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits",
        "skyview_WASP-18_DSS2-Red_300px_0a1b2c.fits",
    ],
)
def test_names_of_products_are_taken(name: str) -> None:
    assert named(name).file_name == name
