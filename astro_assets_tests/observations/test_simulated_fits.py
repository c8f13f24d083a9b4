"""The bytes are a FITS file that astropy accepts, with what was put in."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.simulated_fits import _COLUMNS, light_curve_file


@pytest.mark.parametrize("mission", ["TESS", "Kepler"])
@pytest.mark.parametrize("n", [1, 60, 1000])
def test_astropy_reads_what_was_written(n: int, mission: str) -> None:
    columns = {name: np.arange(n).astype(kind) for name, _, kind, _ in _COLUMNS}
    primary = {"OBJECT": "SIM 1", "SIMULATE": True, "ORIGIN": "it's here", "TEFF": -1.5e-7, "N": 3}
    content = light_curve_file(mission, primary, {"TIMEDEL": 0.1, "BJDREFI": 2457000}, columns)
    assert len(content) % 2880 == 0
    with fits.open(BytesIO(content)) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "LIGHTCURVE"]
        assert {key: hdus[0].header[key] for key in primary} == primary
        assert hdus[1].header["TIMEDEL"] == 0.1
        assert hdus[1].columns["TIME"].unit == "BJD - 2457000, days"
        flags = "SAP_QUALITY" if mission == "Kepler" else "QUALITY"
        names = [flags if name == "QUALITY" else name for name, *_ in _COLUMNS]
        assert hdus[1].columns.names == names
        for name, values in zip(names, columns.values(), strict=True):
            np.testing.assert_array_equal(hdus[1].data[name], values)
