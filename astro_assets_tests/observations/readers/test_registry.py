"""Every format has one reader, its name and its page; files that two could take are told apart."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import astro_assets.observations.readers
from astro_assets.observations.readers.contents import Contents, open_contents
from astro_assets.observations.readers.mission import MISSION
from astro_assets.observations.readers.observation import Reader
from astro_assets.observations.readers.registry import PRODUCTS, READERS, reader_of
from astro_assets.observations.refusals import RefusalError
from astro_assets_tests.observations.made_files import light_curve_file

PAGES = Path(__file__).parents[3] / "docs" / "readers"


def _takers(contents: Contents) -> list[Reader]:
    """Return the readers that recognise a file, but for the one that takes all FITS files."""
    return [reader for reader in READERS if reader is not MISSION and reader.recognises(contents)]


def test_every_reader_there_is_has_a_place_and_a_name_of_its_own() -> None:
    folder = astro_assets.observations.readers.__path__
    modules = [
        pkgutil.resolve_name(f"{astro_assets.observations.readers.__name__}.{module.name}")
        for module in pkgutil.iter_modules(folder)
    ]
    declared = {value for module in modules for value in vars(module).values() if isinstance(value, Reader)}
    assert declared == set(READERS)
    assert len(set(PRODUCTS)) == len(READERS)


def test_no_file_is_taken_by_two(shared_data: Path) -> None:
    taken: dict[str, int] = {}
    for folder in ("kepler_lc", "tess_lc"):
        for path in (shared_data / folder).rglob("*"):
            if not path.is_file():
                continue
            try:
                contents = open_contents(path)
            except RefusalError:
                continue
            takers = _takers(contents)
            assert len(takers) <= 1, path.name
            assert reader_of(contents) is (takers[0] if takers else MISSION)
            product = reader_of(contents).product
            taken[product] = taken.get(product, 0) + 1
    assert set(taken) == {"mission", "table", "lightkurve", "k2sc", "k2varcat"}
    assert taken["mission"] > 50


@pytest.mark.parametrize(
    ("primary", "columns", "product"),
    [
        ({}, {}, "mission"),
        ({"CREATOR": "lightkurve.LightCurve.to_fits()"}, {}, "lightkurve"),
        ({"CREATOR": "like lightkurve."}, {}, "mission"),
        ({"PROGRAM": "k2SC v0.1"}, {}, "k2sc"),
        ({}, {"APTFLUX": np.ones(60), "DETFLUX": np.ones(60)}, "k2varcat"),
        ({}, {"APTFLUX": np.ones(60)}, "mission"),
        ({}, {"RAW_FLUX": np.ones(60), "CORR_FLUX": np.ones(60)}, "eleanor"),
        ({}, {"RAW_FLUX": np.ones(60)}, "mission"),
        ({}, {"RAW_FLUX": np.ones(60), "SAP_FLUX": None, "PDCSAP_FLUX": None}, "eleanor"),
    ],
)
def test_formats_are_told_by_content(
    tmp_path: Path, primary: dict[str, str], columns: dict[str, np.ndarray], product: str
) -> None:
    path = light_curve_file(tmp_path / "named like nothing", primary=primary, columns=columns)
    assert reader_of(open_contents(path)).product == product


def test_fits_of_no_known_kind_goes_to_the_last_reader(tmp_path: Path) -> None:
    path = tmp_path / "image.csv"
    fits.PrimaryHDU(np.ones((4, 4))).writeto(path)
    contents = open_contents(path)
    assert reader_of(contents) is MISSION
    with pytest.raises(RefusalError):
        MISSION.identify(contents, {})


def test_every_reader_has_a_page_that_says_what_people_ask() -> None:
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    assert pages == set(PRODUCTS)
    listed = (PAGES / "README.md").read_text()
    for product in PRODUCTS:
        page = (PAGES / f"{product}.md").read_text()
        for topic in ("Recognised by", "Columns", "Time", "Quality", "Whose", "Refused"):
            assert f"**{topic}" in page, f"{product}: {topic}"
        assert f"({product}.md) | `{product}`" in listed


def test_the_table_of_readers_is_in_the_order_in_which_they_are_tried() -> None:
    listed = (PAGES / "README.md").read_text()
    places = [listed.index(f"({product}.md) | `{product}`") for product in PRODUCTS]
    assert places == sorted(places)
