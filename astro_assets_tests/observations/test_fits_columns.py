"""Columns come out as astropy reads them, wherever they lie in a row; what is no plain number is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.fits_columns import column_names, read_columns
from astro_assets.observations.fits_structure import FitsError, read_structure
from astro_assets_tests.observations.made_files import light_curve_file


def test_headers_and_columns_are_those_astropy_reads(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits")
    primary, table = read_structure(path)
    assert primary.header.get("OBJECT") == "TIC 42"
    assert table.name == "LIGHTCURVE"
    names = column_names(table)
    columns = read_columns(path, table, names)
    with fits.open(path) as hdus:
        assert names == hdus[1].columns.names
        for name in names:
            np.testing.assert_array_equal(columns[name], hdus[1].data[name])
            assert columns[name].dtype.isnative


def test_columns_behind_wider_ones_are_found(tmp_path: Path) -> None:
    rows = np.arange(3)
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("NAME", "5A", array=["a", "b", "c"]),
            fits.Column("BITS", "11X", array=np.ones((3, 11), dtype=bool)),
            fits.Column("VECTOR", "3E", array=np.ones((3, 3))),
            fits.Column("TRUE", "L", array=np.ones(3, dtype=bool)),
            fits.Column("ODD", "I", array=rows),
            fits.Column("WANTED", "K", array=rows),
        ]
    )
    table.header["TSCAL5"] = "two"
    table.writeto(tmp_path / "a.fits")
    _, hdu = read_structure(tmp_path / "a.fits")
    np.testing.assert_array_equal(read_columns(tmp_path / "a.fits", hdu, ["WANTED"])["WANTED"], rows)
    for name in ("NAME", "BITS", "VECTOR", "TRUE", "ODD"):
        with pytest.raises(FitsError, match=f"column {name} has format .*, not one plain number"):
            read_columns(tmp_path / "a.fits", hdu, [name])
    with pytest.raises(FitsError, match="no column FLUX; there are NAME, BITS"):
        read_columns(tmp_path / "a.fits", hdu, ["FLUX"])


def test_columns_of_one_name_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    columns = [fits.Column(name, "D", array=np.arange(3.0)) for name in ("TIME", "time", "ONE")]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "a.fits")
    _, hdu = read_structure(tmp_path / "a.fits")
    with pytest.raises(FitsError, match="2 columns are named TIME"):
        read_columns(tmp_path / "a.fits", hdu, ["TIME"])
    np.testing.assert_array_equal(read_columns(tmp_path / "a.fits", hdu, ["ONE"])["ONE"], np.arange(3))


def test_whole_numbers_with_an_offset_are_read_and_nulls_left(tmp_path: Path) -> None:
    values = {
        "B": (-128, np.array([-128, 127], dtype=np.int8)),
        "I": (2**15, np.array([0, 2**16 - 1], dtype=np.uint16)),
        "J": (2**31, np.array([0, 2**32 - 1], dtype=np.uint32)),
        "K": (2**63, np.array([0, 2**64 - 1], dtype=np.uint64)),
    }
    columns = [fits.Column(form, form, bzero=zero, array=numbers) for form, (zero, numbers) in values.items()]
    columns.append(fits.Column("NULL", "J", null=-1, array=np.array([-1, 7])))
    table = fits.BinTableHDU.from_columns(columns)
    table.writeto(tmp_path / "a.fits")
    hdu = read_structure(tmp_path / "a.fits")[1]
    assert hdu.header.get("TZERO4") == 2**63
    read = read_columns(tmp_path / "a.fits", hdu, [*values, "NULL"])
    for form, (_, numbers) in values.items():
        np.testing.assert_array_equal(read[form], numbers)
    assert read["NULL"].tolist() == [-1, 7]


def test_scaled_numbers_are_those_astropy_reads(tmp_path: Path) -> None:
    """They are float64; what TNULL stands for is NaN, which astropy leaves to its readers."""
    stored = np.array([-3, 0, 7, 32000])
    forms = ("B", "I", "J", "K", "E", "D")
    columns = [fits.Column(form, form, array=abs(stored) % 200) for form in forms]
    table = fits.BinTableHDU.from_columns([*columns, fits.Column("NULL", "J", array=stored, null=7)])
    for number in range(1, 8):
        table.header[f"TSCAL{number}"] = 0.1 * number
        table.header[f"TZERO{number}"] = 0.7 - number
    table.writeto(tmp_path / "a.fits")
    hdu = read_structure(tmp_path / "a.fits")[1]
    found = read_columns(tmp_path / "a.fits", hdu, [*forms, "NULL"])
    with fits.open(tmp_path / "a.fits") as hdus:
        for name in set(forms) - {"K"}:  # astropy 8.0 fails on a K with both
            assert found[name].dtype == np.float64
            np.testing.assert_array_equal(found[name], hdus[1].data[name])
        nulls = hdus[1].data["NULL"]
    np.testing.assert_array_equal(found["K"], abs(stored) % 200 * 0.4 - 3.3)
    np.testing.assert_array_equal(found["NULL"][[0, 1, 3]], nulls[[0, 1, 3]])
    assert np.isnan(found["NULL"][2])
