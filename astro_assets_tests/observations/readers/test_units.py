"""A column's unit is that of its own field, whatever other columns are called; magnitudes are told by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.fits_columns import column_names
from astro_assets.observations.fits_structure import Hdu, read_structure
from astro_assets.observations.identification import identify
from astro_assets.observations.readers.units import refuse_magnitudes, unit_of
from astro_assets.observations.refusals import RefusalError
from astro_assets_tests.observations.made_files import light_curve_file


def _table(path: Path, *columns: tuple[str, str]) -> Hdu:
    """Write a table of columns with names and units; return its header."""
    fields = [
        fits.Column(f"C{n}", "D", unit=unit or None, array=np.zeros(3)) for n, (_, unit) in enumerate(columns)
    ]
    hdu = fits.BinTableHDU.from_columns(fields)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    for n, (name, _) in enumerate(columns, 1):
        fits.setval(path, f"TTYPE{n}", value=name, ext=1)
    return read_structure(path)[1]


@pytest.mark.parametrize("others", [("", ""), ("SAME", "same"), ("A", "")])
def test_nameless_and_equal_columns_before_it_do_not_shift_the_unit(
    tmp_path: Path, others: tuple[str, str]
) -> None:
    table = _table(tmp_path / "a", (others[0], "m"), (others[1], "m"), ("time", "bkjd"), ("LAST", "btjd"))
    assert unit_of(table, "TIME") == "bkjd"
    assert unit_of(table, "LAST") == "btjd"


def test_a_column_without_a_unit_has_the_empty_one(tmp_path: Path) -> None:
    assert unit_of(_table(tmp_path / "a", ("TIME", "")), "TIME") == ""


@pytest.mark.parametrize("columns", [(("TIME", "bkjd"), ("TIME", "btjd")), (("A", ""),)])
def test_a_unit_of_none_or_of_several_columns_is_refused(
    tmp_path: Path, columns: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(RefusalError, match="columns are named TIME") as caught:
        unit_of(_table(tmp_path / "a", *columns), "TIME")
    assert caught.value.code == "damaged"


def test_an_export_with_nameless_columns_keeps_its_time_system(tmp_path: Path) -> None:
    """Two nameless columns before TIME, the unit of the one that is third by name is another system's."""
    path = light_curve_file(
        tmp_path / "a.fits",
        primary={"CREATOR": "lightkurve.LightCurve.to_fits()"},
        columns={
            "TIME": None,
            "CADENCENO": None,
            "MOM_CENTR1": None,
            "MOM_CENTR2": None,
            "FLUX": np.full(60, 9.0),
            "FLUX_ERR": np.full(60, 0.1),
            "X": 1500 + np.arange(60) / 720,
        },
    )
    with fits.open(path, memmap=False) as hdus:
        header = hdus[1].header
        names = [header[f"TTYPE{n}"] for n in range(1, header["TFIELDS"] + 1)]
        place = names.index("X") + 1
        header[f"TTYPE{place}"] = "TIME"
        header[f"TUNIT{place}"] = "btjd"
        header["TTYPE1"] = header["TTYPE2"] = ""
        header[f"TUNIT{place - 1}"] = "bkjd"
        hdus.writeto(path, overwrite=True)
    names = column_names(read_structure(path)[1])
    assert names.index("TIME") + 1 == place - 1, "the nameless ones are one name"
    identity = identify(path)
    assert (identity.product, identity.reason, identity.start_btjd) == ("lightkurve", None, 1500.0)


@pytest.mark.parametrize(
    ("column", "unit", "is_flux"),
    [
        ("PDCSAP_FLUX", "e-/s", True),
        ("image", "", True),
        ("damage", "", True),
        ("flux", "mag", False),
        ("flux", "mmag", False),
        ("flux", "mag(AB)", False),
        ("KSPMAG", "", False),
        ("magnitudes", "", False),
        ("aperture magnitude", "", False),
    ],
)
def test_magnitudes_are_told_by_name_or_unit(column: str, unit: str, is_flux: bool) -> None:
    if is_flux:
        refuse_magnitudes(column, unit)
        return
    with pytest.raises(RefusalError, match="flux_unit mag") as caught:
        refuse_magnitudes(column, unit)
    assert caught.value.code == "magnitudes"
