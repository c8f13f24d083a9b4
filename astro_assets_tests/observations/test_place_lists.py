"""Lists of places: lines, and tables of every usual form, say the same; what is unclear is named by row."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.observations.cutouts import Place, PlaceError
from astro_assets.observations.place_lists import places_in

M67 = Place("M 67", (132.846, 11.814))
FORMS = ("fits", "votable", "ascii.ecsv", "ascii.csv")


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "M 67, 132.846, 11.814\n",
        "target_id,ra,dec\nM 67,132.846,11.814\n",
        "\ufeff# from a proposal\r\nName,Vmag,RAJ2000,DEJ2000\r\n\r\nM 67,,132.846,11.814\r\n",
        "ra_deg,dec_deg,id\n132.846,+11.814,M 67\n",
        'RA_ICRS,DE_ICRS,OBJECT\n" 1.32846e2",11.814,"M 67"\n',
    ],
)
def test_lines_and_headers(tmp_path: Path, text: str) -> None:
    assert places_in(written(tmp_path / "list", text)) == [M67]


def test_names_of_targets_need_no_positions(tmp_path: Path) -> None:
    found = places_in(written(tmp_path / "b", "TIC\n7\n8\n7\n"))
    assert found == [Place("TIC 7"), Place("TIC 8")]
    mixed = places_in(written(tmp_path / "c", "target_id,ra,dec\nTIC 7,,\nM 67,132.846,11.814\n"))
    assert mixed == [Place("TIC 7"), M67]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z][A-Za-z0-9 +.-]{0,20}[A-Za-z0-9]", fullmatch=True),
            st.floats(0, 359.9),
            st.floats(-90, 90),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda one: one[0],
    ),
    st.sampled_from(FORMS),
)
def test_every_form_of_a_table_says_the_same(places: list[tuple[str, float, float]], form: str) -> None:
    names, ra, dec = zip(*places, strict=True)
    table = Table({"ra": np.array(ra), "name": list(names), "flag": [True] * len(ra), "dec": np.array(dec)})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        table.write(path, format=form)
        assert places_in(path) == [Place(name, (one, other)) for name, one, other in places]


@pytest.mark.parametrize("form", ["fits", "votable", "ascii.ecsv"])
def test_units_are_believed(tmp_path: Path, form: str) -> None:
    table = Table({"kepid": [11446443], "ra": np.radians([286.8]) * u.rad, "dec": np.radians([49.3]) * u.rad})
    table.write(tmp_path / "table", format=form)
    (place,) = places_in(tmp_path / "table")
    assert place.target_id == "KIC 11446443"
    assert place.known_position == pytest.approx((286.8, 49.3))
    table["ra"].unit = u.hourangle if form != "fits" else u.s
    table["ra"] = [19.12] * table["ra"].unit
    table.write(tmp_path / "table", format=form, overwrite=True)
    if form == "fits":
        with pytest.raises(PlaceError, match="column ra is in 's': degrees are understood"):
            places_in(tmp_path / "table")
    else:
        assert places_in(tmp_path / "table")[0].known_position == pytest.approx((286.8, 49.3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,ra\nx,1\n", "a column ra, and none with the other coordinate"),
        ("ra,dec\n1,2\n", "no column names the places"),
        ("name,ra,RA,dec\nx,1,1,2\n", "two columns are named RA"),
        ("name,ra,dec\nx,1,2\ny,1\n", "line 3 has 2 values, the header names 3 columns"),
        ("name,ra,dec\nx,08:51:23.3,+11:48:50\n", "line 2: x: '08:51:23.3' is in hours, or degrees, and min"),
        ("name,ra,dec\nx,8h51m23s,11d\n", "line 2: x: '8h51m23s' is in hours"),
        ("name,ra,dec\nx,08 51 23.3,11\n", "line 2: x: '08 51 23.3' is in hours"),
        ("name,ra,dec\nx,east,11\n", "line 2: x: 'east' is no number of degrees"),
        ("name,ra,dec\nx,nan,11\n", "line 2: x: 'nan' is no number of degrees"),
        ("name,ra,dec\nx,360,11\n", "line 2: x: there is no position 360, 11 in degrees"),
        ("name,ra,dec\nx,,11\n", "line 2: x: one coordinate without the other"),
        ("name,ra,dec\n,1,11\n", "line 2: there is no name"),
        (f"name,ra,dec\n{'x' * 81},1,11\n", "line 2: a name has 1 to 80 printable characters"),
        ("x,1\n", "line 1: not of the form NAME or NAME,RA,DEC"),
        (f"{'x' * 81},1,2\n", "line 1: a name has at most 80 characters"),
    ],
)
def test_what_is_unclear_is_named_by_file_and_row(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path / "mine.csv", text)
    with pytest.raises(PlaceError) as caught:
        places_in(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_row_of_a_table_is_named(tmp_path: Path) -> None:
    table = Table({"name": ["x", "y"], "ra": [1.0, 400.0], "dec": [0.0, 0.0]})
    table.write(tmp_path / "t.fits")
    with pytest.raises(PlaceError, match=r"t\.fits: row 2: y: there is no position 400, 0"):
        places_in(tmp_path / "t.fits")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="none: there is no such file"):
        places_in(tmp_path / "none")
