"""Rare tables are read as astropy reads them; those that lie are refused before it looks."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.observations.fits_columns import column_names, read_columns
from astro_assets.observations.fits_structure import FitsError, read_structure
from astro_assets.observations.fits_unusual import MAX_TEXT_BYTES
from astro_assets.observations.light_curves import read_light_curve
from astro_assets_tests.observations.made_files import light_curve_file, text_file


def _write(path: Path, table: fits.BinTableHDU | fits.TableHDU) -> Path:
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)
    return path


def _replace_cards(path: Path, **values: str) -> None:
    """Overwrite cards of the table in place, with what astropy would not write."""
    content = bytearray(path.read_bytes())
    for keyword, value in values.items():
        start = content.rfind(f"{keyword:<8}= ".encode())
        assert start > 0
        content[start : start + 80] = f"{keyword:<8}= {value:>20}".ljust(80).encode()
    path.write_bytes(content)


def _text_table(path: Path, n: int = 3) -> Path:
    columns = [
        fits.Column("NAME", "A4", array=n * ["star"]),
        fits.Column("TIME", "D25.17", array=1500 + np.arange(n) / 7),
        fits.Column("QUALITY", "I6", array=np.arange(n)),
    ]
    return _write(path, fits.TableHDU.from_columns(columns))


def _assert_read_as_by_astropy(path: Path, *names: str) -> None:
    found = read_columns(path, read_structure(path)[1], names)
    with fits.open(path) as hdus:
        for name in names:
            np.testing.assert_array_equal(found[name], np.ravel(hdus[1].data[name]))
            assert found[name].dtype.isnative


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(width=32, allow_nan=False, allow_infinity=False),
            st.integers(-(2**31), 2**31 - 1),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from((None, "nan")),
)
def test_numbers_written_as_text_are_those_astropy_reads(
    tmp_path: Path, rows: list[tuple[float, float, int]], null: str | None
) -> None:
    double, single, whole = (list(column) for column in zip(*rows, strict=True))
    columns = [
        fits.Column("D", "D25.17", array=double, null=null),
        fits.Column("E", "E16.8", array=single),
        fits.Column("I", "I12", array=whole),
    ]
    path = _write(tmp_path / "a.fits", fits.TableHDU.from_columns(columns))
    table = read_structure(path)[1]
    assert column_names(table) == ["D", "E", "I"]
    _assert_read_as_by_astropy(path, "I", "D", "E")
    assert read_columns(path, table, ["D"])["D"].tolist() == double
    assert read_columns(path, table, ["I"])["I"].tolist() == whole


def test_what_stands_for_nothing_in_text_is_no_number(tmp_path: Path) -> None:
    column = fits.Column("X", "F6.2", array=[1.0, -9.0], null="-9.00")
    path = _write(tmp_path / "a.fits", fits.TableHDU.from_columns([column]))
    np.testing.assert_array_equal(read_columns(path, read_structure(path)[1], ["X"])["X"], [1, np.nan])
    _assert_read_as_by_astropy(path, "X")


@pytest.mark.parametrize("is_corrected", [True, False])
def test_a_light_curve_written_as_text_is_the_same(tmp_path: Path, *, is_corrected: bool) -> None:
    binary = light_curve_file(tmp_path / "binary.fits")
    text = text_file(tmp_path / "text.fits", binary)
    flux = "PDCSAP_FLUX" if is_corrected else "SAP_FLUX"
    expected, found = (
        read_light_curve(path, flux_column=flux, tess_bitmask=1, kepler_bitmask=1) for path in (binary, text)
    )
    assert found.identity == expected.identity
    for name, values in expected.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], values)


@pytest.mark.parametrize(
    "cards",
    [
        {"TFORM1": "'d       '"},
        {"TFORM2": "'1i      '"},
        {"XTENSION": "'A3DTABLE'"},
        {"TSCAL2": ""},
        {"TZERO2": ""},
        {"TSCAL2": "", "TZERO2": ""},
    ],
    ids=str,
)
def test_headers_that_astropy_understands_are_understood(tmp_path: Path, cards: dict[str, str]) -> None:
    columns = [fits.Column("A", "D", array=np.arange(3.0)), fits.Column("B", "I", array=np.arange(3))]
    table = fits.BinTableHDU.from_columns(
        [*columns, fits.Column("C", "1E", dim="(1)", array=np.ones((3, 1)))]
    )
    table.header.update(TSCAL2=0.5, TZERO2=7.25)
    path = _write(tmp_path / "a.fits", table)
    _replace_cards(path, **cards)
    _assert_read_as_by_astropy(path, "A", "B", "C")


@pytest.mark.parametrize("cards", [{"TSCAL1": "'two'"}, {"TSCAL1": "T"}, {"TZERO1": "2E400"}], ids=str)
def test_what_is_scaled_by_no_number_is_refused(tmp_path: Path, cards: dict[str, str]) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("A", "I", array=np.arange(3))])
    table.header.update(TSCAL1=0.5, TZERO1=7.25)
    path = _write(tmp_path / "a.fits", table)
    _replace_cards(path, **cards)
    with pytest.raises(FitsError, match="column A"):
        read_columns(path, read_structure(path)[1], ["A"])


def test_a_broken_scale_is_not_passed_over(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("A", "I", array=np.arange(3))])
    table.header["TSCAL1"] = 0.5
    path = _write(tmp_path / "a.fits", table)
    _replace_cards(path, TSCAL1="'0.5")
    with pytest.raises(FitsError, match="damaged"):
        read_columns(path, read_structure(path)[1], ["A"])


@pytest.mark.parametrize("form", ["PD(1)", "QD(1)", "L", "4X", "C", "2E", "8A"])
def test_what_is_not_one_number_a_row_is_refused(tmp_path: Path, form: str) -> None:
    values = {"PD(1)": np.ones((3, 1)), "QD(1)": np.ones((3, 1)), "8A": ["1.5", "2", "3"]}
    values |= {"2E": np.ones((3, 2)), "4X": np.ones((3, 4), dtype=bool), "L": np.ones(3, dtype=bool)}
    column = fits.Column("A", form, array=values.get(form, np.ones(3)))
    path = _write(tmp_path / "a.fits", fits.BinTableHDU.from_columns([column]))
    with pytest.raises(FitsError, match=r"column A has format .*, not one plain number a row") as caught:
        read_columns(path, read_structure(path)[1], ["A"])
    assert caught.value.code == "no_column"


def test_a_compressed_table_is_called_so(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("TIME", "1PB(1)", array=np.ones((3, 1), dtype="u1"))])
    table.header["ZTABLE"] = True
    path = _write(tmp_path / "a.fits", table)
    with pytest.raises(FitsError, match="unpack it first") as caught:
        read_columns(path, read_structure(path)[1], ["TIME"])
    assert caught.value.code == "compressed"


@pytest.mark.parametrize(
    ("cards", "name", "reason"),
    [
        ({}, "NAME", "column NAME has format 'A4', not one plain number"),
        ({}, "FLUX", "no column FLUX; there are NAME, TIME, QUALITY"),
        ({"TFORM1": "'A999999999'"}, "TIME", "column 1, 'A999999999', is not behind"),
        ({"TFORM2": "'D26.17'"}, "TIME", "column 3, 'I6', is not behind"),
        ({"TBCOL3": "999999999"}, "TIME", "column 3, 'I6', is not behind"),
        ({"TBCOL1": "0"}, "TIME", "column 1, 'A4', is not behind"),
        ({"TFORM3": "'X'"}, "TIME", "column 3, 'X', is not behind"),
        ({"TFIELDS": "1000"}, "TIME", "TFIELDS is 1000"),
        ({"TTYPE1": "'TIME'"}, "TIME", "2 columns are named TIME"),
        ({"TBCOL1": "1", "TFORM1": "'I4'"}, "NAME", "damaged: ValueError"),
        ({"NAXIS2": "9999"}, "TIME", "truncated"),
        ({"NAXIS2": "-1"}, "TIME", "NAXIS2 is -1"),
    ],
    ids=str,
)
def test_tables_of_text_that_lie_are_refused(
    tmp_path: Path, cards: dict[str, str], name: str, reason: str
) -> None:
    path = _text_table(tmp_path / "a.fits")
    _replace_cards(path, **cards)
    tracemalloc.start()
    try:
        with pytest.raises(FitsError, match=reason):
            read_columns(path, read_structure(path)[1], [name])
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_huge_table_of_text_is_not_read(tmp_path: Path) -> None:
    path = _text_table(tmp_path / "a.fits")
    table = read_structure(path)[1]
    n_rows = MAX_TEXT_BYTES // 30
    _replace_cards(path, NAXIS2=str(n_rows))
    with path.open("r+b") as file:
        file.truncate(table.offset + 2880 * (n_rows * 37 // 2880 + 1))
    with pytest.raises(FitsError, match="the table of text has") as caught:
        read_columns(path, read_structure(path)[1], ["TIME"])
    assert caught.value.code == "too_large"
