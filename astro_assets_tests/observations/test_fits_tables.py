"""Which files hold a light curve that can be read, and in which time system."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets.observations.fits_structure import FitsError, read_structure
from astro_assets.observations.fits_tables import find_table
from astro_assets.observations.missions import MISSIONS
from astro_assets_tests.observations.made_files import light_curve_file


@pytest.mark.parametrize(("mission", "offset"), [("TESS", 0.0), ("Kepler", -2167.0), ("K2", -2167.0)])
def test_missions_and_their_time_zero(tmp_path: Path, mission: str, offset: float) -> None:
    table = find_table(read_structure(light_curve_file(tmp_path / "a.fits", mission)))
    assert table.mission is MISSIONS[mission]
    assert table.time_offset == offset


def test_the_fraction_of_the_reference_day_counts(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", table={"BJDREFI": 2454833, "BJDREFF": 0.25})
    assert find_table(read_structure(path)).time_offset == -2166.75


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"primary": {"TELESCOP": "ZTF"}}, "unsupported product: TELESCOP 'ZTF' is none of TESS, Kepler, K2"),
        ({"primary": {"TELESCOP": None}}, "unsupported product: TELESCOP ''"),
        ({"table": {"EXTNAME": "PIXELS"}}, "no single LIGHTCURVE extension .there are PIXELS"),
        ({"columns": {"TIME": None}}, "no column TIME; there are CADENCENO"),
        ({"columns": {"QUALITY": None}}, "no column QUALITY"),
        ({"columns": {"PDCSAP_FLUX": None, "SAP_FLUX": None}}, "no flux column"),
        ({"table": {"TIMESYS": "UTC"}}, "TIMESYS is 'UTC', not 'TDB'"),
        ({"table": {"TIMESYS": None}}, "TIMESYS is '', not 'TDB'"),
        ({"table": {"TIMEUNIT": "s"}}, "TIMEUNIT is 's', not 'd'"),
        ({"table": {"TIMEREF": "LOCAL"}}, "times are not barycentric: TIMEREF is 'LOCAL'"),
        ({"table": {"BJDREFI": None}}, "no time reference"),
        ({"table": {"BJDREFF": None}}, "no time reference"),
        ({"table": {"BJDREFI": 0}}, "absurd time reference: BJDREFI is 0"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, spoilt: dict[str, dict[str, object]], reason: str
) -> None:
    hdus = read_structure(light_curve_file(tmp_path / "a.fits", **spoilt))
    with pytest.raises(FitsError, match=reason):
        find_table(hdus)


def test_one_flux_is_enough(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", columns={"PDCSAP_FLUX": None, "PDCSAP_FLUX_ERR": None})
    assert "SAP_FLUX" in find_table(read_structure(path)).columns
    np.testing.assert_equal(find_table(read_structure(path)).hdu.header.get("NAXIS2"), 60)
