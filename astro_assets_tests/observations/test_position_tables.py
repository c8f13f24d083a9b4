"""Tables of positions by strangers: what they claim is bounded, and nothing outside them is read."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.observations import place_lists, position_tables
from astro_assets.observations.cutouts import PlaceError
from astro_assets.observations.place_lists import places_in

VOTABLE = """<?xml version="1.0"?>{doctype}
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE{nrows}>
<FIELD name="name" datatype="char" arraysize="{size}"/>
<FIELD name="ra" datatype="double"/><FIELD name="dec" datatype="double"/>
<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"""
ROWS = "<TABLEDATA><TR><TD>x</TD><TD>1</TD><TD>2</TD></TR></TABLEDATA>"
USUAL = {"doctype": "", "nrows": "", "size": "*", "data": ROWS}


def fits_bytes(path: Path) -> bytes:
    Table({"name": ["x"], "ra": [1.0], "dec": [2.0]}).write(path, format="fits", overwrite=True)
    return path.read_bytes()


def refused(path: Path, data: bytes | str) -> str:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    began = time.monotonic()
    with pytest.raises(PlaceError) as caught:
        places_in(path)
    assert time.monotonic() - began < 5
    assert len(str(caught.value)) < 400 + len(str(path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": '<BINARY><STREAM href="file:///etc/hostname"/></BINARY>'}, "in another file"),
        ({"data": '<FITS><STREAM href="http://localhost/"/></FITS>'}, "in another file"),
        ({"doctype": '<!DOCTYPE x [<!ENTITY a "aaaa">]>'}, "it declares entities"),
        ({"size": "2000000000"}, "a column has 2000000000 elements a row"),
        ({"size": "&#50;000000x&#53;00"}, "elements a row"),
        ({"nrows": ' nrows="1000000000000"'}, "more than 10000 rows"),
        ({"nrows": ' nrows="10000"', "size": "5000"}, "it claims 10000 rows of 5000 elements"),
        ({"data": "<TABLEDATA><TR>"}, "no well-formed XML"),
    ],
)
def test_a_votable_is_what_it_holds(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    path = tmp_path / "t.xml"
    path.write_text(VOTABLE.format(**USUAL))
    assert [place.name for place in places_in(path)] == ["x"]
    assert said in refused(path, VOTABLE.format(**USUAL | changed))


def test_headers_of_fits_are_checked_first(tmp_path: Path) -> None:
    path = tmp_path / "t.fits"
    data = fits_bytes(path)
    card = b"NAXIS2  =                    1"
    assert card in data
    assert "truncated" in refused(path, data.replace(card, b"NAXIS2  =             99999999"))
    assert "truncated" in refused(path, data[:-2880])
    assert "unpack it first" in refused(path, gzip.compress(data))
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(path, overwrite=True)
    assert "no HDU is a table" in refused(path, path.read_bytes())
    Table({"name": ["x"], "ra": [[1.0, 2.0]], "dec": [2.0]}).write(path, format="fits", overwrite=True)
    assert "several values a row" in refused(path, path.read_bytes())


def test_rows_and_bytes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position_tables, "MOST_ROWS", 2)
    monkeypatch.setattr(place_lists, "MOST_ROWS", 2)
    table = Table({"name": ["x", "y", "z"], "ra": [1.0, 2.0, 3.0], "dec": [1.0, 2.0, 3.0]})
    for form in ("fits", "votable", "ascii.ecsv", "ascii.csv"):
        table.write(tmp_path / "t", format=form, overwrite=True)
        assert "more than 2 rows" in refused(tmp_path / "t", (tmp_path / "t").read_bytes())
    assert "more than 2 places" in refused(tmp_path / "t", "a\nb\nc\n")
    monkeypatch.setattr(place_lists, "_MOST_BYTES", 5)
    assert "more than 5 bytes" in refused(tmp_path / "t", "a\nb\nc\n")


def test_headers_of_ecsv_cannot_explode(tmp_path: Path) -> None:
    bomb = "# %ECSV 1.0\n# ---\n# a: &a {x: 1}\n# b: {<<: [*a, *a]}\n# datatype: []\nname ra dec\n"
    assert "merges mappings" in refused(tmp_path / "t", bomb)
    assert refused(tmp_path / "t", "# %ECSV 1.0\n# ---\n# datatype:\n" + "# " + "[" * 5000 + "\nname\nx\n")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_tables_are_places_or_an_error_that_names_them(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    form = data.draw(st.sampled_from(["fits", "votable", "ascii.ecsv", "ascii.csv"]))
    Table({"name": ["x", "y"], "ra": [1.0, 3.0], "dec": [2.0, 4.0]}).write(path, format=form, overwrite=True)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        places_in(path)
    except PlaceError as error:
        assert str(error).startswith(str(path))  # noqa: PT017  either is right
