"""The bytes are a FITS file that astropy accepts, with what was put in."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.simulated_fits import _COLUMNS, spoc_file


@pytest.mark.parametrize("n", [1, 60, 1000])
def test_astropy_reads_what_was_written(n: int) -> None:
    columns = {name: np.arange(n).astype(kind) for name, _, kind, _ in _COLUMNS}
    content = spoc_file({"OBJECT": "SIM 1", "SIMULATE": True}, {"TIMEDEL": 0.1}, columns)
    assert len(content) % 2880 == 0
    with fits.open(BytesIO(content)) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "LIGHTCURVE"]
        assert hdus[0].header["SIMULATE"] is True
        assert hdus[1].header["TIMEDEL"] == 0.1
        assert hdus[1].columns.names == [name for name, *_ in _COLUMNS]
        for name, values in columns.items():
            np.testing.assert_array_equal(hdus[1].data[name], values)
